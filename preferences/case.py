"""One question to the law: its arguments, the topic that is charged, and which caps are full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from preferences.cadence import BoundCap, Opening, opening
from preferences.calendar import as_instant
from preferences.campaign import Candidate, ExpiryBasis, Origin
from preferences.expectation import DIGESTS, Arrives, Standing, Terms, TopicTerms
from preferences.history import History, Instants
from preferences.outcome import Decision, Evidence, Outcome, Reason


class Case:
    """The arguments of `decide`, the topic the candidate is charged to, and its expiry as this decision leaves it."""

    __slots__ = ("candidate", "charged", "expires_at", "expiry", "history", "now", "standing", "terms")

    def __init__(self, standing: Standing, terms: Terms, history: History, candidate: Candidate, now: datetime) -> None:
        self.standing = standing
        self.terms = terms
        self.history = history
        self.candidate = candidate
        self.now = as_instant(now, "the instant of a decision")
        self.charged = charged_topic(terms, candidate.topics)
        self.expiry = candidate.expiry
        self.expires_at = candidate.expires_at
        if self.is_digest_item and self.expiry is not ExpiryBasis.MARKETER:
            self.expires_at = None  # an item has none until its digest leaves

    @property
    def is_digest_item(self) -> bool:
        """Whether it is charged to a topic that comes in a digest."""
        return self.charged is not None and self.charged.arrives in DIGESTS

    @property
    def is_notice(self) -> bool:
        """Whether it is charged to a topic for notices, which stand outside the total."""
        return self.charged is not None and self.charged.notice

    @property
    def is_exempt_from_next_mail(self) -> bool:
        """Notices and what another system sends leave at their first allowed instant."""
        return self.candidate.origin is Origin.OTHER_SYSTEM or self.is_notice

    @property
    def topic_counted(self) -> Instants:
        """The counted instants of the charged topic, newest first."""
        return () if self.charged is None else self.history.charged.get(self.charged.topic, ())

    def full_caps(self) -> list[Opening]:
        """Every cap that is full now, of the topic and then of the total."""
        zone, now = self.terms.zone, self.now
        found = [opening(cap, self.topic_counted, zone, now) for cap in (self.charged.caps if self.charged else ())]
        if not self.is_notice:
            found += [opening(cap, self.history.total, zone, now) for cap in self.terms.total_caps]
        return [full for full in found if full is not None]

    def last_opening(self, caps: Sequence[BoundCap], counted: Instants) -> Opening | None:
        """Of the full caps the one that opens last, the first of them in their order; None when all are open."""
        last: Opening | None = None
        if not counted:
            return None
        for cap in caps:
            found = opening(cap, counted, self.terms.zone, self.now)
            if found is not None and (last is None or found.until > last.until):
                last = found
        return last

    def answer(
        self,
        outcome: Outcome,
        reason: Reason,
        *,
        opens_at: datetime | None = None,
        evidence: Evidence | None = None,
        carrier: int | None = None,
    ) -> Decision:
        """A decision about this case."""
        return Decision(
            outcome=outcome,
            reason=reason,
            topic=None if self.charged is None else self.charged.topic,
            expires_at=self.expires_at,
            expiry=self.expiry,
            opens_at=opens_at,
            evidence=evidence,
            carrier=carrier,
        )


def charged_topic(terms: Terms, topics: Iterable[int]) -> TopicTerms | None:
    """The first of the topics, in their order, expected as each; else the first in a digest; else on the web."""
    expected = [terms.topics[topic] for topic in topics if topic in terms.topics]
    for ways in (_EACH, DIGESTS, _WEB):
        for topic in expected:
            if topic.arrives in ways:
                return topic
    return None


_EACH = frozenset({Arrives.EACH})
_WEB = frozenset({Arrives.WEB})
