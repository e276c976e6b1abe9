"""The decision: what becomes of one candidate for one subscriber at one instant, with a reason and evidence.

Pure and total: the same arguments give the same answer; no clock, no database, no randomness. `RULES` is the policy:
the first rule that answers wins. Ranking several candidates stands in `ranking`, digests at their slot in `digest_due`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from preferences.cadence import LONGEST_DAYS, BoundCap, Cap, Opening, Whose, opening
from preferences.calendar import ONE_DAY, first_instant, local_date, wall_instants
from preferences.campaign import Candidate, ExpiryBasis, Origin
from preferences.digest import next_slot
from preferences.expectation import DIGESTS, Arrives, Overflow, Standing, Suppression, Terms, TopicTerms
from preferences.history import History, Instants
from preferences.quiet import is_allowed

RULES_VERSION = 1
DEFAULT_EXPIRY = timedelta(days=8)


class Outcome(StrEnum):
    """What is decided."""

    SEND = "send"
    WAIT = "wait"
    DIGEST = "digest"
    WEB = "web"
    NOT_SENT = "not_sent"


class Reason(StrEnum):
    """Why; a closed list, to which a new entry needs a decision record."""

    SUPPRESSED_DEAD_ADDRESS = "suppressed_dead_address"
    SUPPRESSED_COMPLAINT = "suppressed_complaint"
    SUPPRESSED_ERASED = "suppressed_erased"
    SUPPRESSED_OPERATOR = "suppressed_operator"
    UNCONFIRMED = "unconfirmed"
    CONSENT_EXPIRED = "consent_expired"
    UNSUBSCRIBED = "unsubscribed"
    DUPLICATE = "duplicate"
    OFF_TOPIC = "off_topic"
    EXPIRED = "expired"
    WEB_ONLY = "web_only"
    DIGEST_DAILY = "digest_daily"
    DIGEST_WEEKLY = "digest_weekly"
    DIGEST_MONTHLY = "digest_monthly"
    PAUSED = "paused"
    TOPIC_CAP = "topic_cap"
    TOTAL_CAP = "total_cap"
    NEXT_MAIL = "next_mail"
    QUIET_DAY = "quiet_day"
    QUIET_HOURS = "quiet_hours"
    EXPECTED = "expected"
    WOULD_EXPIRE = "would_expire"
    CAMPAIGN_ENDED = "campaign_ended"
    TEMPLATE_FAILED = "template_failed"
    NOT_DELIVERABLE_HERE = "not_deliverable_here"
    RANKED_LOWER = "ranked_lower"
    ANY_DOUBT = "any_doubt"
    HELD_FOR_A_PERSON = "held_for_a_person"


DIGEST_REASONS = {
    Arrives.DAILY: Reason.DIGEST_DAILY,
    Arrives.WEEKLY: Reason.DIGEST_WEEKLY,
    Arrives.MONTHLY: Reason.DIGEST_MONTHLY,
}
SUPPRESSIONS = {why: Reason(f"suppressed_{why}") for why in Suppression}
# What waits for one of these has waited for a cap or a pause, and never leaves merely because a window opens.
HELD = frozenset({Reason.PAUSED, Reason.TOPIC_CAP, Reason.TOTAL_CAP, Reason.NEXT_MAIL, Reason.RANKED_LOWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Which cap answered: whose, n of n counted in the window that opens last, `[since, until)` in UTC.

    `calendar` names a calendar window (shown as local dates); None is a rolling one (shown as instants).
    """

    whose: Whose
    cap: Cap
    counted: int
    calendar: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is decided about one candidate.

    `topic` is the charged topic, None where the candidate has none of the reader's. `opens_at` is, for a wait, the
    earliest instant that satisfies all rules, or the mail in which it is to come along; for a digest its next slot.
    `expires_at` and `expiry` are the candidate's as they stand after this decision. `carrier` is the id of the
    candidate it comes along in.
    """

    outcome: Outcome
    reason: Reason
    topic: int | None
    expires_at: datetime | None
    expiry: ExpiryBasis
    opens_at: datetime | None = None
    evidence: Evidence | None = None
    carrier: int | None = None


class Case:
    """One question to the law: the arguments of `decide` and the topic the candidate is charged to."""

    __slots__ = ("candidate", "charged", "expires_at", "expiry", "history", "now", "standing", "terms")

    def __init__(
        self, standing: Standing, terms: Terms, history: History, candidate: Candidate, now: datetime
    ) -> None:
        self.standing = standing
        self.terms = terms
        self.history = history
        self.candidate = candidate
        self.now = now
        self.charged = charged_topic(terms, candidate.topics)
        self.expires_at = candidate.expires_at
        self.expiry = candidate.expiry

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

    @property
    def topic_counted(self) -> Instants:
        """The counted instants of the charged topic, newest first."""
        return () if self.charged is None else self.history.charged.get(self.charged.topic, ())


def decide(
    standing: Standing, terms: Terms, history: History, candidate: Candidate, now: datetime
) -> Decision:
    """What becomes of a campaign for one subscriber at `now` (UTC). Never raises for a business outcome."""
    case = Case(standing, terms, history, candidate, now)
    for rule in RULES:
        decision = rule(case)
        if decision is not None:
            return decision
    raise AssertionError("the last rule always answers")


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


def _is_suppressed(case: Case) -> Decision | None:
    if case.standing.suppressed is None:
        return None
    return case.answer(Outcome.NOT_SENT, SUPPRESSIONS[case.standing.suppressed])


def _has_no_consent(case: Case) -> Decision | None:
    if not case.standing.confirmed:
        return case.answer(Outcome.NOT_SENT, Reason.UNCONFIRMED)
    ends_at = case.standing.consent_ends_at
    if ends_at is not None and ends_at <= case.now:
        return case.answer(Outcome.NOT_SENT, Reason.CONSENT_EXPIRED)
    return None


def _is_unsubscribed(case: Case) -> Decision | None:
    return case.answer(Outcome.NOT_SENT, Reason.UNSUBSCRIBED) if case.standing.unsubscribed else None


def _has_it_already(case: Case) -> Decision | None:
    if case.candidate.campaign in case.history.had:
        return case.answer(Outcome.NOT_SENT, Reason.DUPLICATE)
    return None


def _is_off_topic(case: Case) -> Decision | None:
    return case.answer(Outcome.NOT_SENT, Reason.OFF_TOPIC) if case.charged is None else None


def _is_expired(case: Case) -> Decision | None:
    if case.expires_at is not None and case.now > case.expires_at:
        return case.answer(Outcome.NOT_SENT, Reason.EXPIRED)
    return None


def _is_web_only(case: Case) -> Decision | None:
    if case.charged is not None and case.charged.arrives is Arrives.WEB:
        return case.answer(Outcome.WEB, Reason.WEB_ONLY)
    return None


def _comes_as_digest(case: Case) -> Decision | None:
    if case.charged is None or case.charged.arrives is Arrives.EACH:
        return None
    rhythm = case.charged.arrives
    if case.candidate.origin is Origin.OTHER_SYSTEM:
        return case.answer(Outcome.NOT_SENT, DIGEST_REASONS[rhythm])
    slot_at = next_slot(case.terms, rhythm, case.now).at
    if case.expiry is ExpiryBasis.MARKETER and case.expires_at is not None and slot_at > case.expires_at:
        return case.answer(Outcome.NOT_SENT, Reason.WOULD_EXPIRE, opens_at=slot_at)
    return case.answer(Outcome.DIGEST, DIGEST_REASONS[rhythm], opens_at=slot_at)


def _is_paused(case: Case) -> Decision | None:
    if not case.terms.is_paused(case.now):
        return None
    return _by_overflow(case, Reason.PAUSED, None)


def _topic_cap_is_full(case: Case) -> Decision | None:
    if case.charged is None:
        return None
    full = last_opening(case.charged.caps, case.topic_counted, case)
    if full is None:
        return None
    if case.charged.notice:
        return case.answer(Outcome.NOT_SENT, Reason.TOPIC_CAP, evidence=evidence_of(full))
    return _by_overflow(case, Reason.TOPIC_CAP, full)


def _total_cap_is_full(case: Case) -> Decision | None:
    if not case.terms.total_caps or (case.charged is not None and case.charged.notice):
        return None
    full = last_opening(case.terms.total_caps, case.history.total, case)
    return None if full is None else _by_overflow(case, Reason.TOTAL_CAP, full)


def _waits_for_the_next_mail(case: Case) -> Decision | None:
    candidate = case.candidate
    if not candidate.has_waited or is_exempt_from_next_mail(case):
        return None
    if candidate.coming_at is None and is_own_time(case.terms, candidate, case.now):
        return None
    return _by_overflow(case, Reason.NEXT_MAIL, None)


def is_exempt_from_next_mail(case: Case) -> bool:
    """Notices and what another system sends leave at their first allowed instant."""
    return case.candidate.origin is Origin.OTHER_SYSTEM or (case.charged is not None and case.charged.notice)


def _is_quiet(case: Case) -> Decision | None:
    asked = case.terms.expectation
    if is_allowed(case.terms.zone, asked.days, asked.hours, case.now):
        return None
    on_day = case.now.astimezone(case.terms.zone).weekday() in asked.days
    return _wait(case, Reason.QUIET_HOURS if on_day else Reason.QUIET_DAY, None)


def _is_expected(case: Case) -> Decision | None:
    return case.answer(Outcome.SEND, Reason.EXPECTED)


RULES: tuple[Callable[[Case], Decision | None], ...] = (
    _is_suppressed,
    _has_no_consent,
    _is_unsubscribed,
    _has_it_already,
    _is_off_topic,
    _is_expired,
    _is_web_only,
    _comes_as_digest,
    _is_paused,
    _topic_cap_is_full,
    _total_cap_is_full,
    _waits_for_the_next_mail,
    _is_quiet,
    _is_expected,
)


def last_opening(caps: Sequence[BoundCap], counted: Instants, case: Case) -> Opening | None:
    """Of the full caps the one that opens last, the first of them in their order; None when all are open."""
    last: Opening | None = None
    if not counted:
        return None
    for cap in caps:
        found = opening(cap, counted, case.terms.zone, case.now)
        if found is not None and (last is None or found.until > last.until):
            last = found
    return last


def evidence_of(full: Opening) -> Evidence:
    """The evidence that names a full cap."""
    return Evidence(
        whose=full.bound.whose,
        cap=full.bound.cap,
        counted=full.counted,
        calendar=full.calendar,
        since=full.since,
        until=full.until,
    )


def _by_overflow(case: Case, reason: Reason, full: Opening | None) -> Decision:
    evidence = None if full is None else evidence_of(full)
    if case.terms.expectation.overflow is Overflow.LEAVE_OUT:
        return case.answer(Outcome.NOT_SENT, reason, evidence=evidence)
    return _wait(case, reason, full)


def _wait(case: Case, reason: Reason, full: Opening | None) -> Decision:
    """Wait until the earliest instant that satisfies all rules, unless it has expired by then."""
    evidence = None if full is None else evidence_of(full)
    full_caps = _full_caps(case)
    if full is not None:
        _extend_expiry(case, full_caps)
    opens_at = _earliest(case, full_caps)
    if case.expires_at is not None and opens_at > case.expires_at:
        return case.answer(Outcome.NOT_SENT, Reason.WOULD_EXPIRE, opens_at=opens_at, evidence=evidence)
    return case.answer(Outcome.WAIT, reason, opens_at=opens_at, evidence=evidence)


def _full_caps(case: Case) -> list[Opening]:
    """Every cap that is full now, of the topic and the total."""
    found = []
    if case.charged is not None and case.topic_counted:
        found += [opening(cap, case.topic_counted, case.terms.zone, case.now) for cap in case.charged.caps]
    if case.history.total and not (case.charged is not None and case.charged.notice):
        found += [opening(cap, case.history.total, case.terms.zone, case.now) for cap in case.terms.total_caps]
    return [full for full in found if full is not None]


def _extend_expiry(case: Case, full: Sequence[Opening]) -> None:
    """The first time a cap holds it, a default expiry becomes the longest period among the full caps and a day."""
    if case.expiry is not ExpiryBasis.DEFAULT or case.expires_at is None:
        return
    longest = max(LONGEST_DAYS[one.bound.cap.per] for one in full)
    case.expires_at = max(case.expires_at, case.candidate.scheduled_at + timedelta(days=longest + 1))
    case.expiry = ExpiryBasis.EXTENDED


def _earliest(case: Case, full: Sequence[Opening]) -> datetime:
    """The earliest instant, now or later, at which every rule lets it go."""
    opens_at = max([case.now, *(one.until for one in full)])
    free = case.terms.next_free(opens_at)
    candidate = case.candidate
    if not candidate.has_waited or is_exempt_from_next_mail(case):
        return free
    if candidate.coming_at is not None:
        return max(free, candidate.coming_at)
    return first_own_time(case.terms, candidate, free)


def own_time_of_day(terms: Terms, candidate: Candidate) -> time:
    """The local time of day that the scheduled instant has in the reader's zone; outside the hours, their first."""
    at = candidate.scheduled_at.astimezone(terms.zone).time()
    hours = terms.expectation.hours
    return at if hours is None or hours.has(at) else hours.since


