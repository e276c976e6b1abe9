"""What the first page of the console counts. Instants in UTC; counts of deliveries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.decision import Reason
from preferences.delivery import CampaignStatus, State
from preferences.store.tables import CAMPAIGN, DELIVERY

_D = DELIVERY.c
_WAITS = (State.WAITING.value, State.DIGEST_TO_COME.value)
_LEAVES = (State.DUE.value, State.WAITING.value, State.DEFERRED.value)


def waiting_reasons(connection: Connection, publication_id: int) -> list[tuple[Reason, int]]:
    """Why deliveries wait, and how many for each reason, most first."""
    rows = connection.execute(
        select(_D.reason, func.count().label("number"))
        .where((_D.publication_id == publication_id) & _D.state.in_(_WAITS) & _D.reason.is_not(None))
        .group_by(_D.reason)
        .order_by(func.count().desc(), _D.reason)
    )
    return [(Reason(row.reason), row.number) for row in rows]


def wakes_between(connection: Connection, publication_id: int, after: datetime, until: datetime) -> int:
    """How many deliveries of campaigns that run are looked at in that time; not all of them leave then."""
    number: int = connection.execute(
        select(func.count())
        .select_from(DELIVERY)
        .outerjoin(CAMPAIGN, CAMPAIGN.c.id == _D.campaign_id)
        .where(
            (_D.publication_id == publication_id)
            & _D.state.in_(_LEAVES)
            & (_D.wakes_at > after)
            & (_D.wakes_at < until)
            & (_D.campaign_id.is_(None) | (CAMPAIGN.c.status != CampaignStatus.PAUSED.value))
        )
    ).scalar_one()
    return number
