"""What the console shows of topics: the versions of a cadence and who is on which, and when the topic was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection, func, select

from preferences.cadence import Cadence
from preferences.calendar import local_date
from preferences.store.tables import CADENCE, CAMPAIGN, CAMPAIGN_TOPIC, EXPECTATION, EXPECTATION_TOPIC
from preferences.store.topics import cadence_of

_E, _T = EXPECTATION.c, EXPECTATION_TOPIC.c


@dataclass(frozen=True, slots=True, kw_only=True)
class CadenceVersion:
    """One version of a cadence, since when it is stated, and how many expectations in force accepted it."""

    version: int
    cadence: Cadence
    stated_at: datetime
    readers: int


def cadence_versions(connection: Connection, publication_id: int, topic_id: int) -> list[CadenceVersion]:
    """All versions of a topic's cadence, newest first."""
    accepted = connection.execute(
        select(_T.accepted_id, func.count().label("readers"))
        .join(EXPECTATION, _E.id == _T.expectation_id)
        .where((_T.publication_id == publication_id) & (_T.topic_id == topic_id) & _E.until.is_(None))
        .group_by(_T.accepted_id)
    )
    readers = {row.accepted_id: row.readers for row in accepted}
    here = (CADENCE.c.publication_id == publication_id) & (CADENCE.c.topic_id == topic_id)
    rows = connection.execute(select(CADENCE).where(here).order_by(CADENCE.c.version.desc())).mappings()
    return [
        CadenceVersion(
            version=row["version"],
            cadence=cadence_of(row),
            stated_at=row["occurred_at"],
            readers=readers.get(row["id"], 0),
        )
        for row in rows
    ]


def readers_by_topic(connection: Connection, publication_id: int) -> dict[int, int]:
    """How many expectations in force name each topic, by its number; a topic that nobody expects is missing."""
    rows = connection.execute(
        select(_T.topic_id, func.count().label("readers"))
        .join(EXPECTATION, _E.id == _T.expectation_id)
        .where((_T.publication_id == publication_id) & _E.until.is_(None))
        .group_by(_T.topic_id)
    )
    return {row.topic_id: row.readers for row in rows}


def sent_on(connection: Connection, publication_id: int, topic_id: int, zone: tzinfo, limit: int = 400) -> list[date]:
    """The local dates of a topic's campaigns that were planned, oldest first: at most the newest `limit` of them."""
    of = CAMPAIGN.c
    rows = connection.execute(
        select(of.scheduled_at, of.local_at)
        .join(CAMPAIGN_TOPIC, CAMPAIGN_TOPIC.c.campaign_id == of.id)
        .where(
            (of.publication_id == publication_id) & (CAMPAIGN_TOPIC.c.topic_id == topic_id) & of.planned_at.is_not(None)
        )
        .order_by(of.scheduled_at.desc(), of.id.desc())
        .limit(limit)
    )
    return sorted(
        local_date(zone, row.scheduled_at) if row.local_at is None else datetime.fromisoformat(row.local_at).date()
        for row in rows
    )
