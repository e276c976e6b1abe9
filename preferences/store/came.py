"""What may become of an attempt to hand a mail over, as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from preferences.delivery import AttemptOutcome


class Came(StrEnum):
    """What is known about a hand-over. Only `accepted` and `in_doubt` stay counted.

    `failed` is what had not begun when something in this program failed at it. `template_broken` is a campaign's that
    cannot be made for anybody, `template_failed` one reader's. `slowed` is what a destination does not want now, because it
    gets too much from us: no try of this mail.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    IN_DOUBT = "in_doubt"
    GIVEN_BACK = "given_back"
    FAILED = "failed"
    RELAY_DOWN = "relay_down"
    SENDER_REFUSED = "sender_refused"
    TEMPLATE_BROKEN = "template_broken"
    TEMPLATE_FAILED = "template_failed"
    NOT_DELIVERABLE = "not_deliverable_here"
    SLOWED = "slowed"


OUTCOMES = {
    Came.ACCEPTED: AttemptOutcome.ACCEPTED,
    Came.REFUSED: AttemptOutcome.REFUSED,
    Came.DEFERRED: AttemptOutcome.DEFERRED,
    Came.IN_DOUBT: AttemptOutcome.IN_DOUBT,
    Came.GIVEN_BACK: AttemptOutcome.GIVEN_BACK,
    Came.FAILED: AttemptOutcome.GIVEN_BACK,
    Came.RELAY_DOWN: AttemptOutcome.GIVEN_BACK,
    Came.SENDER_REFUSED: AttemptOutcome.REFUSED,
    Came.TEMPLATE_BROKEN: AttemptOutcome.GIVEN_BACK,
    Came.TEMPLATE_FAILED: AttemptOutcome.GIVEN_BACK,
    Came.NOT_DELIVERABLE: AttemptOutcome.GIVEN_BACK,
    Came.SLOWED: AttemptOutcome.DEFERRED,
}
STAYS_COUNTED = frozenset({Came.ACCEPTED, Came.IN_DOUBT})


# Not frozen, and never changed: one is made for each mail, and a frozen one sets each field by itself.
@dataclass(slots=True, kw_only=True)
class Result:
    """What became of one attempt. `begun_at` is None where nothing went onto the wire. Instants in UTC.

    `relay` is the mail server that was asked, where several are set. `carries` is False where surely no other campaign
    travelled in it.
    """

    attempt_id: int
    delivery_id: int
    subscriber_id: int
    came: Came
    ended_at: datetime
    begun_at: datetime | None = None
    code: int | None = None
    reply: str = ""
    relay: str | None = None
    carries: bool = True
