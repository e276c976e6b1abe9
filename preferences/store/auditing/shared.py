"""What all subscribers of a publication share, as the audit's values: topics with all their cadences, campaigns."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, text

from preferences.audit import ledger
from preferences.store.database import Database
from preferences.store.open_deliveries import campaign_topics
from preferences.store.tables import CADENCE, CAMPAIGN, TOPIC
from preferences.store.topics import days_of


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A reading transaction in which every statement sees the same moment."""
    with database.read() as connection:
        if not database.is_sqlite:  # there a reading transaction is a snapshot already
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        yield connection


def read_publication(
    connection: Connection, publication_id: int, slug: str, campaign_ids: Collection[int]
) -> ledger.Publication:
    """The topics of a publication, and these campaigns."""
    return ledger.Publication(
        slug=slug, topics=read_topics(connection, publication_id), campaigns=read_campaigns(connection, campaign_ids)
    )


def read_topics(connection: Connection, publication_id: int) -> dict[int, ledger.Topic]:
    """All topics with every version of their cadences, by number."""
    rows = connection.execute(
        select(CADENCE)
        .where(CADENCE.c.publication_id == publication_id)
        .order_by(CADENCE.c.topic_id, CADENCE.c.version)
    ).mappings()
    versions: dict[int, list[ledger.Cadence]] = {}
    for row in rows:
        versions.setdefault(row["topic_id"], []).append(
            ledger.Cadence(
                id=row["id"],
                version=row["version"],
                count=row["count"],
                per=row["per"],
                days=frozenset(int(day) for day in days_of(row["days"])),
                stated_at=row["occurred_at"],
            )
        )
    topics = connection.execute(select(TOPIC).where(TOPIC.c.publication_id == publication_id)).mappings()
    return {
        row["id"]: ledger.Topic(
            id=row["id"],
            name=row["name"],
            is_notice=row["is_notice"],
            cadences=tuple(versions.get(row["id"], ())),
        )
        for row in topics
    }


def read_campaigns(connection: Connection, ids: Collection[int]) -> dict[int, ledger.Campaign]:
    """These campaigns, by number."""
    topics = campaign_topics(connection, ids)
    columns = [CAMPAIGN.c[name] for name in ("id", "name", "status", "audience", "finished_at")]
    rows = connection.execute(select(*columns).where(CAMPAIGN.c.id.in_(sorted(ids)))).mappings()
    return {row["id"]: ledger.Campaign(topics=topics.get(row["id"], ()), **row) for row in rows}
