"""Deciding everything due for one subscriber at once: who goes, what comes along in it, what waits.

Pure, like the decision itself. What was just counted is seen by everything ranked lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from preferences.along import decide_along, is_held
from preferences.calendar import as_instant
from preferences.campaign import Candidate, DigestDue, Origin
from preferences.decision import Decision, Outcome, Reason, charged_topic, decide
from preferences.digest_due import decide_digest
from preferences.expectation import Arrives, Standing, Terms
from preferences.history import EMPTY_HISTORY, CountedMail, History

__all__ = ["Verdict", "decide_along", "decide_together", "is_held", "rank", "rank_lower"]

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision about one candidate or digest, and what it was decided from.

    `subject` is the candidate as it was judged: one that waits is told of the mail that goes out in this transaction,
    an item of a digest that was stopped in it. `before` is the history at the beginning of the transaction, `in_mail`
    the topics that stood in the carrier when this one came along.
    """

    subject: Candidate | DigestDue
    decision: Decision
    history: History
    before: History = EMPTY_HISTORY
    in_mail: frozenset[int] = frozenset()


def decide_together(
    standing: Standing,
    terms: Terms,
    history: History,
    due: Sequence[Candidate | DigestDue],
    waiting: Sequence[Candidate],
    now: datetime,
) -> tuple[Verdict, ...]:
    """Decisions about everything due, in rank order, then about what comes along of what waits.

    `waiting` are the candidates that wait for a cap or a pause, the items of digests that were stopped at their slot,
    and the items of the digests in `due` (they come along where their digest is stopped right now); of them only
    those that come along are answered. A candidate stands in one of the two only. Raises ValueError for a naive `now`.
    """
    return _Together(standing, terms, history, as_instant(now, "the instant of a decision")).decide(due, waiting)


def rank(subject: Candidate | DigestDue, terms: Terms) -> tuple[object, ...]:
    """The rank order as a sort key: notices, priority, on time before waiting, relevance, expiry, age, id."""
    if isinstance(subject, DigestDue):
        return (True, 0, False, 0.0, _NEVER, subject.slot_at, subject.id, True)
    charged = charged_topic(terms, subject.topics)
    return (
        charged is None or not charged.notice,
        -subject.priority,
        subject.has_waited,
        -subject.relevance,
        subject.expires_at or _NEVER,
        subject.scheduled_at,
        subject.id,
        False,
    )


def rank_lower(
    standing: Standing, terms: Terms, before: History, subject: Candidate | DigestDue, decision: Decision, now: datetime
) -> Decision:
    """The decision about what a cap stopped: `ranked_lower` where the cap was open before this transaction."""
    if decision.evidence is None:
        return decision
    first = _decide(standing, terms, before, subject, now)
    return decision if first.evidence is not None else replace(decision, reason=Reason.RANKED_LOWER)


def _decide(
    standing: Standing, terms: Terms, history: History, subject: Candidate | DigestDue, now: datetime
) -> Decision:
    if isinstance(subject, DigestDue):
        return decide_digest(standing, terms, history, subject, now)
    return decide(standing, terms, history, subject, now)


@dataclass(slots=True)
class _Carrier:
    """The first mail that goes out in this transaction and what stands in it."""

    id: int
    topics: set[int]


class _Together:
    """One transaction's worth of deciding: the history grows as mails are counted."""

    def __init__(self, standing: Standing, terms: Terms, history: History, now: datetime) -> None:
        self.standing = standing
        self.terms = terms
        self.before = history
        self.history = history
        self.now = now
        self.carrier: _Carrier | None = None
        self.stopped: dict[Arrives, bool] = {}

    def decide(self, due: Sequence[Candidate | DigestDue], waiting: Sequence[Candidate]) -> tuple[Verdict, ...]:
        ranked = sorted(due, key=lambda subject: rank(subject, self.terms))
        verdicts = [self._decide_one(subject) for subject in ranked]
        verdicts = [self._along_or_as_it_was(verdict) for verdict in verdicts]
        lines = sorted(waiting, key=lambda subject: rank(subject, self.terms))
        return tuple(verdicts + [verdict for line in lines if (verdict := self._along(line)) is not None])

    def _decide_one(self, subject: Candidate | DigestDue) -> Verdict:
        seen = self.history
        subject = self._told_what_comes(subject)
        decision = _decide(self.standing, self.terms, seen, subject, self.now)
        if decision.outcome is Outcome.SEND:
            self._count(subject, decision)
        if isinstance(subject, DigestDue):
            self.stopped[subject.rhythm] = is_held(decision)
        return Verdict(subject=subject, decision=decision, history=seen, before=self.before)

    def _told_what_comes(self, subject: Candidate | DigestDue) -> Candidate | DigestDue:
        """What waits is told that a mail goes out at this very instant: it comes along and makes no second one."""
        if isinstance(subject, DigestDue) or self.carrier is None or not subject.has_waited:
            return subject
        return replace(subject, coming_at=self.now)

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
        decision = verdict.decision
        # Where a mail goes out now, no day and no hour made it expire: a cap did, or the wait for that mail.
        if isinstance(verdict.subject, Candidate) and (is_held(decision) or decision.reason is Reason.WOULD_EXPIRE):
            along = self._along(verdict.subject)
            if along is not None:
                return along
        if verdict.history is self.before:
            return verdict
        lower = rank_lower(self.standing, self.terms, self.before, verdict.subject, decision, self.now)
        return replace(verdict, decision=lower)

    def _along(self, subject: Candidate) -> Verdict | None:
        """The decision to come along in this transaction's first mail, or None where it may not."""
        if self.carrier is None:
            return None
        subject = self._told_of_its_digest(subject)
        seen, in_mail = self.history, frozenset(self.carrier.topics)
        decision = decide_along(self.standing, self.terms, seen, subject, self.now, self.carrier.id, in_mail)
        if decision is None or decision.topic is None:
            return None
        had = (subject.campaign,)
        if decision.topic in in_mail:
            self.history = replace(seen, had=seen.had.union(had))
        else:
            self.history = seen.with_along(decision.topic, self.now, had)
            self.carrier.topics.add(decision.topic)
        return Verdict(subject=subject, decision=decision, history=seen, before=self.before, in_mail=in_mail)

    def _told_of_its_digest(self, subject: Candidate) -> Candidate:
        """An item of a digest that is due right now comes along where that digest is stopped; else it stands in it."""
        charged = charged_topic(self.terms, subject.topics)
        if charged is None or charged.arrives not in self.stopped:
            return subject
        return replace(subject, digest_stopped=self.stopped[charged.arrives])
