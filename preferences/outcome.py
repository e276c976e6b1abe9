"""What a decision says: outcome, reason, evidence. `decision` is where they are made, and where others import them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from preferences.cadence import Cap, Opening, Whose
from preferences.campaign import ExpiryBasis
from preferences.expectation import Arrives, Suppression


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
    READ_ON_WEB = "read_on_web"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is decided about one candidate.

    `topic` is the charged topic, None where the candidate has none of the reader's. `opens_at` is, for a wait, the
    earliest instant that satisfies all rules, or the mail in which it is to come along, and always later than the
    instant of the decision; for a digest its next slot. `expires_at` and `expiry` are the candidate's as they stand
    after this decision. `carrier` is the id of the candidate it comes along in.
    """

    outcome: Outcome
    reason: Reason
    topic: int | None
    expires_at: datetime | None
    expiry: ExpiryBasis
    opens_at: datetime | None = None
    evidence: Evidence | None = None
    carrier: int | None = None
