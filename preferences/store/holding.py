"""Holding a subscriber's mails back for a while without deciding anything about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from preferences.calendar import local_date
from preferences.digest import next_slot
from preferences.expectation import DIGESTS, Arrives
from preferences.store.judging import items_of
from preferences.store.notes import Notes
from preferences.store.open_deliveries import Situation

_MOMENT = timedelta(microseconds=1)
# Until when something is held that was scheduled at an instant.
Until = Callable[[datetime], datetime]


def hold(situation: Situation, notes: Notes, until: Until) -> None:
    """Look at everything due for the subscriber again at `until`; a digest keeps the slot that it belongs to."""
    in_digests: set[int] = set()
    for rhythm in sorted(DIGESTS):
        in_digests |= _hold_digest(situation, rhythm, notes, until)
    for delivery in situation.open:
        if delivery.is_awake(notes.now) and delivery.id not in in_digests:
            notes.wake_at(delivery.id, until(delivery.scheduled_at))


def _hold_digest(situation: Situation, rhythm: Arrives, notes: Notes, until: Until) -> set[int]:
    """Hold a digest whose slot has come, with its items; answers the deliveries that are held by that."""
    kept = situation.kept_digest(rhythm)
    awake = [item for item in items_of(situation, rhythm) if item.is_awake(notes.now)]
    if not awake or (kept is not None and not kept.is_awake(notes.now)):
        return set()
    slot_at = kept.scheduled_at if kept is not None else min(item.wakes_at or notes.now for item in awake)
    at = until(slot_at)
    if kept is None:
        digest = notes.digest_for(situation, rhythm, local_date(situation.terms.zone, slot_at), slot_at)
        if digest is None:  # that slot's digest went out already: these came too late for it
            at = next_slot(situation.terms, rhythm, notes.now + _MOMENT).at
        else:
            notes.wake_at(digest, at)
    else:
        notes.wake_at(kept.id, at)
    for item in awake:
        notes.wake_at(item.id, at)
    return {item.id for item in awake} | ({kept.id} if kept is not None else set())
