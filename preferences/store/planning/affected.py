"""Whom a forecast cannot take from the stored openings: to whom something else will happen before its instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Select, Table, and_, insert, or_, select, union

from preferences.store.columns import Key
from preferences.store.open_deliveries import RUNNING, UNDECIDED
from preferences.store.planning.audience import Audience
from preferences.store.planning.question import Question
from preferences.store.tables import CAMPAIGN, DELIVERY, EXPECTATION, OPENING

AFFECTED = Table(
    "planning_affected",
    MetaData(),
    Column("subscriber_id", Key, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)
IS_AFFECTED: ColumnElement[bool] = EXPECTATION.c.subscriber_id.in_(select(AFFECTED.c.subscriber_id))


@contextmanager
def affected(connection: Connection, asked: Question, earlier: Sequence[Question], at: datetime) -> Iterator[None]:
    """While it lasts, the temporary table `AFFECTED` holds everybody to whom something may happen before `at`.

    Those are the audiences of `earlier` campaigns, whoever has a delivery that wakes before, and whose openings are
    stale. Everybody else stands at `at` as their openings say now.
    """
    AFFECTED.create(connection)
    dialect = connection.dialect.name
    sources = [_with_open_deliveries(asked, at), _with_stale_openings(asked)]
    sources += [Audience(campaign, dialect).members() for campaign in earlier if campaign.topics]
    connection.execute(insert(AFFECTED).from_select(["subscriber_id"], union(*sources)))
    yield
    AFFECTED.drop(connection)


def _with_open_deliveries(asked: Question, at: datetime) -> Select[Any]:
    of = DELIVERY.c
    runs = or_(of.campaign_id.is_(None), CAMPAIGN.c.status.in_(RUNNING))
    wakes = and_(of.state.in_(UNDECIDED), of.wakes_at < at)
    tables = DELIVERY.outerjoin(CAMPAIGN, CAMPAIGN.c.id == of.campaign_id)
    return select(of.subscriber_id).select_from(tables).where(of.publication_id == asked.publication_id, wakes, runs)


def _with_stale_openings(asked: Question) -> Select[Any]:
    of = OPENING.c
    stale = [and_(of.topic_key == topic, of.current_id != current) for topic, current in asked.currents.items()]
    return select(of.subscriber_id).where(or_(*stale))
