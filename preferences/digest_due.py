"""Deciding a digest at its slot. A digest that a cap or a pause stops never leaves between slots."""

from __future__ import annotations

from datetime import datetime

from preferences.cadence import Opening, Whose, opening
from preferences.calendar import MOMENT, as_instant
from preferences.campaign import DigestDue, ExpiryBasis
from preferences.decision import SUPPRESSIONS, Decision, Evidence, Outcome, Reason, evidence_of, quiet_reason
from preferences.digest import next_slot
from preferences.expectation import Standing, Terms
from preferences.history import History


def decide_digest(standing: Standing, terms: Terms, history: History, digest: DigestDue, now: datetime) -> Decision:
    """Send the digest now; or wait: for its next slot (a cap, a pause), for an allowed hour when it is late; or not.

    Not sent, `off_topic`, where none of its topics comes in this rhythm any more. Raises ValueError for a naive `now`.
    """
    now = as_instant(now, "the instant of a decision")
    final = _final_reason(standing, terms, digest, now)
    if final is not None:
        return _answer(Outcome.NOT_SENT, final)
    if terms.is_paused(now):
        return _answer(Outcome.WAIT, Reason.PAUSED, opens_at=_slot_after(terms, digest, now))
    full = _first_full(terms, history, digest, now)
    if full is not None:
        reason = Reason.TOTAL_CAP if full.bound.whose is Whose.TOTAL else Reason.TOPIC_CAP
        opens_at = _slot_after(terms, digest, now)
        return _answer(Outcome.WAIT, reason, opens_at=opens_at, evidence=evidence_of(full))
    quiet = quiet_reason(terms, now)
    if quiet is not None:
        return _answer(Outcome.WAIT, quiet, opens_at=terms.next_free(now))
    return _answer(Outcome.SEND, Reason.EXPECTED)


def _final_reason(standing: Standing, terms: Terms, digest: DigestDue, now: datetime) -> Reason | None:
    """The first of the ordered rules that end it, which are the same as for a campaign."""
    if standing.suppressed is not None:
        return SUPPRESSIONS[standing.suppressed]
    if not standing.confirmed:
        return Reason.UNCONFIRMED
    if standing.consent_ends_at is not None and standing.consent_ends_at <= now:
        return Reason.CONSENT_EXPIRED
    if standing.unsubscribed:
        return Reason.UNSUBSCRIBED
    judged = (terms.topics.get(topic) for topic in digest.topics)
    in_rhythm = any(topic is not None and topic.arrives is digest.rhythm for topic in judged)
    return None if in_rhythm else Reason.OFF_TOPIC


def _first_full(terms: Terms, history: History, digest: DigestDue, now: datetime) -> Opening | None:
    """The rhythm as a cap, else the total: what answers first, as the rules of a campaign are ordered."""
    rhythm, *total = terms.rhythm_caps[digest.rhythm]
    found = opening(rhythm, history.digests.get(digest.rhythm, ()), terms.zone, now)
    for cap in total:
        found = found or opening(cap, history.total, terms.zone, now)
    return found


def _slot_after(terms: Terms, digest: DigestDue, now: datetime) -> datetime:
    return next_slot(terms, digest.rhythm, max(now, digest.slot_at) + MOMENT).at


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
