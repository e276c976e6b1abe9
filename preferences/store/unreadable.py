"""Readers whose expectation cannot be read: any doubt waits, and holds nobody else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, insert, literal, select, update

from preferences.decision import Outcome, Reason
from preferences.delivery import State
from preferences.store.open_deliveries import UNDECIDED
from preferences.store.tables import DECISION, DELIVERY

# Somebody has to mend what cannot be read; looking again every minute would not help them.
LOOKED_AT_AGAIN = timedelta(hours=1)

_D = DELIVERY.c


def hold_unreadable(
    connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime
) -> None:
    """Let everything that is due for these subscribers wait an hour, `any_doubt`; what has expired is not sent."""
    if not subscriber_ids:
        return
    due = _D.subscriber_id.in_(sorted(subscriber_ids)) & _D.state.in_(UNDECIDED) & (_D.wakes_at <= now)
    has_expired = _D.expires_at < now
    _say(connection, publication_id, and_(due, has_expired), Outcome.NOT_SENT, now)
    gone = {"state": State.NOT_SENT.value, "reason": Reason.ANY_DOUBT.value, "wakes_at": None}
    connection.execute(update(DELIVERY).where(due & has_expired).values(**gone))
    # Once said, it is not said again every hour.
    _say(connection, publication_id, and_(due, _D.reason != Reason.ANY_DOUBT.value), Outcome.WAIT, now)
    waits = {"reason": Reason.ANY_DOUBT.value, "wakes_at": now + LOOKED_AT_AGAIN}
    connection.execute(update(DELIVERY).where(due).values(**waits))


def _say(
    connection: Connection, publication_id: int, which: ColumnElement[bool], outcome: Outcome, now: datetime
) -> None:
    said = select(
        literal(publication_id),
        _D.id,
        literal(now, DECISION.c.decided_at.type),
        literal(outcome.value),
        literal(Reason.ANY_DOUBT.value),
        _D.topic_id,
        literal("{}"),
    ).where(which)
    columns = ["publication_id", "delivery_id", "decided_at", "outcome", "reason", "topic_id", "basis"]
    connection.execute(insert(DECISION).from_select(columns, said))
