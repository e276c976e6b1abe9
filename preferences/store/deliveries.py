"""The deliveries of a campaign as they are shown: where each stands, its last decision, and its last hand-over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.decision import Reason
from preferences.delivery import AttemptOutcome, State
from preferences.store.decisions import DecisionRow, decisions
from preferences.store.tables import ATTEMPT, DECISION, DELIVERY

_D, _A = DELIVERY.c, ATTEMPT.c


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAttempt:
    """The last try to hand a mail over; `code` and `reply` are the next server's, None while there is none.

    What was given back has not been tried: nothing of it went onto the wire.
    """

    committed_at: datetime
    code: int | None
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery of a campaign. `attempt` is that of the mail it travels in, its own or its carrier's.

    `next_try_at` is when what the next server put off is tried again; None for everything else. `expires_at` is until when
    it is worth sending; None where nothing says so.
    """

    id: int
    subscriber_id: int
    state: State
    carrier_id: int | None
    topic_id: int | None
    revision: int
    decision: DecisionRow | None
    attempt: LastAttempt | None
    next_try_at: datetime | None
    expires_at: datetime | None


def deliveries(
    connection: Connection,
    campaign_id: int,
    limit: int,
    *,
    after: int = 0,
    state: State | None = None,
    reason: Reason | None = None,
) -> list[DeliveryRow]:
    """At most `limit` deliveries of a campaign with numbers above `after`, in order, of one state or reason or all."""
    chosen = select(DELIVERY).where((_D.campaign_id == campaign_id) & (_D.id > after)).order_by(_D.id).limit(limit)
    if state is not None:
        chosen = chosen.where(_D.state == state.value)
    if reason is not None:
        chosen = chosen.where(_D.reason == reason.value)
    rows = connection.execute(chosen).mappings().all()
    decided = _last_decisions(connection, [row["id"] for row in rows])
    tried = _last_attempts(connection, [row["carrier_id"] or row["id"] for row in rows])
    return [
        DeliveryRow(
            id=row["id"],
            subscriber_id=row["subscriber_id"],
            state=State(row["state"]),
            carrier_id=row["carrier_id"],
            topic_id=row["topic_id"],
            revision=row["revision"],
            decision=decided.get(row["id"]),
            attempt=tried.get(row["carrier_id"] or row["id"]),
            next_try_at=row["wakes_at"] if row["state"] == State.DEFERRED.value else None,
            expires_at=row["expires_at"],
        )
        for row in rows
    ]


def _last_decisions(connection: Connection, delivery_ids: Collection[int]) -> dict[int, DecisionRow]:
    of = DECISION.c
    last = select(func.max(of.id)).where(of.delivery_id.in_(sorted(delivery_ids))).group_by(of.delivery_id)
    found = decisions(connection, connection.execute(last).scalars().all())
    return {row.about: row for row in found.values()}


def _last_attempts(connection: Connection, delivery_ids: Collection[int]) -> dict[int, LastAttempt]:
    of = _A.delivery_id.in_(sorted(set(delivery_ids)))
    tried = _A.outcome.is_(None) | (_A.outcome != AttemptOutcome.GIVEN_BACK.value)
    last = select(func.max(_A.id)).where(of & tried).group_by(_A.delivery_id)
    rows = connection.execute(select(ATTEMPT).where(_A.id.in_(last))).mappings()
    return {
        row["delivery_id"]: LastAttempt(committed_at=row["committed_at"], code=row["code"], reply=row["reply"])
        for row in rows
    }
