"""Deciding everything due for one subscriber at once: who goes, what comes along in it, what waits.

Pure, like the decision itself. What was just counted is seen by everything ranked lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from preferences.cadence import opening
from preferences.campaign import Candidate, DigestDue, Origin
from preferences.decision import (
    HELD,
    Case,
    Decision,
    Outcome,
    Reason,
    decide,
)
from preferences.digest_due import decide_digest
from preferences.expectation import DIGESTS, Arrives, Overflow, Standing, Terms
from preferences.history import CountedMail, History

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision about one candidate or digest, with the history it was decided from."""

    subject: Candidate | DigestDue
    decision: Decision
    history: History


@dataclass(slots=True)
class _Carrier:
    """The first mail that goes out in this transaction and what stands in it."""

    id: int
    topics: set[int]


def decide_together(
    standing: Standing,
    terms: Terms,
    history: History,
    due: Sequence[Candidate | DigestDue],
    waiting: Sequence[Candidate],
    now: datetime,
) -> tuple[Verdict, ...]:
    """Decisions about everything due, in rank order, then about what comes along of what waits.

    `waiting` are the candidates that wait for a cap or a pause, and the items of digests that were stopped at their
    slot; of them only those that come along are answered. A candidate stands in one of the two only.
    """
    return _Together(standing, terms, history, now).decide(due, waiting)


def rank(subject: Candidate | DigestDue, terms: Terms) -> tuple[object, ...]:
    """The rank order as a sort key: notices, priority, on time before waiting, relevance, expiry, age, id."""
    if isinstance(subject, DigestDue):
        return (True, 0, False, 0.0, _NEVER, subject.slot_at, subject.id)
    is_notice = any(topic in terms.topics and terms.topics[topic].notice for topic in subject.topics)
    return (
        not is_notice,
        -subject.priority,
        subject.has_waited,
        -subject.relevance,
        subject.expires_at or _NEVER,
        subject.scheduled_at,
        subject.id,
    )


class _Together:
    """One transaction's worth of deciding: the history grows as mails are counted."""

    def __init__(self, standing: Standing, terms: Terms, history: History, now: datetime) -> None:
        self.standing = standing
        self.terms = terms
        self.before = history
        self.history = history
        self.now = now
        self.carrier: _Carrier | None = None

    def decide(self, due: Sequence[Candidate | DigestDue], waiting: Sequence[Candidate]) -> tuple[Verdict, ...]:
        ranked = sorted(due, key=lambda subject: rank(subject, self.terms))
        verdicts = [self._decide_one(subject) for subject in ranked]
        verdicts = [self._along_or_as_it_was(verdict) for verdict in verdicts]
        lines = sorted(waiting, key=lambda subject: rank(subject, self.terms))
        return tuple(verdicts + [verdict for line in lines if (verdict := self._along(line)) is not None])

    def _decide_one(self, subject: Candidate | DigestDue) -> Verdict:
        seen = self.history
        if isinstance(subject, DigestDue):
            decision = decide_digest(self.standing, self.terms, seen, subject, self.now)
        else:
            decision = decide(self.standing, self.terms, seen, subject, self.now)
        if decision.outcome is Outcome.SEND:
            self._count(subject, decision)
        return Verdict(subject=subject, decision=decision, history=seen)

    def _count(self, subject: Candidate | DigestDue, decision: Decision) -> None:
        """Count a mail that goes out, and let it carry what waits unless it is a notice."""
        if isinstance(subject, DigestDue):
            mail = CountedMail(at=self.now, topics=subject.topics, rhythm=subject.rhythm)
            had: tuple[int, ...] = ()
        else:
            charged = self.terms.topics[decision.topic or 0]
            mail = CountedMail(at=self.now, topics=frozenset({charged.topic}), notice=charged.notice)
            had = (subject.campaign,)
        self.history = self.history.with_mail(mail, had)
        may_carry = isinstance(subject, DigestDue) or subject.origin is Origin.TROTH
        if self.carrier is None and not mail.notice and may_carry:
            self.carrier = _Carrier(id=subject.id, topics=set(mail.topics))

    def _along_or_as_it_was(self, verdict: Verdict) -> Verdict:
        """What a cap stopped comes along in the winner where it may; else it says whether it merely ranked lower."""
        decision, subject = verdict.decision, verdict.subject
        if isinstance(subject, DigestDue) or subject.origin is not Origin.TROTH or not is_held(decision):
            return verdict
        if (along := self._along(subject)) is not None:
            return along
        if _names_a_cap(decision) and verdict.history is not self.before and self._was_open(subject):
            return replace(verdict, decision=replace(decision, reason=Reason.RANKED_LOWER))
        return verdict

    def _was_open(self, subject: Candidate) -> bool:
        first = decide(self.standing, self.terms, self.before, subject, self.now)
        return not _names_a_cap(first)

    def _along(self, subject: Candidate) -> Verdict | None:
        """The decision to come along in this transaction's first mail, or None where it may not."""
        if self.carrier is None:
            return None
        seen = self.history
        decision = decide_along(
            self.standing, self.terms, seen, subject, self.now, self.carrier.id, frozenset(self.carrier.topics)
        )
        if decision is None or decision.topic is None:
            return None
        had = (subject.campaign,)
        if decision.topic in self.carrier.topics:
            self.history = replace(seen, had=seen.had.union(had))
        else:
            self.history = seen.with_along(decision.topic, self.now, had)
            self.carrier.topics.add(decision.topic)
        return Verdict(subject=subject, decision=decision, history=seen)


def is_held(decision: Decision) -> bool:
    """Whether a cap, a pause or the next mail holds it: only that lets it come along."""
    return decision.reason in HELD or (decision.reason is Reason.WOULD_EXPIRE and decision.evidence is not None)


def _names_a_cap(decision: Decision) -> bool:
    return decision.evidence is not None


def decide_along(
    standing: Standing,
    terms: Terms,
    history: History,
    candidate: Candidate,
    now: datetime,
    carrier: int,
    in_mail: frozenset[int],
) -> Decision | None:
    """*Send*, `expected`, along in a mail that is going out at `now` and holds the topics `in_mail`; or None.

    It must wait for a cap or a pause, or be an item of a digest that was stopped, its reader must not have chosen to
    leave out, and the own cap and both cadences of its topic must allow it, unless the topic is in the mail already.
    """
    as_decided = decide(standing, terms, history, candidate, now)
    case = Case(standing, terms, history, candidate, now)
    charged = case.charged
    if charged is None or charged.notice or not _may_travel(case, as_decided):
        return None
    counted = history.along.get(charged.topic, ())
    if charged.topic not in in_mail and any(
        opening(cap, counted, terms.zone, now) is not None for cap in charged.along_caps
    ):
        return None
    return case.answer(Outcome.SEND, Reason.EXPECTED, carrier=carrier)


def _may_travel(case: Case, decision: Decision) -> bool:
    if case.charged is not None and case.charged.arrives in DIGESTS:
        return decision.outcome is Outcome.DIGEST and case.candidate.digest_stopped
    if case.terms.expectation.overflow is Overflow.LEAVE_OUT or case.charged is None:
        return False
    if case.charged.arrives is not Arrives.EACH:
        return False
    return is_held(decision) or (case.candidate.has_waited and decision.outcome in _OPEN)


_OPEN = frozenset({Outcome.SEND, Outcome.WAIT})
