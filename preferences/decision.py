"""The decision: what becomes of one candidate for one subscriber at one instant, with a reason and evidence.

Pure and total: the same arguments give the same answer; no clock, no database, no randomness. `RULES` is the policy:
the first rule that answers wins. Its words stand in `outcome`, its question in `case`, waiting in `waiting` and
`own_time`; ranking several candidates in `ranking`, coming along in `along`, digests at their slot in `digest_due`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from preferences.campaign import Candidate, ExpiryBasis, Origin
from preferences.case import Case, charged_topic
from preferences.digest import next_slot
from preferences.expectation import Arrives, Standing, Terms
from preferences.history import History
from preferences.outcome import (
    DIGEST_REASONS,
    HELD,
    SUPPRESSIONS,
    Decision,
    Evidence,
    Outcome,
    Reason,
    evidence_of,
)
from preferences.own_time import first_own_time, is_own_time, next_own_time, own_time_of_day
from preferences.quiet import is_allowed
from preferences.waiting import by_overflow, wait

__all__ = [
    "DEFAULT_EXPIRY",
    "DIGEST_REASONS",
    "HELD",
    "RULES",
    "RULES_VERSION",
    "SUPPRESSIONS",
    "Case",
    "Decision",
    "Evidence",
    "Outcome",
    "Reason",
    "charged_topic",
    "decide",
    "evidence_of",
    "first_own_time",
    "is_own_time",
    "next_own_time",
    "own_time_of_day",
    "quiet_reason",
]

RULES_VERSION = 1
DEFAULT_EXPIRY = timedelta(days=8)


def decide(standing: Standing, terms: Terms, history: History, candidate: Candidate, now: datetime) -> Decision:
    """What becomes of a campaign for one subscriber at `now`. Never raises for a business outcome.

    Raises ValueError for a naive `now`, which could mean any of 26 hours.
    """
    case = Case(standing, terms, history, candidate, now)
    for rule in RULES:
        decision = rule(case)
        if decision is not None:
            return decision
    raise AssertionError("the last rule always answers")


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
    return by_overflow(case, Reason.PAUSED, None)


def _topic_cap_is_full(case: Case) -> Decision | None:
    if case.charged is None:
        return None
    full = case.last_opening(case.charged.caps, case.topic_counted)
    if full is None:
        return None
    if case.charged.notice:
        return case.answer(Outcome.NOT_SENT, Reason.TOPIC_CAP, evidence=evidence_of(full))
    return by_overflow(case, Reason.TOPIC_CAP, full)


def _total_cap_is_full(case: Case) -> Decision | None:
    if case.is_notice:
        return None
    full = case.last_opening(case.terms.total_caps, case.history.total)
    return None if full is None else by_overflow(case, Reason.TOTAL_CAP, full)


def _waits_for_the_next_mail(case: Case) -> Decision | None:
    candidate = case.candidate
    if not candidate.has_waited or case.is_exempt_from_next_mail:
        return None
    if candidate.coming_at is None and is_own_time(case.terms, candidate, case.now):
        return None
    return by_overflow(case, Reason.NEXT_MAIL, None)


def _is_quiet(case: Case) -> Decision | None:
    reason = quiet_reason(case.terms, case.now)
    return None if reason is None else wait(case, reason, None)


def quiet_reason(terms: Terms, now: datetime) -> Reason | None:
    """Which of days and hours keeps mail away at `now`, None where neither does."""
    asked = terms.expectation
    if is_allowed(terms.zone, asked.days, asked.hours, now):
        return None
    return Reason.QUIET_HOURS if now.astimezone(terms.zone).weekday() in asked.days else Reason.QUIET_DAY


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
