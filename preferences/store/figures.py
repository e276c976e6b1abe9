"""Figures about the whole installation for whoever watches it: numbers only, never whose. Read at one moment.

The counts of what is due and waits read an index of what is open; ask them every some seconds, not for every page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.delivery import State
from preferences.store.agenda import due_deliveries
from preferences.store.open_deliveries import IS_UNDECIDED, IS_UNDER_WAY
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
    of = DELIVERY.c
    due, oldest = connection.execute(due_deliveries(func.count(), now).add_columns(func.min(of.wakes_at))).one()
    campaigns = (
        select(CAMPAIGN.c.status, func.count().label("number")).group_by(CAMPAIGN.c.status).order_by(CAMPAIGN.c.status)
    )
    slowed, slowed_until = connection.execute(
        select(func.count(), func.max(DESTINATION.c.slow_until)).where(DESTINATION.c.slow_until > now)
    ).one()
    return Figures(
        due=due,
        oldest_due_at=oldest,
        waiting=_count(
            connection, select(func.count()).select_from(DELIVERY).where(IS_UNDECIDED & (of.wakes_at > now))
        ),
        handing_over=_count(connection, select(func.count()).select_from(ATTEMPT).where(IS_UNDER_WAY)),
        in_doubt=_count(connection, select(func.count()).select_from(DELIVERY).where(of.state == State.IN_DOUBT.value)),
        service_due=_count(
            connection,
            select(func.count())
            .select_from(SERVICE_MAIL)
            .where((SERVICE_MAIL.c.state == ServiceState.DUE.value) & (SERVICE_MAIL.c.due_at <= now)),
        ),
        asked_for=_count(connection, select(func.count()).select_from(OUTBOX).where(OUTBOX.c.done_at.is_(None))),
        campaigns={row.status: row.number for row in connection.execute(campaigns)},
        destinations_slowed=slowed,
        slowed_until=slowed_until,
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


def _count(connection: Connection, statement: object) -> int:
    number: int = connection.execute(statement).scalar_one()  # type: ignore[call-overload]
    return number
