"""One publication with three topics, and people who do things: what the tests of people and their pages begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from preferences.address import parse_address
from preferences.asked import Asked, asked_from_json, asked_to_json
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.delivery import MadeBy
from preferences.store.confirmations import confirm
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM, By
from preferences.store.installation import found
from preferences.store.publications import change_publication, publication_named
from preferences.store.signups import SignUp, request
from preferences.store.tables import ATTEMPT, CAMPAIGN, CAMPAIGN_CONTENT, CAMPAIGN_TOPIC, COUNTED, DELIVERY
from preferences.store.topics import create_topic, topic_named
from preferences.unsubscribe import Route

# A Tuesday.
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BY_LINK = By(made_by=MadeBy.LINK, route=Route.PREFERENCE_PAGE)
BY_FOOTER = By(made_by=MadeBy.LINK, route=Route.FOOTER_LINK)
BY_SIGN_UP = By(made_by=MadeBy.LINK, route=Route.SIGN_UP)
ANNA = "Anna@Example.org"


@dataclass(frozen=True)
class Newsletter:
    """A database with a publication that writes a letter, about events, and what cannot wait."""

    database: Database
    publication: int
    letter: int
    events: int
    notices: int


@contextmanager
def newsletter(url: str) -> Iterator[Newsletter]:
    """The publication, in a database that is closed afterwards."""
    database = open_database(url)
    try:
        found(database, NOON - timedelta(days=100))
        with database.write() as connection:
            publication = publication_named(connection, None).id
            change_publication(
                connection,
                publication,
                {
                    "name": "The Letter",
                    "zone": "Europe/Berlin",
                    "sender": "The Letter <letter@example.org>",
                    "postal_address": "1 Example Street\n12345 Exampleton",
                },
            )
            weekly = Cadence(id=0, at_most=Cap(count=1, per=Period.WEEK), days=frozenset({Weekday.TUE}))
            monthly = Cadence(id=0, at_most=Cap(count=4, per=Period.MONTH))
            yearly = Cadence(id=0, at_most=Cap(count=4, per=Period.YEAR))
            at = NOON - timedelta(days=100)
            numbers = [
                create_topic(connection, publication, slug="letter", name="Letter", cadence=weekly, by=SYSTEM, now=at),
                create_topic(connection, publication, slug="events", name="Events", cadence=monthly, by=SYSTEM, now=at),
                create_topic(
                    connection,
                    publication,
                    slug="notices",
                    name="Notices",
                    cadence=yearly,
                    by=SYSTEM,
                    now=at,
                    is_notice=True,
                ),
            ]
        yield Newsletter(database, publication, *numbers)
    finally:
        database.close()


def asked(*topics: str | dict[str, Any], **more: Any) -> Asked:
    """What somebody asks for: topics by slug, or as JSON."""
    return asked_from_json({"topics": [{"topic": one} if isinstance(one, str) else one for one in topics], **more})


def written(wants: Asked | None) -> dict[str, Any]:
    """What is asked for as people write it, which is the same whether a default was said or not."""
    assert wants is not None
    return asked_to_json(wants)


def signed_up(there: Newsletter, wants: Asked, *, address: str = ANNA, now: datetime = NOON, **more: Any) -> int:
    """Somebody who has signed up and confirmed; answers the number of the subscriber."""
    with there.database.write() as connection:
        sign_up = SignUp(address=parse_address(address), asked=wants, **more)
        asked_for = request(connection, there.publication, sign_up, BY_SIGN_UP, now)
        assert asked_for is not None
        return confirm(connection, there.publication, asked_for, BY_SIGN_UP, now).subscriber_id


def add_campaign(connection: Connection, there: Newsletter, topic: int, at: datetime, **content: Any) -> int:
    """A campaign about one topic, with content, that was scheduled at an instant."""
    made = connection.execute(
        insert(CAMPAIGN).values(
            publication_id=there.publication, name="Issue", status="sending", scheduled_at=at, created_at=at
        )
    )
    assert made.inserted_primary_key is not None
    campaign = int(made.inserted_primary_key[0])
    connection.execute(
        insert(CAMPAIGN_TOPIC).values(
            campaign_id=campaign, topic_id=topic, publication_id=there.publication, position=0
        )
    )
    values = {
        "subject": "The issue",
        "title": "The issue",
        "summary": "What is in it",
        "markdown": "# Hello",
        **content,
    }
    connection.execute(
        insert(CAMPAIGN_CONTENT).values(
            publication_id=there.publication,
            campaign_id=campaign,
            revision=1,
            made_by="person",
            recorded_at=at,
            **values,
        )
    )
    return campaign


def mail_handed_over(there: Newsletter, subscriber: int, topic: int, at: datetime, *, state: str = "accepted") -> int:
    """A counted mail of one topic to somebody; answers the number of its delivery."""
    with there.database.write() as connection:
        campaign = add_campaign(connection, there, topic, at)
        delivery = _key(
            connection,
            DELIVERY,
            subscriber_id=subscriber,
            publication_id=there.publication,
            campaign_id=campaign,
            state=state,
            reason="expected",
            topic_id=topic,
            scheduled_at=at,
        )
        attempt = _key(
            connection,
            ATTEMPT,
            publication_id=there.publication,
            delivery_id=delivery,
            lease_id=1,
            committed_at=at,
            outcome="accepted" if state == "accepted" else None,
        )
        connection.execute(
            insert(COUNTED).values(
                publication_id=there.publication,
                subscriber_id=subscriber,
                topic_id=topic,
                attempt_id=attempt,
                counted_at=at,
                in_total=True,
                along=False,
            )
        )
        return delivery


def _key(connection: Connection, table: Table, **values: Any) -> int:
    made = connection.execute(insert(table).values(**values))
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """All rows of a table, in the order of their keys."""
    key = next(iter(table.primary_key.columns))
    return [dict(row) for row in connection.execute(select(table).order_by(key)).mappings()]


def count(connection: Connection, table: Table) -> int:
    """How many rows a table has."""
    number: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return number


def topic_id(connection: Connection, there: Newsletter, slug: str) -> int:
    """The number of a topic."""
    return topic_named(connection, there.publication, slug).id
