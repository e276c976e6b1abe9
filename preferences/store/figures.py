"""Figures about the whole installation for whoever watches it: numbers only, never whose. Read at one moment.

The counts of what is due and waits read an index of what is open; ask them every some seconds, not for every page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, func, select

from preferences.store.open_deliveries import IS_IN_DOUBT, IS_OPEN, IS_UNDECIDED, IS_UNDER_WAY, OPEN_OF, RUNNING
from preferences.store.service_mails import ServiceState
from preferences.store.tables import ATTEMPT, CAMPAIGN, DECISION, DELIVERY, DESTINATION, OUTBOX, SERVICE_MAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much there is of what, in all publications. Instants in UTC; None where there is nothing of the kind.

    `due` is what is to be decided now in campaigns that run, and `oldest_due_at` since when the oldest of it is;
    `waiting` is what is looked at again later, `destinations_slowed` how many domains are left alone for now.
    """

    due: int
    oldest_due_at: datetime | None
    waiting: int
    handing_over: int
    in_doubt: int
    service_due: int
    asked_for: int
    campaigns: Mapping[str, int]
    destinations_slowed: int
    slowed_until: datetime | None


def figures(connection: Connection, now: datetime) -> Figures:
    """The figures at an instant."""
    campaigns = _by_status(connection)
    due, oldest, waiting = _open(connection, now)
    slowed, slowed_until = connection.execute(
        select(func.count(), func.max(DESTINATION.c.slow_until)).where(DESTINATION.c.slow_until > now)
    ).one()
    service = (SERVICE_MAIL.c.state == ServiceState.DUE.value) & (SERVICE_MAIL.c.due_at <= now)
    return Figures(
        due=due,
        oldest_due_at=oldest,
        waiting=waiting,
        handing_over=_count(connection, ATTEMPT, IS_UNDER_WAY),
        in_doubt=_count(connection, DELIVERY, IS_IN_DOUBT),
        service_due=_count(connection, SERVICE_MAIL, service),
        asked_for=_count(connection, OUTBOX, OUTBOX.c.done_at.is_(None)),
        campaigns=campaigns,
        destinations_slowed=slowed,
        slowed_until=slowed_until,
    )


def _by_status(connection: Connection) -> dict[str, int]:
    counted = select(CAMPAIGN.c.status, func.count().label("number")).group_by(CAMPAIGN.c.status)
    return {row.status: row.number for row in connection.execute(counted.order_by(CAMPAIGN.c.status))}


def _open(connection: Connection, now: datetime) -> tuple[int, datetime | None, int]:
    """How much is due, since when, and how much waits: one pass over what is undecided, whose campaign is asked after."""
    of = DELIVERY.c
    is_due = (of.wakes_at <= now).label("is_due")
    campaign = OPEN_OF.label("campaign")
    counted = select(campaign, is_due, func.count().label("number"), func.min(of.wakes_at).label("first"))
    runs = select(CAMPAIGN.c.id).where(CAMPAIGN.c.status.in_(RUNNING)).order_by(CAMPAIGN.c.id)
    running = {None, *connection.execute(runs).scalars()}
    rows = connection.execute(counted.where(IS_OPEN & IS_UNDECIDED).group_by(campaign, is_due)).all()
    due = [row for row in rows if row.is_due and row.campaign in running]
    return (
        sum(row.number for row in due),
        min((row.first for row in due), default=None),
        sum(row.number for row in rows if not row.is_due),
    )


def newest_decision(connection: Connection) -> int:
    """The number of the newest decision; 0 where there is none."""
    newest: int = connection.execute(select(func.coalesce(func.max(DECISION.c.id), 0))).scalar_one()
    return newest


def decisions_by_reason(connection: Connection, after: int, until: int) -> Mapping[tuple[str, str], int]:
    """How many decisions of each outcome and reason have a number greater than `after`, up to `until`."""
    of = DECISION.c
    rows = connection.execute(
        select(of.outcome, of.reason, func.count().label("number"))
        .where((of.id > after) & (of.id <= until))
        .group_by(of.outcome, of.reason)
        .order_by(of.outcome, of.reason)
    )
    return {(row.outcome, row.reason): row.number for row in rows}


def _count(connection: Connection, table: Table, chosen: ColumnElement[bool]) -> int:
    number: int = connection.execute(select(func.count()).select_from(table).where(chosen)).scalar_one()
    return number
