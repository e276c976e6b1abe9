"""How a campaign stands: its deliveries by state and reason, which add up to its audience, and who left over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from preferences.decision import Reason
from preferences.delivery import State
from preferences.store.tables import DELIVERY, UNSUBSCRIBE
from preferences.unsubscribe import Cause

_D, _U = DELIVERY.c, UNSUBSCRIBE.c
_WAITING = (State.WAITING.value, State.DIGEST_TO_COME.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCounts:
    """The counts of one campaign. `by_state` has every state; its values, and those of `by_reason`, add up to the
    audience. `waiting` says what the waiting ones wait for, `waits_until` the last instant among them.

    `next_try_at` is when the first of those is tried again that the next server put off, `tried_until` until when the last
    of them is worth trying; None where there are none.

    `left` are unsubscribes attributed to its deliveries, without those that were undone; `accepted` is their
    denominator, `unstated` those of them who gave no cause.
    """

    by_state: Mapping[State, int]
    by_reason: Mapping[Reason, int]
    waiting: Mapping[Reason, int]
    waits_until: datetime | None
    left: Mapping[Cause, int]
    next_try_at: datetime | None = None
    tried_until: datetime | None = None

    @property
    def accepted(self) -> int:
        """How many were accepted, alone or in another mail: who else could have left over it?"""
        return sum(self.by_state[state] for state in (State.ACCEPTED, State.CAME_ALONG, State.IN_DIGEST))

    @property
    def unstated(self) -> int:
        """How many left without saying why."""
        return self.left.get(Cause.UNSTATED, 0)


def counts(connection: Connection, campaign_id: int) -> CampaignCounts:
    """The counts of one campaign, as of now; all zero before it is planned."""
    mine = _D.campaign_id == campaign_id
    states = _grouped(connection, _D.state, mine)
    waits = mine & _D.state.in_(_WAITING)
    left = (
        select(_U.cause, func.count())
        .join(DELIVERY, _D.id == _U.delivery_id)
        .where(mine & _U.undone_at.is_(None))
        .group_by(_U.cause)
    )
    put_off = mine & (_D.state == State.DEFERRED.value)
    tries = connection.execute(select(func.min(_D.wakes_at), func.max(_D.expires_at)).where(put_off)).one()
    return CampaignCounts(
        by_state={state: states.get(state.value, 0) for state in State},
        by_reason={Reason(reason): count for reason, count in _grouped(connection, _D.reason, mine).items()},
        waiting={Reason(reason): count for reason, count in _grouped(connection, _D.reason, waits).items()},
        waits_until=connection.execute(select(func.max(_D.opens_at)).where(waits)).scalar(),
        left={Cause(cause): count for cause, count in connection.execute(left).all()},
        next_try_at=tries[0],
        tried_until=tries[1],
    )


def _grouped(connection: Connection, column: ColumnElement[Any], which: ColumnElement[bool]) -> dict[str, int]:
    rows = connection.execute(select(column, func.count()).where(which).group_by(column).order_by(column))
    return {value: count for value, count in rows.all()}  # noqa: C416 - rows are no pairs to a type checker
