"""Deciding everything due for one subscriber, from what was read under the lock, and noting what is to be written."""

from __future__ import annotations

from datetime import datetime, timedelta

from preferences.calendar import local_date
from preferences.campaign import Candidate, DigestDue
from preferences.decision import HELD, Outcome, Reason, charged_topic, decide
from preferences.delivery import State
from preferences.digest import next_slot
from preferences.expectation import DIGESTS, Arrives
from preferences.own_time import next_own_time
from preferences.ranking import Verdict, decide_together
from preferences.store.hand_overs import DigestRow
from preferences.store.notes import Notes
from preferences.store.open_deliveries import OpenDelivery, Situation
from preferences.store.prospects import AnySchedule
from preferences.store.redecide import candidate_of

_MOMENT = timedelta(microseconds=1)


def judge(situation: Situation, schedule: AnySchedule, notes: Notes) -> None:
    """Decide what is due for one subscriber in rank order, and what comes along; note all of it in `notes`."""
    digests = _digests_due(situation, schedule, notes)
    due: list[Candidate | DigestDue] = [row.digest for row in digests]
    due += _campaigns_due(situation, schedule, notes)
    waiting = _may_come_along(situation, schedule, digests, {subject.id for subject in due}, notes.now)
    if not due:
        return
    standing = situation.subscriber.standing
    verdicts = decide_together(standing, situation.terms, situation.history, due, waiting, notes.now)
    note = _Note(situation, {row.digest.id: row for row in digests}, notes)
    # A carrier may rank below what comes along in it: whatever leaves by itself is noted first.
    for verdict in sorted(verdicts, key=lambda verdict: verdict.decision.carrier is not None):
        note.verdict(verdict)


def mails_at_most(situation: Situation, now: datetime) -> int:
    """How many mails may leave for one subscriber now: one for each campaign that is due, one for each digest."""
    awake = [delivery for delivery in situation.open if delivery.is_awake(now)]
    campaigns = sum(one.campaign_id is not None and one.state is not State.DIGEST_TO_COME for one in awake)
    return campaigns + (len(DIGESTS) if len(awake) > campaigns else 0)


def _campaigns_due(situation: Situation, schedule: AnySchedule, notes: Notes) -> list[Candidate]:
    return [
        candidate_of(situation, schedule, delivery, notes.now)
        for delivery in situation.open
        if delivery.campaign_id is not None
        and delivery.state is not State.DIGEST_TO_COME
        and delivery.is_awake(notes.now)
        and not _sleeps_on(situation, delivery, notes)
    ]


def _sleeps_on(situation: Situation, delivery: OpenDelivery, notes: Notes) -> bool:
    """What a cap or a pause held wakes when its caps open; its own time of day may be later, and then it sleeps on."""
    held_by_cap = delivery.reason in HELD and delivery.reason is not Reason.NEXT_MAIL
    if not (delivery.has_waited and held_by_cap and delivery.opens_at is not None):
        return False
    expired = delivery.expires_at is not None and notes.now > delivery.expires_at
    own = next_own_time(situation.terms, delivery.candidate(None), delivery.opens_at)
    if expired or own <= notes.now:
        return False
    notes.wake_at(delivery.id, own)
    return True


def _may_come_along(
    situation: Situation, schedule: AnySchedule, digests: list[DigestRow], due: set[int], now: datetime
) -> list[Candidate]:
    """What waits for a cap or a pause, and the items of digests that were stopped or may be stopped right now."""
    in_due_digest = {item.id for row in digests for item in row.items}
    return [
        candidate_of(situation, schedule, delivery, now)
        for delivery in situation.open
        if delivery.campaign_id is not None
        and delivery.id not in due
        and (
            delivery.digest_stopped or delivery.id in in_due_digest
            if delivery.state is State.DIGEST_TO_COME
            else delivery.has_waited
        )
    ]


