"""What is to be done now, and when the next thing is to be done. Instants in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from preferences.delivery import CampaignStatus
from preferences.store.open_deliveries import IS_OPEN, IS_UNDECIDED, IS_UNDER_WAY, RUNNING
from preferences.store.service_mails import ServiceState
from preferences.store.tables import ATTEMPT, CAMPAIGN, DELIVERY, OUTBOX, SERVICE_MAIL

# A sum, so that no index of publications is preferred to that of the instants: most of what is due is of one.
_publication: ColumnElement[int] = DELIVERY.c.publication_id + 0
_SCHEDULED = CAMPAIGN.c.status == CampaignStatus.SCHEDULED.value


def campaigns_to_plan(connection: Connection, now: datetime) -> list[int]:
    """The campaigns whose scheduled instant has come, in that order; for a local time that of the first zone."""
    rows = connection.execute(
        select(CAMPAIGN.c.id)
        .where(_SCHEDULED & (CAMPAIGN.c.scheduled_at <= now))
        .order_by(CAMPAIGN.c.scheduled_at, CAMPAIGN.c.id)
    )
    return list(rows.scalars())


def is_something_to_plan(connection: Connection, now: datetime) -> bool:
    """Whether the scheduled instant of a campaign has come."""
    due = select(CAMPAIGN.c.id).where(_SCHEDULED & (CAMPAIGN.c.scheduled_at <= now)).limit(1)
    return connection.execute(due).first() is not None


def publications_due(connection: Connection, now: datetime) -> list[int]:
    """The publications for which something is to be decided now, in number order."""
    return sorted(connection.execute(due_deliveries(_publication, now).distinct()).scalars())


def subscribers_due(connection: Connection, publication_id: int, now: datetime, *, limit: int) -> list[int]:
    """The subscribers of at most `limit` deliveries about which something is to be decided now, one for each of them."""
    due = due_deliveries(DELIVERY.c.subscriber_id, now).where(_publication == publication_id)
    return list(connection.execute(due.limit(limit)).scalars())


def due_deliveries(column: ColumnElement[Any], now: datetime) -> Select[Any]:
    """A column of the deliveries about which something is to be decided now."""
    return _undecided(column).where(DELIVERY.c.wakes_at <= now)


def due_by_subscriber(column: ColumnElement[Any], now: ColumnElement[datetime]) -> Select[Any]:
    """The same, for a statement that is written once, in words for which no index but that by subscriber is used,
    whatever is known of how much is due.

    What is being handed over is open, too, and due no more.
    """
    is_due = IS_OPEN & IS_UNDECIDED & (func.coalesce(DELIVERY.c.wakes_at, DELIVERY.c.wakes_at) <= now)
    return _running(column).where(is_due)


def _undecided(column: ColumnElement[Any]) -> Select[Any]:
    return _running(column).where(IS_UNDECIDED)


def _running(column: ColumnElement[Any]) -> Select[Any]:
    """A column of the deliveries that nobody holds back."""
    return (
        select(column)
        .select_from(DELIVERY)
        .outerjoin(CAMPAIGN, CAMPAIGN.c.id == DELIVERY.c.campaign_id)
        .where(DELIVERY.c.campaign_id.is_(None) | CAMPAIGN.c.status.in_(RUNNING))
    )


def is_handing_over(connection: Connection) -> bool:
    """Whether anything is being handed over."""
    return connection.execute(select(ATTEMPT.c.id).where(IS_UNDER_WAY).limit(1)).first() is not None


def next_instant(connection: Connection, after: datetime) -> datetime | None:
    """The next instant later than `after` at which something is to be done; None where nothing is planned."""
    of = SERVICE_MAIL.c
    instants = [
        connection.execute(_undecided(func.min(DELIVERY.c.wakes_at)).where(DELIVERY.c.wakes_at > after)).scalar(),
        next_campaign(connection, after),
        connection.execute(
            select(func.min(of.due_at)).where((of.state == ServiceState.DUE.value) & (of.due_at > after))
        ).scalar(),
    ]
    return min((instant for instant in instants if instant is not None), default=None)


def next_campaign(connection: Connection, after: datetime) -> datetime | None:
    """The instant later than `after` of the next scheduled campaign; for a local time that of the first zone."""
    chosen = select(func.min(CAMPAIGN.c.scheduled_at)).where(_SCHEDULED & (CAMPAIGN.c.scheduled_at > after))
    instant: datetime | None = connection.execute(chosen).scalar()
    return instant


def close_outbox(connection: Connection, now: datetime) -> int:
    """Note that everything asked for so far was seen: the campaigns and mails themselves say what is to be done."""
    result = connection.execute(
        update(OUTBOX).where(OUTBOX.c.done_at.is_(None) & (OUTBOX.c.created_at <= now)).values(done_at=now)
    )
    return result.rowcount
