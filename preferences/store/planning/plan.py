"""Planning: the audience of a campaign is fixed, and everybody in it gets a delivery and a decision, by SQL alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from preferences.delivery import CampaignStatus
from preferences.store.database import read_whole_tables
from preferences.store.openings import refresh_stale
from preferences.store.planning.audience import Audience
from preferences.store.planning.members import PLANNED, insert_decisions, insert_deliveries, insert_members
from preferences.store.planning.moments import moments
from preferences.store.planning.question import Question, question
from preferences.store.planning.rules import answers
from preferences.store.planning.statistics import know_tables
from preferences.store.planning.writing import standing_text
from preferences.store.tables import CAMPAIGN, EXPECTATION


def plan_campaign(connection: Connection, campaign_id: int, now: datetime) -> int:
    """Fix the audience of a scheduled campaign and decide about everybody in it; answers how many they are.

    Belongs into a transaction that writes, at the scheduled instant; for a local time when the first zone reaches it
    (every reader is then judged at their own scheduled instant). The campaign becomes *sending*. Repeating it changes
    nothing and answers the same number; so does planning what is not scheduled. Raises `NotFound`.
    """
    asked = question(connection, campaign_id)
    if asked.status is not CampaignStatus.SCHEDULED:
        return asked.audience or 0
    read_whole_tables(connection)
    audience = _plan(connection, asked, now) if asked.topics else 0
    connection.execute(
        update(CAMPAIGN)
        .where(CAMPAIGN.c.id == asked.id)
        .values(status=CampaignStatus.SENDING.value, planned_at=now, audience=audience)
    )
    return audience


def _plan(connection: Connection, asked: Question, now: datetime) -> int:
    audience = Audience(asked, connection.dialect.name)
    know_tables(connection)
    audience.lock(connection)
    while refresh_stale(connection, asked.publication_id, asked.currents, now):
        pass
    with moments(connection, asked, now):
        PLANNED.create(connection)
        connection.execute(_insert_members(audience))
        connection.execute(insert_deliveries(asked))
        connection.execute(insert_decisions(asked, now))
        size: int = connection.execute(select(func.count()).select_from(PLANNED)).scalar_one()
        PLANNED.drop(connection)
    return size


def _insert_members(audience: Audience) -> Any:
    decided = answers(
        audience,
        EXPECTATION.c.pattern_id,
        audience.slot.label("slot"),
        audience.cadences_text.label("cadences"),
        standing_text().label("standing"),
    ).subquery()
    return insert_members(decided, audience.dialect)