def _digests_due(situation: Situation, schedule: AnySchedule, notes: Notes) -> list[DigestRow]:
    """The digests whose slot has come, each with all items that are pending for its rhythm."""
    rows: list[DigestRow] = []
    if not any(one.rhythm is not None or one.state is State.DIGEST_TO_COME for one in situation.open):
        return rows
    for rhythm in sorted(DIGESTS):
        kept = situation.kept_digest(rhythm)
        items = items_of(situation, rhythm)
        if kept is not None and kept.wakes_at is not None and not kept.is_awake(notes.now):
            _sleep_until(kept.wakes_at, items, notes)
        elif kept is not None or any(item.is_awake(notes.now) for item in items):
            items = [item for item in items if _stays_in_digest(situation, schedule, item, kept, notes)]
            row = _digest_row(situation, rhythm, kept, items, notes)
            rows += [] if row is None else [row]
    return rows


def _sleep_until(wakes_at: datetime, items: list[OpenDelivery], notes: Notes) -> None:
    """A digest is to be tried again later than the slot of these: they go with it then."""
    for item in items:
        if item.is_awake(notes.now):
            notes.wake_at(item.id, wakes_at)


def items_of(situation: Situation, rhythm: Arrives) -> list[OpenDelivery]:
    """What is pending for a rhythm, by rank: relevance is not scored yet, so by age."""
    return [
        delivery
        for delivery in situation.open
        if delivery.state is State.DIGEST_TO_COME
        and (topic := charged_topic(situation.terms, delivery.topics)) is not None
        and topic.arrives is rhythm
    ]


def _stays_in_digest(
    situation: Situation, schedule: AnySchedule, item: OpenDelivery, kept: OpenDelivery | None, notes: Notes
) -> bool:
    """An item is decided again before its digest: it may have expired, or its reader may have left."""
    candidate = candidate_of(situation, schedule, item, notes.now)
    standing = situation.subscriber.standing
    # Judged at the slot it belongs to, however late that is looked at: the next one may lie beyond its expiry.
    at = min(notes.now, item.wakes_at or notes.now, notes.now if kept is None else kept.scheduled_at)
    if standing.consent_ends_at is not None and standing.consent_ends_at <= notes.now:
        at = notes.now
    decision = decide(standing, situation.terms, situation.history, candidate, at)
    if decision.outcome is Outcome.DIGEST:
        return True
    notes.decided(situation, candidate, decision, at)
    return False


def _digest_row(
    situation: Situation, rhythm: Arrives, kept: OpenDelivery | None, items: list[OpenDelivery], notes: Notes
) -> DigestRow | None:
    if not items:
        if kept is not None:
            notes.drop_empty_digest(kept.id)
        return None
    slot_at = kept.scheduled_at if kept is not None else min(item.wakes_at or notes.now for item in items)
    slot_on = kept.slot_on if kept is not None else local_date(situation.terms.zone, slot_at)
    assert slot_on is not None  # a digest's row has its slot
    delivery_id = kept.id if kept is not None else notes.digest_for(situation, rhythm, slot_on, slot_at)
    if delivery_id is None:  # that slot's digest went out already: these came too late for it
        for item in items:
            notes.wake_at(item.id, next_slot(situation.terms, rhythm, notes.now + _MOMENT).at)
        return None
    topics = frozenset(t.topic for i in items if (t := charged_topic(situation.terms, i.topics)) is not None)
    digest = DigestDue(id=delivery_id, rhythm=rhythm, slot_on=slot_on, slot_at=slot_at, topics=topics)
    return DigestRow(digest=digest, items=tuple(items))


class _Note:
    """Turns the verdicts about one subscriber into rows, in the order in which they were decided."""

    def __init__(self, situation: Situation, digests: dict[int, DigestRow], notes: Notes) -> None:
        self.situation = situation
        self.digests = digests
        self.notes = notes
        self.open = {delivery.id: delivery for delivery in situation.open}
        self.stopped: list[DigestRow] = []

    def verdict(self, verdict: Verdict) -> None:
        """Note one verdict."""
        subject, decision = verdict.subject, verdict.decision
        if isinstance(subject, DigestDue):
            row = self.digests[subject.id]
            if decision.outcome is Outcome.SEND:
                self.notes.digest_leaves(self.situation, row, verdict)
            else:
                self.notes.digest_stays(self.situation, row, verdict)
        elif decision.carrier is not None:
            self.notes.comes_along(self.situation, self.open[subject.id], verdict)
        elif decision.outcome is Outcome.SEND:
            self.notes.leaves(self.situation, self.open[subject.id], verdict)
        else:
            self.notes.stays(self.situation, self.open[subject.id], verdict)
