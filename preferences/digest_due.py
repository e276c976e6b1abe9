"""Deciding a digest at its slot. A digest that a cap or a pause stops never leaves between slots."""

from __future__ import annotations

from datetime import datetime, timedelta

from preferences.cadence import Opening, Whose, opening
from preferences.campaign import DigestDue, ExpiryBasis
from preferences.decision import SUPPRESSIONS, Decision, Evidence, Outcome, Reason, evidence_of
from preferences.digest import next_slot
from preferences.expectation import Standing, Terms
from preferences.history import History
from preferences.quiet import is_allowed

_MOMENT = timedelta(microseconds=1)


def decide_digest(
    standing: Standing, terms: Terms, history: History, digest: DigestDue, now: datetime
) -> Decision:
    """Send the digest now; or wait: for its next slot (a cap, a pause), for an allowed hour when it is late; or not."""
    final = _standing_reason(standing, now)
    if final is not None:
        return _answer(Outcome.NOT_SENT, final)
    if terms.is_paused(now):
        return _answer(Outcome.WAIT, Reason.PAUSED, opens_at=_next_slot(terms, digest, now))
    full = _last_full(terms, history, digest, now)
    if full is not None:
        reason = Reason.TOTAL_CAP if full.bound.whose is Whose.TOTAL else Reason.TOPIC_CAP
        return _answer(
            Outcome.WAIT, reason, opens_at=_next_slot(terms, digest, now), evidence=evidence_of(full)
        )
    asked = terms.expectation
    if not is_allowed(terms.zone, asked.days, asked.hours, now):
        on_day = now.astimezone(terms.zone).weekday() in asked.days
        reason = Reason.QUIET_HOURS if on_day else Reason.QUIET_DAY
        return _answer(Outcome.WAIT, reason, opens_at=terms.next_free(now))
    return _answer(Outcome.SEND, Reason.EXPECTED)


def _standing_reason(standing: Standing, now: datetime) -> Reason | None:
    if standing.suppressed is not None:
        return SUPPRESSIONS[standing.suppressed]
    if not standing.confirmed:
        return Reason.UNCONFIRMED
    if standing.consent_ends_at is not None and standing.consent_ends_at <= now:
        return Reason.CONSENT_EXPIRED
    return Reason.UNSUBSCRIBED if standing.unsubscribed else None


def _last_full(terms: Terms, history: History, digest: DigestDue, now: datetime) -> Opening | None:
    rhythm, *total = terms.rhythm_caps[digest.rhythm]
    counted = [(rhythm, history.digests.get(digest.rhythm, ())), *((cap, history.total) for cap in total)]
    full = [found for cap, seen in counted if (found := opening(cap, seen, terms.zone, now)) is not None]
    return max(full, key=lambda found: found.until, default=None)


def _next_slot(terms: Terms, digest: DigestDue, now: datetime) -> datetime:
    return next_slot(terms, digest.rhythm, max(now, digest.slot_at) + _MOMENT).at


def _answer(
    outcome: Outcome, reason: Reason, *, opens_at: datetime | None = None, evidence: Evidence | None = None
) -> Decision:
    return Decision(
        outcome=outcome,
        reason=reason,
        topic=None,
        expires_at=None,
        expiry=ExpiryBasis.DEFAULT,
        opens_at=opens_at,
        evidence=evidence,
    )
