"""What became of hand-overs: recorded once it is known, un-counted where the mail surely did not leave."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, case, insert, literal, select, update

from preferences.decision import Reason
from preferences.delivery import AttemptOutcome, CampaignStatus, State
from preferences.store.events import SYSTEM, record
from preferences.store.openings import recompute
from preferences.store.redecide import decide_waiting_again
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import ATTEMPT, CAMPAIGN, COUNTED, DECISION, DELIVERY, UNCOUNTED


class Came(StrEnum):
    """What is known about a hand-over. Only `accepted` and `in_doubt` stay counted."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    IN_DOUBT = "in_doubt"
    GIVEN_BACK = "given_back"
    RELAY_DOWN = "relay_down"
    SENDER_REFUSED = "sender_refused"
    TEMPLATE_FAILED = "template_failed"
    NOT_DELIVERABLE = "not_deliverable_here"


_OUTCOMES = {
    Came.ACCEPTED: AttemptOutcome.ACCEPTED,
    Came.REFUSED: AttemptOutcome.REFUSED,
    Came.DEFERRED: AttemptOutcome.DEFERRED,
    Came.IN_DOUBT: AttemptOutcome.IN_DOUBT,
    Came.GIVEN_BACK: AttemptOutcome.GIVEN_BACK,
    Came.RELAY_DOWN: AttemptOutcome.GIVEN_BACK,
    Came.SENDER_REFUSED: AttemptOutcome.REFUSED,
    Came.TEMPLATE_FAILED: AttemptOutcome.GIVEN_BACK,
    Came.NOT_DELIVERABLE: AttemptOutcome.GIVEN_BACK,
}
_STAYS_COUNTED = frozenset({Came.ACCEPTED, Came.IN_DOUBT})

