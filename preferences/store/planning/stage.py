# ruff: noqa: ARG002 - the signatures are those of `Notes`, and not all of it changes the situation.
"""One reader on a stage: what the gate would write about them is kept in memory instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from itertools import count

from preferences.campaign import Candidate, DigestDue, ExpiryBasis
from preferences.decision import Decision, Outcome, Reason, decide
from preferences.delivery import State
from preferences.expectation import Arrives
from preferences.history import CountedMail
from preferences.ranking import Verdict
from preferences.store.hand_overs import DigestRow
from preferences.store.open_deliveries import UNDECIDED, OpenDelivery, Situation
from preferences.store.planning.question import Question
from preferences.store.verdicts import standing_of_delivery

# Numbers of deliveries that only exist here: later than those of all that are stored, which matters in a tie.
_FIRST_NUMBER = 1 << 62


class Stage:
    """Everything that `judge` notes about one reader changes the situation here, and nothing else.

    The notes of a forecast; no connection is ever asked.
    """

    def __init__(self, situation: Situation, now: datetime) -> None:
        self.now = now
        self._before = situation
        self._open = {delivery.id: delivery for delivery in situation.open}
        self._played = situation.history
        self._slots: set[tuple[Arrives, date]] = set()
        self._numbers = count(_FIRST_NUMBER)

    @property
    def situation(self) -> Situation:
        """The reader as they stand now."""
        return replace(self._before, history=self._played, open=tuple(self._open.values()))

    def plan(self, campaign: Question) -> None:
        """Plan a campaign for this reader, as planning does."""
        terms, standing = self._before.terms, self._before.subscriber.standing
        own = campaign.for_reader(self._before.subscriber.id, terms)
        candidate = own.candidate(next(self._numbers), terms.zone)
        judged_at = max(self.now, candidate.scheduled_at)
        decision = decide(standing, terms, self._played, candidate, judged_at)
        self._open[candidate.id] = _delivery(self._before, campaign, candidate, decision)
        self._stands(candidate, decision, judged_at)
        if decision.outcome is Outcome.WAIT:
            self.wake_at(candidate.id, decision.opens_at or judged_at)

    def wake_at(self, delivery_id: int, at: datetime) -> None:
        """Look at a delivery again at `at`."""
        self._open[delivery_id] = replace(self._open[delivery_id], wakes_at=at)

    def digest_for(self, situation: Situation, rhythm: Arrives, slot_on: date, slot_at: datetime) -> int | None:
        """The number of a new digest for that slot; None where there was one already."""
        if (rhythm, slot_on) in self._slots:
            return None
        self._slots.add((rhythm, slot_on))
        return next(self._numbers)

    def drop_empty_digest(self, delivery_id: int) -> None:
        """Nothing is left for a digest that was to be tried again."""
        self._leaves(delivery_id)

    def decided(self, situation: Situation, candidate: Candidate, decision: Decision, at: datetime) -> None:
        """A decision about one candidate that sends nothing."""
        self._stands(candidate, decision, self.now)

    def stays(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that does not leave now."""
        if isinstance(verdict.subject, Candidate):
            self._stands(verdict.subject, verdict.decision, self.now)

    def leaves(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that leaves now by itself."""
        topic = situation.terms.topics[verdict.decision.topic or 0]
        mail = CountedMail(at=self.now, topics=frozenset({topic.topic}), notice=topic.notice)
        self._played = self._played.with_mail(mail)
        self._leaves(delivery.id)

    def comes_along(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that comes along in a mail that leaves now."""
        topic = verdict.decision.topic or 0
        if topic not in verdict.in_mail:
            self._played = self._played.with_along(topic, self.now)
        self._leaves(delivery.id)

    def digest_leaves(self, situation: Situation, row: DigestRow, verdict: Verdict) -> None:
        """A digest that leaves with all its items."""
        mail = CountedMail(at=self.now, topics=row.digest.topics, rhythm=row.digest.rhythm)
        self._played = self._played.with_mail(mail)
        self._leaves(row.digest.id, *(item.id for item in row.items))

    def digest_stays(self, situation: Situation, row: DigestRow, verdict: Verdict) -> None:
        """A digest that does not leave: late, it waits for an allowed hour; stopped, its items wait for the next slot."""
        decision = verdict.decision
        is_late = decision.outcome is Outcome.WAIT and decision.reason in (Reason.QUIET_DAY, Reason.QUIET_HOURS)
        self._leaves(row.digest.id)
        if is_late:
            self._open[row.digest.id] = _late_digest(self._before, row.digest, decision)
        for item in row.items:
            self._open[item.id] = replace(
                self._open[item.id],
                wakes_at=decision.opens_at,
                opens_at=decision.opens_at,
                digest_stopped=not is_late,
            )

    def _stands(self, candidate: Candidate, decision: Decision, now: datetime) -> None:
        """Where a delivery stands after a decision that sends nothing now; what is decided for good is closed."""
        values = standing_of_delivery(decision, self._before.terms, candidate, now)
        values.pop("carrier_id")
        if values["state"] not in UNDECIDED:
            self._leaves(candidate.id)
            return
        enums = {"state": State(values["state"]), "reason": decision.reason, "expiry": decision.expiry}
        self._open[candidate.id] = replace(self._open[candidate.id], **{**values, **enums})

    def _leaves(self, *delivery_ids: int) -> None:
        for delivery in delivery_ids:
            self._open.pop(delivery, None)


def _delivery(situation: Situation, campaign: Question, candidate: Candidate, decision: Decision) -> OpenDelivery:
    return OpenDelivery(
        id=candidate.id,
        subscriber_id=situation.subscriber.id,
        campaign_id=campaign.id,
        rhythm=None,
        slot_on=None,
        state=State.DUE,
        reason=decision.reason,
        topic_id=decision.topic,
        scheduled_at=candidate.scheduled_at,
        wakes_at=None,
        opens_at=None,
        expires_at=candidate.expires_at,
        expiry=candidate.expiry,
        has_waited=False,
        digest_stopped=False,
        tries=0,
        revision=campaign.revision,
        priority=campaign.priority,
        topics=candidate.topics,
    )


def _late_digest(situation: Situation, digest: DigestDue, decision: Decision) -> OpenDelivery:
    return OpenDelivery(
        id=digest.id,
        subscriber_id=situation.subscriber.id,
        campaign_id=None,
        rhythm=digest.rhythm,
        slot_on=digest.slot_on,
        state=State.WAITING,
        reason=decision.reason,
        topic_id=None,
        scheduled_at=digest.slot_at,
        wakes_at=decision.opens_at,
        opens_at=decision.opens_at,
        expires_at=None,
        expiry=ExpiryBasis.DEFAULT,
        has_waited=False,
        digest_stopped=False,
        tries=0,
        revision=1,
        priority=0,
        topics=(),
    )
