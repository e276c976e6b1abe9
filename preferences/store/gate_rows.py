"""The rows that one transaction of the gate writes: decisions, attempts, counts, and where each delivery stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, update

from preferences.basis import basis_of, basis_of_verdict
from preferences.campaign import Candidate, DigestDue, ExpiryBasis
from preferences.decision import Decision, Outcome, Reason
from preferences.delivery import State
from preferences.expectation import Arrives, Terms
from preferences.history import CountedMail, History
from preferences.ranking import Verdict
from preferences.store.bulk import insert_rows, next_keys, update_rows
from preferences.store.digest_rows import digest_for_slot
from preferences.store.hand_overs import DigestRow, HandOver, Line
from preferences.store.open_deliveries import OpenDelivery, Situation
from preferences.store.redecide import move_deliveries
from preferences.store.tables import ATTEMPT, COUNTED, DELIVERY
from preferences.store.verdicts import OF_ATTEMPT, append_decisions, decision_row, is_the_same, standing_of_delivery
from preferences.store.votes import draw_vote_lines

_OF_ATTEMPT = ("id", "publication_id", "delivery_id", "lease_id", "revision", "committed_at", "vote_share")
_OF_COUNTED = (
    *("publication_id", "subscriber_id", "topic_id", "counted_at", "in_total", "along", "rhythm"),
    "attempt_id",
)


# What becomes another of a delivery that is plainly due: nothing held it, and it carries nothing.
_OF_USUAL = ("state", "reason", "topic_id", "opens_at")
_LEAVES = (State.HANDING_OVER.value, Reason.EXPECTED.value)


class Writes:
    """The notes of a transaction that writes: collects what is decided, and writes it with few statements."""

    def __init__(self, connection: Connection, publication_id: int, lease_id: int, now: datetime) -> None:
        self.now = now
        self.histories: dict[int, History] = {}
        self.mails: dict[int, HandOver] = {}
        self._connection = connection
        self.publication_id = publication_id
        self._lease_id = lease_id
        self._decisions: list[list[Any]] = []
        self._travelling: list[tuple[list[Any], int]] = []  # decisions, and the deliveries as which they leave
        self._moves: list[dict[str, Any]] = []
        self._usual: list[tuple[Any, ...]] = []
        self._wakes: list[dict[str, Any]] = []
        self._counted: dict[int, list[tuple[Any, ...]]] = {}

    def wake_at(self, delivery_id: int, at: datetime) -> None:
        """Look at a delivery again at `at`; nothing was decided."""
        self._wakes.append({"delivery": delivery_id, "wakes_at": at})

    def digest_for(self, situation: Situation, rhythm: Arrives, slot_on: date, slot_at: datetime) -> int | None:
        """The number of a new digest for that slot; None where there was one already."""
        return digest_for_slot(self._connection, self.publication_id, situation.subscriber.id, rhythm, slot_on, slot_at)

    def drop_empty_digest(self, delivery_id: int) -> None:
        """Nothing is left for a digest that was to be tried again: an empty digest is not sent."""
        values = {"state": State.NOT_SENT.value, "reason": Reason.OFF_TOPIC.value, "wakes_at": None}
        self._connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(**values))

    def decided(self, situation: Situation, candidate: Candidate, decision: Decision, at: datetime) -> None:
        """A decision about one candidate, judged at `at`, that sends nothing."""
        standing = situation.subscriber.standing
        basis = basis_of(situation.terms, situation.history, candidate, standing, at)
        self._decisions.append(decision_row(self.publication_id, candidate.id, decision, basis, self.now))
        values = standing_of_delivery(decision, situation.terms, candidate, self.now)
        self._moves.append({"delivery": candidate.id, **values})

    def stays(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that does not leave now: it waits, goes elsewhere, or is not sent."""
        subject, decision = _candidate(verdict), verdict.decision
        same = is_the_same(decision, delivery.state, delivery.reason, delivery.opens_at, delivery.topic_id)
        if not same:
            self._decide(situation, verdict)
        values = standing_of_delivery(decision, situation.terms, subject, self.now)
        self._moves.append({"delivery": delivery.id, **values})

    def leaves(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that leaves now by itself: decided, counted and handing over."""
        decision = verdict.decision
        topic = situation.terms.topics[decision.topic or 0]
        mail = CountedMail(at=self.now, topics=frozenset({topic.topic}), notice=topic.notice)
        self._decide(situation, verdict)
        self._hand_over(situation, delivery, mail, topic_id=topic.topic)
        self._count(situation, delivery.id, topic.topic, in_total=not topic.notice)
        self._moves.append(_handing_over(delivery.id, decision, delivery.wakes_at, has_waited=delivery.has_waited))

    def leaves_as_usual(self, mail: HandOver, decision: list[Any], *, in_total: bool) -> None:
        """A mail of the usual case, with the row of its decision."""
        subscriber = mail.subscriber.id
        self.mails[mail.delivery_id] = mail
        self.histories[subscriber] = mail.history
        self._decisions.append(decision)
        self._travelling.append((decision, mail.delivery_id))
        counted = (self.publication_id, subscriber, mail.topic_id, self.now, in_total, False, None)
        self._counted[mail.delivery_id] = [counted]
        self._usual.append((*_LEAVES, mail.topic_id, None, mail.delivery_id))

    def comes_along(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that comes along in a mail of this transaction."""
        decision = verdict.decision
        carrier = self.mails[decision.carrier or 0]
        topic = decision.topic or 0
        self._decide(situation, verdict)
        if topic not in verdict.in_mail:
            self._count(situation, carrier.delivery_id, topic, in_total=False, along=True)
            self.histories[situation.subscriber.id] = self._history(situation).with_along(topic, self.now)
        carrier.lines.append(_line(delivery))
        values = _handing_over(
            delivery.id, decision, None, carrier_id=carrier.delivery_id, has_waited=delivery.has_waited
        )
        self._moves.append(
            {**values, "digest_stopped": delivery.digest_stopped or delivery.state is State.DIGEST_TO_COME}
        )

    def digest_leaves(self, situation: Situation, row: DigestRow, verdict: Verdict) -> None:
        """A digest that leaves at its slot with all its items."""
        digest = row.digest
        self._decide(situation, verdict)
        mail = CountedMail(at=self.now, topics=digest.topics, rhythm=digest.rhythm)
        self._hand_over(situation, digest, mail, topic_id=None)
        self.mails[digest.id].items = tuple(_line(item) for item in row.items)
        for position, topic in enumerate(sorted(digest.topics)):
            self._count(situation, digest.id, topic, in_total=position == 0, rhythm=digest.rhythm)
        self._moves.append(_handing_over(digest.id, verdict.decision, None))
        for item in row.items:
            self._connection.execute(
                update(DELIVERY)
                .where(DELIVERY.c.id == item.id)
                .values(state=State.HANDING_OVER.value, carrier_id=digest.id, wakes_at=None)
            )

    def digest_stays(self, situation: Situation, row: DigestRow, verdict: Verdict) -> None:
        """A digest that does not leave: late, it waits for an allowed hour; stopped, its items wait for the next slot.

        Items that came along in this very transaction are moved once more by that, which is noted later.
        """
        decision = verdict.decision
        self._decide(situation, verdict)
        late = decision.outcome is Outcome.WAIT and decision.reason in (Reason.QUIET_DAY, Reason.QUIET_HOURS)
        state = State.WAITING if late else State.NOT_SENT
        values = {"state": state.value, "reason": decision.reason.value, "opens_at": decision.opens_at}
        self._connection.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id == row.digest.id)
            .values(**values, wakes_at=decision.opens_at if late else None)
        )
        self._connection.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id.in_([item.id for item in row.items]))
            .values(wakes_at=decision.opens_at, opens_at=decision.opens_at, digest_stopped=not late)
        )

    def counted(self, found: Mapping[int, Situation]) -> dict[int, tuple[Terms, History]]:
        """Terms, and history with what was counted here, of every subscriber for whom something was."""
        return {one: (found[one].terms, history) for one, history in self.histories.items()}

    def write(self) -> list[HandOver]:
        """Write everything that was noted; answers the mails that are now counted, in the order of their deliveries."""
        connection = self._connection
        if self._wakes:
            move_deliveries(connection, self._wakes)
        if self._moves:
            move_deliveries(connection, self._moves)
        update_rows(connection, DELIVERY, ("id",), _OF_USUAL, self._usual)
        mails = [self.mails[delivery] for delivery in sorted(self.mails)]
        if mails:
            self._write_attempts(mails)
        if self._decisions:
            append_decisions(connection, self._decisions)
        return mails

    def _write_attempts(self, mails: list[HandOver]) -> None:
        draw_vote_lines(self._connection, self.publication_id, mails)
        for mail, attempt in zip(mails, next_keys(self._connection, ATTEMPT, len(mails)), strict=True):
            mail.attempt_id = attempt
        insert_rows(self._connection, ATTEMPT, _OF_ATTEMPT, [self._attempt(mail) for mail in mails])
        attempts = {mail.delivery_id: mail.attempt_id for mail in mails}
        for row, mail_of in self._travelling:
            row[OF_ATTEMPT] = attempts[mail_of]
        counted = [(*row, attempts[delivery]) for delivery, rows in self._counted.items() for row in rows]
        insert_rows(self._connection, COUNTED, _OF_COUNTED, counted)

    def _attempt(self, mail: HandOver) -> tuple[Any, ...]:
        """In the order of `_OF_ATTEMPT`."""
        return (
            *(mail.attempt_id, self.publication_id, mail.delivery_id, self._lease_id),
            *(mail.revision, self.now, mail.vote_share),
        )

    def _decide(self, situation: Situation, verdict: Verdict) -> None:
        basis = basis_of_verdict(situation.terms, situation.subscriber.standing, verdict, self.now)
        decision = verdict.decision
        row = decision_row(self.publication_id, verdict.subject.id, decision, basis, self.now)
        self._decisions.append(row)
        if decision.outcome is Outcome.SEND:
            self._travelling.append((row, decision.carrier or verdict.subject.id))

    def _history(self, situation: Situation) -> History:
        return self.histories.get(situation.subscriber.id, situation.history)

    def _hand_over(
        self, situation: Situation, delivery: OpenDelivery | DigestDue, mail: CountedMail, *, topic_id: int | None
    ) -> None:
        history = self._history(situation).with_mail(mail)
        self.histories[situation.subscriber.id] = history
        mail_out = HandOver(
            delivery_id=delivery.id,
            publication_id=self.publication_id,
            subscriber=situation.subscriber,
            terms=situation.terms,
            history=history,
            rhythm=delivery.rhythm,
            topic_id=topic_id,
            committed_at=self.now,
        )
        if isinstance(delivery, OpenDelivery):
            mail_out.campaign_id = delivery.campaign_id
            mail_out.revision = delivery.revision
        self.mails[delivery.id] = mail_out

    def _count(
        self,
        situation: Situation,
        delivery_id: int,
        topic: int,
        *,
        in_total: bool,
        along: bool = False,
        rhythm: Arrives | None = None,
    ) -> None:
        of_rhythm = None if rhythm is None else rhythm.value
        row = (self.publication_id, situation.subscriber.id, topic, self.now, in_total, along, of_rhythm)
        self._counted.setdefault(delivery_id, []).append(row)


def _candidate(verdict: Verdict) -> Candidate:
    assert isinstance(verdict.subject, Candidate)  # the caller asks about campaigns only
    return verdict.subject


def _line(delivery: OpenDelivery) -> Line:
    return Line(
        delivery_id=delivery.id,
        campaign_id=delivery.campaign_id or 0,
        revision=delivery.revision,
        topic_id=delivery.topic_id,
    )


def _handing_over(
    delivery_id: int,
    decision: Decision,
    wakes_at: datetime | None,
    *,
    carrier_id: int | None = None,
    has_waited: bool = False,
) -> dict[str, Any]:
    return {
        "delivery": delivery_id,
        "state": State.HANDING_OVER.value,
        "reason": decision.reason.value,
        "topic_id": decision.topic,
        "expires_at": decision.expires_at,
        "expiry": ExpiryBasis(decision.expiry).value,
        "opens_at": None,
        "wakes_at": wakes_at,
        "has_waited": has_waited,
        "digest_stopped": False,
        "carrier_id": carrier_id,
    }