# RFC 5321, section 4.5.4.1: retries grow; mail.md asks for at least 5 minutes before the first.
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
RELAY_DOWN_RETRY = timedelta(seconds=30)
SENDER_RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one attempt. `begun_at` is None where nothing went onto the wire. Instants in UTC."""

    attempt_id: int
    delivery_id: int
    subscriber_id: int
    came: Came
    ended_at: datetime
    begun_at: datetime | None = None
    code: int | None = None
    reply: str = ""


def record_results(
    connection: Connection, publication_id: int, results: Sequence[Result], now: datetime, jitter: random.Random
) -> int:
    """Record what became of these attempts; answers how many were still this process's to record.

    An attempt that somebody else has answered meanwhile (a person, after a lease had ended) is left as it is; one that
    was put in doubt because its lease ended is corrected by what is known now.
    """
    uncounting = {result.subscriber_id for result in results if result.came not in _STAYS_COUNTED}
    lock_subscribers(connection, uncounting)
    known = _close_attempts(connection, results)
    accepted = [result.delivery_id for result in known if result.came is Came.ACCEPTED]
    _finish(connection, accepted, State.ACCEPTED)
    settle_carried(connection, accepted, State.IN_DIGEST, State.CAME_ALONG)
    for result in known:
        _settle(connection, publication_id, result, now, jitter)
    _uncount(connection, publication_id, [r for r in known if r.came not in _STAYS_COUNTED], now)
    return len(known)


def _close_attempts(connection: Connection, results: Sequence[Result]) -> list[Result]:
    """Close the attempts that are still open, or in doubt only because a lease ended; answers their results."""
    open_ = ATTEMPT.c.outcome.is_(None) | (ATTEMPT.c.outcome == AttemptOutcome.IN_DOUBT.value)
    chosen = select(ATTEMPT.c.id).where(ATTEMPT.c.id.in_([result.attempt_id for result in results]) & open_)
    still = set(connection.execute(chosen.order_by(ATTEMPT.c.id).with_for_update()).scalars())
    known = [result for result in results if result.attempt_id in still]
    if known:
        names = ("outcome", "begun_at", "ended_at", "code", "reply")
        connection.execute(
            update(ATTEMPT)
            .where(ATTEMPT.c.id == bindparam("attempt"))
            .values({name: bindparam(f"new_{name}") for name in names}),
            [
                {
                    "attempt": result.attempt_id,
                    "new_outcome": _OUTCOMES[result.came].value,
                    "new_begun_at": result.begun_at,
                    "new_ended_at": result.ended_at,
                    "new_code": result.code,
                    "new_reply": result.reply[:1000] or None,
                }
                for result in known
            ],
        )
    return known


def _settle(connection: Connection, publication_id: int, result: Result, now: datetime, jitter: random.Random) -> None:
    """Where the delivery, and what it carries, stand after a result."""
    match result.came:
        case Came.ACCEPTED:
            pass  # all of them at once, before
        case Came.IN_DOUBT:
            put_in_doubt(connection, publication_id, result.delivery_id, now)
        case Came.REFUSED:
            _finish(connection, [result.delivery_id], State.REFUSED)
            release_carried(connection, result.delivery_id)
        case Came.DEFERRED:
            _retry(connection, result.delivery_id, now, jitter)
        case Came.GIVEN_BACK:
            _again(connection, result.delivery_id, now)
        case Came.RELAY_DOWN:
            _again(connection, result.delivery_id, now + RELAY_DOWN_RETRY)
        case Came.SENDER_REFUSED:
            _again(connection, result.delivery_id, now + SENDER_RETRY)
            pause_for(connection, publication_id, result.delivery_id, result.reply, now)
        case Came.TEMPLATE_FAILED | Came.NOT_DELIVERABLE:
            _not_sent(connection, publication_id, result, now)


def _finish(connection: Connection, delivery_ids: Collection[int], state: State) -> None:
    if delivery_ids:
        connection.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id.in_(delivery_ids))
            .values(state=state.value, wakes_at=None, lease_id=None)
        )


def settle_carried(connection: Connection, carrier_ids: Collection[int], in_digest: State, along: State) -> None:
    """What these mails carried shares their fate."""
    if not carrier_ids:
        return
    is_item = DELIVERY.c.reason.like("digest_%")
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.carrier_id.in_(carrier_ids) & DELIVERY.c.state.in_(_CARRIED))
        .values(state=case((is_item, literal(in_digest.value)), else_=literal(along.value)), lease_id=None)
    )


_CARRIED = (State.HANDING_OVER.value, State.IN_DOUBT.value)


def release_carried(connection: Connection, carrier_id: int) -> None:
    """What a mail carried that did not leave is pending again: as it was before, to be decided again."""
    carried = (DELIVERY.c.carrier_id == carrier_id) & DELIVERY.c.state.in_(_CARRIED)
    is_item = DELIVERY.c.reason.like("digest_%") | DELIVERY.c.digest_stopped
    connection.execute(
        update(DELIVERY)
        .where(carried)
        .values(
            state=case((is_item, literal(State.DIGEST_TO_COME.value)), else_=literal(State.WAITING.value)),
            carrier_id=None,
            lease_id=None,
            wakes_at=None,
        )
    )


def put_in_doubt(connection: Connection, publication_id: int, delivery_id: int, now: datetime) -> None:
    """The final dot was written and no reply came, or nobody knows: it stays counted and is never sent again by itself."""
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == delivery_id)
        .values(state=State.IN_DOUBT.value, wakes_at=None, lease_id=None)
    )
    settle_carried(connection, [delivery_id], State.IN_DOUBT, State.IN_DOUBT)
    record(connection, publication_id, "in_doubt", SYSTEM, now, delivery_id=delivery_id)


def _retry(connection: Connection, delivery_id: int, now: datetime, jitter: random.Random) -> None:
    tries = connection.execute(select(DELIVERY.c.tries).where(DELIVERY.c.id == delivery_id)).scalar_one()
    pause = min(FIRST_RETRY * 2**tries, LONGEST_RETRY) * (1 + jitter.random() / 4)
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == delivery_id)
        .values(state=State.DEFERRED.value, tries=tries + 1, wakes_at=now + pause, lease_id=None)
    )
    release_carried(connection, delivery_id)


def _again(connection: Connection, delivery_id: int, at: datetime) -> None:
    connection.execute(
        update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(state=State.DUE.value, wakes_at=at, lease_id=None)
    )
    release_carried(connection, delivery_id)


def _not_sent(connection: Connection, publication_id: int, result: Result, now: datetime) -> None:
    """A mail that could not be made for this one reader: not sent, with the reason, as a decision of its own."""
    reason = Reason(result.came.value)
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == result.delivery_id)
        .values(state=State.NOT_SENT.value, reason=reason.value, wakes_at=None, lease_id=None)
    )
    release_carried(connection, result.delivery_id)
    append_plain_decision(connection, publication_id, [result.delivery_id], reason, now)


def append_plain_decision(
    connection: Connection, publication_id: int, delivery_ids: Collection[int], reason: Reason, now: datetime
) -> None:
    """Append *not sent* with a reason that comes from elsewhere than the rules; there is nothing to decide again."""
    rows: list[dict[str, Any]] = [
        {
            "publication_id": publication_id,
            "delivery_id": delivery_id,
            "decided_at": now,
            "outcome": "not_sent",
            "reason": reason.value,
            "basis": "{}",
        }
        for delivery_id in delivery_ids
    ]
    if rows:
        connection.execute(insert(DECISION), rows)


def pause_for(connection: Connection, publication_id: int, delivery_id: int, why: str, now: datetime) -> None:
    """A reply about the sender pauses the campaign and waits for a person; it never touches the reader."""
    campaign_id = connection.execute(select(DELIVERY.c.campaign_id).where(DELIVERY.c.id == delivery_id)).scalar_one()
    if campaign_id is None:
        return
    running = CAMPAIGN.c.status.in_((CampaignStatus.SENDING.value, CampaignStatus.WAITING.value))
    paused = connection.execute(
        update(CAMPAIGN)
        .where((CAMPAIGN.c.id == campaign_id) & running)
        .values(status=CampaignStatus.PAUSED.value, held_because=f"the mail server refused the sender: {why[:500]}")
    )
    if paused.rowcount:
        record(connection, publication_id, "paused_by_reply", SYSTEM, now, campaign_id=campaign_id)


def _uncount(connection: Connection, publication_id: int, results: Collection[Result], now: datetime) -> None:
    """Un-count what surely did not leave, and decide again whatever waits for those readers."""
    if not results:
        return
    whys = {result.attempt_id: result.came.value for result in results}
    counted = connection.execute(
        select(COUNTED.c.id, COUNTED.c.attempt_id).where(COUNTED.c.attempt_id.in_(sorted(whys)))
    ).all()
    rows = [
        {
            "counted_id": row.id,
            "publication_id": publication_id,
            "why": whys[row.attempt_id],
            "occurred_at": now,
            "recorded_at": now,
        }
        for row in counted
    ]
    if rows:
        connection.execute(insert(UNCOUNTED), rows)
    readers = {result.subscriber_id for result in results}
    recompute(connection, publication_id, readers, now)
    decide_waiting_again(connection, publication_id, readers, now)