def is_own_time(terms: Terms, candidate: Candidate, now: datetime) -> bool:
    """Whether the reader's clock shows the candidate's own time of day or later."""
    return now.astimezone(terms.zone).time() >= own_time_of_day(terms, candidate)


def first_own_time(terms: Terms, candidate: Candidate, instant: datetime) -> datetime:
    """The first instant, `instant` or later, that is free and at or after the candidate's own time of day."""
    at = own_time_of_day(terms, candidate)
    free = terms.next_free(instant)
    while free.astimezone(terms.zone).time() < at:
        free = terms.next_free(_next_wall_time(terms, at, free))
    return free


def next_own_time(terms: Terms, candidate: Candidate, instant: datetime) -> datetime:
    """The next own time of day itself, `instant` or later, that pause, days and hours allow: when to decide again."""
    at = own_time_of_day(terms, candidate)
    on = local_date(terms.zone, instant)
    while True:
        own = first_instant(terms.zone, on, at)
        free = terms.next_free(max(own, instant))
        if free == own:
            return own
        on = max(on + ONE_DAY, local_date(terms.zone, free))


def _next_wall_time(terms: Terms, at: time, after: datetime) -> datetime:
    """The next instant later than `after` at which the reader's clock reaches `at`, the second time in a fold too."""
    on = after.astimezone(terms.zone).date()
    for instant in wall_instants(terms.zone, on, at):
        if instant > after:
            return instant
    return first_instant(terms.zone, on + ONE_DAY, at)
