"""What does not fit: left out or waiting, until when, and whether it expires before that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from preferences.cadence import LONGEST_DAYS, Opening
from preferences.calendar import MOMENT
from preferences.campaign import ExpiryBasis
from preferences.case import Case
from preferences.expectation import Overflow
from preferences.outcome import Decision, Outcome, Reason, evidence_of
from preferences.own_time import first_own_time, next_own_time


def by_overflow(case: Case, reason: Reason, full: Opening | None) -> Decision:
    """What the reader chose for what does not fit: not sent, or a wait. `full` is the cap that answered, if one did."""
    if case.terms.expectation.overflow is Overflow.COME_ALONG:
        return wait(case, reason, full)
    return case.answer(Outcome.NOT_SENT, reason, evidence=None if full is None else evidence_of(full))


def wait(case: Case, reason: Reason, full: Opening | None) -> Decision:
    """Wait until the earliest instant that satisfies all rules; not sent, `would_expire`, if it has expired by then."""
    evidence = None if full is None else evidence_of(full)
    full_caps = case.full_caps()
    if full is not None:
        _extend_expiry(case, full_caps)
    opens_at = _earliest(case, full_caps)
    if case.expires_at is not None and opens_at > case.expires_at:
        return case.answer(Outcome.NOT_SENT, Reason.WOULD_EXPIRE, opens_at=opens_at, evidence=evidence)
    return case.answer(Outcome.WAIT, reason, opens_at=opens_at, evidence=evidence)


def _extend_expiry(case: Case, full: Sequence[Opening]) -> None:
    """The first time a cap holds it, a default expiry becomes the longest period among the full caps and a day."""
    if case.expiry is not ExpiryBasis.DEFAULT or case.expires_at is None:
        return
    longest = max(LONGEST_DAYS[one.bound.cap.per] for one in full)
    case.expires_at = max(case.expires_at, case.candidate.scheduled_at + timedelta(days=longest + 1))
    case.expiry = ExpiryBasis.EXTENDED


def _earliest(case: Case, full: Sequence[Opening]) -> datetime:
    """The earliest instant later than now at which every rule lets it go, or at which the mail comes that carries it."""
    opens_at = max([case.now, *(one.until for one in full)])
    free = case.terms.next_free(opens_at)
    candidate = case.candidate
    if not candidate.has_waited or case.is_exempt_from_next_mail:
        return free
    if candidate.coming_at is None:
        return first_own_time(case.terms, candidate, free)
    coming_at = max(free, candidate.coming_at)
    return coming_at if coming_at > case.now else _after_what_comes_now(case)


def _after_what_comes_now(case: Case) -> datetime:
    """When to look again after a mail that is coming at this very instant: the next own time, or else the expiry."""
    again_at = next_own_time(case.terms, case.candidate, case.now + MOMENT)
    if case.expires_at is not None and case.now < case.expires_at < again_at:
        return case.expires_at
    return again_at
