"""Changing what somebody asked for, in the caller's transaction: the next expectation, and everything that follows.

Whoever changes terms or standing settles it in the same transaction: openings anew, and what waits decided again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from preferences.asked import Asked, checked_zone
from preferences.calendar import local_date
from preferences.errors import Conflict, NotFound, Said, Stale
from preferences.expectation import Terms
from preferences.opt_down import Comparison, More, compare
from preferences.store import openings
from preferences.store.attributions import Circumstances, circumstances
from preferences.store.events import By, record
from preferences.store.expectations import asked_of, begin_expectation, terms_of
from preferences.store.publications import publication
from preferences.store.redecide import decide_waiting_again
from preferences.store.subscribers import SubscriberRow, lock_subscribers, next_version, subscriber
from preferences.store.tables import EXPECTATION
from preferences.store.topics import topics


def change_expectation(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    asked: Asked,
    by: By,
    now: datetime,
    *,
    zone: str | None = None,
    zone_assumed: bool = False,
    accept: Collection[str] = (),
    accepted_versions: Mapping[str, int] | None = None,
    expected_version: int | None = None,
    delivery_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> int:
    """End the expectation in force and begin the next; answers its number. Asking for less is recorded as such.

    `zone` None keeps the zone there was. Raises `Stale` when `expected_version` is not the version, `Conflict` for
    somebody who has unsubscribed (only a confirmation brings a person back), `Invalid`, `NotFound`.
    """
    person = _subscribed(connection, publication_id, subscriber_id, expected_version)
    before = terms_of(connection, publication_id, [subscriber_id]).get(subscriber_id)
    around = circumstances(connection, person, delivery_id, now)
    kept = _zone(connection, publication_id, before, zone, zone_assumed=zone_assumed)
    expectation_id = begin_expectation(
        connection,
        publication_id,
        subscriber_id,
        asked,
        by,
        now,
        **kept,
        accept=accept,
        accepted_versions=accepted_versions,
    )
    next_version(connection, subscriber_id)
    settle(connection, publication_id, [subscriber_id], now)
    _record_change(connection, person, expectation_id, before, asked, around, by, now, dict(details or {}), accept)
    return expectation_id


def _subscribed(
    connection: Connection, publication_id: int, subscriber_id: int, expected_version: int | None
) -> SubscriberRow:
    person = locked_subscriber(connection, publication_id, subscriber_id, expected_version)
    if person.unsubscribed_at is not None:
        raise Conflict(Said("this subscriber has unsubscribed; only a confirmed sign-up brings somebody back"))
    return person


def locked_subscriber(
    connection: Connection, publication_id: int, subscriber_id: int, expected_version: int | None = None
) -> SubscriberRow:
    """The subscriber, held until the transaction ends. Raises `NotFound` (also once erased) and `Stale`."""
    lock_subscribers(connection, [subscriber_id])
    person = subscriber(connection, publication_id, subscriber_id)
    if person.erased_at is not None:
        raise NotFound("there is no such subscriber in this publication")
    if expected_version is not None and expected_version != person.version:
        raise Stale(Said("this has changed since it was read: read it again and repeat the change"))
    return person


def settle(connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime) -> None:
    """Bring up to date what follows from terms and standing: openings, and what waits. They must be locked."""
    openings.recompute(connection, publication_id, subscriber_ids, now)
    decide_waiting_again(connection, publication_id, subscriber_ids, now)


def end_expectation(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """End the expectation in force, if there is one, without another to follow."""
    open_one = (EXPECTATION.c.subscriber_id == subscriber_id) & EXPECTATION.c.until.is_(None)
    connection.execute(update(EXPECTATION).where(open_one).values(until=now))


def change_zone(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    zone: str,
    by: By,
    now: datetime,
    *,
    expected_version: int | None = None,
) -> int:
    """Read the same expectation in another zone; answers the number of the one that begins. Raises as above."""
    checked_zone(zone)
    asked = asked_now(connection, publication_id, subscriber_id)
    if asked is None:
        raise Conflict(Said("this subscriber expects nothing, so there is nothing to read in a zone"))
    return change_expectation(
        connection, publication_id, subscriber_id, asked, by, now, zone=zone, expected_version=expected_version
    )


def asked_now(connection: Connection, publication_id: int, subscriber_id: int) -> Asked | None:
    """What a subscriber asked for, as people write it; None without an expectation in force."""
    terms = terms_of(connection, publication_id, [subscriber_id]).get(subscriber_id)
    return None if terms is None else asked_of(terms, slugs(connection, publication_id))


def slugs(connection: Connection, publication_id: int) -> dict[int, str]:
    """The slugs of all topics, by number."""
    return {topic.id: topic.slug for topic in topics(connection, publication_id)}


def _zone(
    connection: Connection, publication_id: int, before: Terms | None, zone: str | None, *, zone_assumed: bool
) -> dict[str, Any]:
    if zone is not None:
        return {"zone": checked_zone(zone), "zone_assumed": zone_assumed}
    if before is not None:
        return {"zone": before.expectation.zone, "zone_assumed": before.expectation.zone_assumed}
    return {"zone": publication(connection, publication_id).zone, "zone_assumed": True}


def _record_change(
    connection: Connection,
    person: SubscriberRow,
    expectation_id: int,
    before: Terms | None,
    asked: Asked,
    around: Circumstances,
    by: By,
    now: datetime,
    details: dict[str, Any],
    accept: Collection[str],
) -> None:
    details |= {"expectation": expectation_id, "before": None if before is None else before.expectation.id}
    record(connection, person.publication_id, "expectation_changed", by, now, subscriber_id=person.id, details=details)
    if before is None:
        return
    then = asked_of(before, slugs(connection, person.publication_id))
    comparison = compare(then, asked, local_date(before.zone, now))
    record_opt_down(connection, person, comparison, around, by, now)
    _record_more(connection, person, comparison, accept, by, now)


# Other days, hours or digest times are something else rather than more.
_MORE = (More.TOPIC, More.FASTER_RHYTHM, More.CAP)


def _record_more(
    connection: Connection,
    person: SubscriberRow,
    comparison: Comparison,
    accept: Collection[str],
    by: By,
    now: datetime,
) -> None:
    """Record that more was asked for: a sign of somebody who wants this; nothing where it was not."""
    details = {"more": [one.value for one in comparison.more if one in _MORE], "accepted": sorted(accept)}
    if any(details.values()):
        here = person.publication_id
        record(connection, here, "asked_for_more", by, now, subscriber_id=person.id, details=details)


def record_opt_down(
    connection: Connection, person: SubscriberRow, comparison: Comparison, around: Circumstances, by: By, now: datetime
) -> None:
    """Record that less was asked for, with the circumstances; nothing where it was not."""
    if not comparison.less:
        return
    steps = [{"kind": step.kind.value, "topic": step.topic} for step in comparison.less]
    record(
        connection,
        person.publication_id,
        "opted_down",
        by,
        now,
        subscriber_id=person.id,
        delivery_id=around.delivery_id,
        details={"steps": steps, **in_details(around)},
    )


def in_details(around: Circumstances) -> dict[str, Any]:
    """Circumstances as the details of an event; the delivery stands with the event itself."""
    return {
        "attribution": around.attribution.value,
        "charged_topic": around.charged_topic_id,
        "digest_topics": list(around.digest_topics),
        "expectation": around.expectation_id,
        "counted_in_7_days": around.counted_in_7_days,
        "counted_in_28_days": around.counted_in_28_days,
        "broken_before": around.broken_before,
        "tenure_days": around.tenure_days,
        "tenure_mails": around.tenure_mails,
    }
