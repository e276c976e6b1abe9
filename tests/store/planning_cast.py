"""A letter (one a week), events (four a month), and readers of them, on a Tuesday at nine in Berlin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.cadence import Cadence, Cap, Period
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.installation import found
from preferences.store.openings import recompute
from preferences.store.publications import create_publication
from preferences.store.subscribers import add_subscriber
from preferences.store.tables import CAMPAIGN, CAMPAIGN_TOPIC, COUNTED, DELIVERY
from preferences.store.topics import create_topic

TUESDAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WEEKLY = Cadence(id=0, at_most=Cap(count=1, per=Period.WEEK))
OFTEN = Cadence(id=0, at_most=Cap(count=4, per=Period.MONTH))


@dataclass(frozen=True)
class Letterbox:
    """A publication with two topics."""

    database: Database
    publication: int
    letter: int
    events: int


@contextmanager
def letterbox(url: str) -> Iterator[Letterbox]:
    """The publication, in a database that is closed afterwards."""
    database = open_database(url)
    try:
        found(database, TUESDAY - 100 * DAY)
        with database.write() as connection:
            numbers = published(connection, "the-letter")
        yield Letterbox(database, *numbers)
    finally:
        database.close()


def published(connection: Connection, slug: str) -> tuple[int, int, int]:
    """A publication, its letter and its events."""
    at = TUESDAY - 100 * DAY
    publication = create_publication(connection, slug=slug, name=slug, zone="Europe/Berlin", now=at)
    letter = create_topic(connection, publication, slug="letter", name="Letter", cadence=WEEKLY, by=SYSTEM, now=at)
    events = create_topic(connection, publication, slug="events", name="Events", cadence=OFTEN, by=SYSTEM, now=at)
    return publication, letter, events


def reader(
    connection: Connection,
    publication: int,
    name: str,
    topics: Mapping[str, str],
    *,
    zone: str = "Europe/Berlin",
    fields: Mapping[str, Any] | None = None,
    confirmed: bool = True,
    **asked: Any,
) -> int:
    """Somebody who expects these topics, each in its way of arriving."""
    at = TUESDAY - 50 * DAY
    address = parse_address(f"{name}@example.org")
    confirmed_at = at if confirmed else None
    number = add_subscriber(connection, publication, address, at, fields=fields, confirmed_at=confirmed_at)
    chosen = [{"topic": slug, "arrives": arrives} for slug, arrives in topics.items()]
    expectation = asked_from_json({"topics": chosen, **asked})
    begin_expectation(connection, publication, number, expectation, SYSTEM, at, zone=zone)
    return number


def counted(connection: Connection, publication: int, subscriber: int, topic: int, at: datetime) -> None:
    """Something that this reader got."""
    row = {"publication_id": publication, "subscriber_id": subscriber, "topic_id": topic, "counted_at": at}
    connection.execute(insert(COUNTED).values(**row, in_total=True, along=False))
    recompute(connection, publication, [subscriber], at)


def campaign(
    connection: Connection, publication: int, *topics: int, at: datetime | None = TUESDAY, **values: Any
) -> int:
    """A scheduled campaign about these topics."""
    row = {"publication_id": publication, "name": "Spring", "status": "scheduled", "scheduled_at": at, **values}
    made = insert(CAMPAIGN).values(**row, created_at=TUESDAY - DAY).returning(CAMPAIGN.c.id)
    number: int = connection.execute(made).scalar_one()
    for position, topic in enumerate(topics):
        of = {"campaign_id": number, "topic_id": topic, "publication_id": publication, "position": position}
        connection.execute(insert(CAMPAIGN_TOPIC).values(**of))
    return number


def deliveries(connection: Connection, number: int) -> dict[int, Mapping[Any, Any]]:
    """The deliveries of a campaign, by subscriber."""
    rows = connection.execute(select(DELIVERY).where(DELIVERY.c.campaign_id == number)).mappings()
    return {row["subscriber_id"]: row for row in rows}
