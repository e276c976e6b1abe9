"""People in files, and importing them: what the tests of imports begin with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from preferences.address import parse_address
from preferences.importing.rows import ImportedSubscriber
from preferences.importing.standings import ImportedAs
from preferences.store.expectations import terms_of
from preferences.store.imports import (
    Became,
    ImportOrder,
    Preview,
    begin_import,
    checked_order,
    finish_import,
    take_in,
)
from preferences.store.publications import publication
from preferences.store.subscribers import SubscriberRow, subscriber_at
from preferences.store.topics import topic_named
from tests.store.newsletter import (
    ANNA,
    NOON,
    Newsletter,
)

LONG_AGO = NOON - timedelta(days=1000)


def order(there: Newsletter, topic: str = "letter", arrives: str = "each", **more: Any) -> ImportOrder:
    with there.database.read() as connection:
        values = {"zone": None, "file_hash": "f" * 64, "declaration": None} | more
        return checked_order(
            publication(connection, there.publication),
            topic_named(connection, there.publication, topic),
            arrives,
            file_name="readers.csv",
            format_name="plain CSV",
            mapped={},
            **values,
        )


def person(address: str = ANNA, standing: ImportedAs = ImportedAs.CONFIRMED, **more: Any) -> ImportedSubscriber:
    values: dict[str, Any] = {"line": 2, "fields": {}, **more}
    return ImportedSubscriber(address=parse_address(address), standing=standing, **values)


def imported(there: Newsletter, *people: ImportedSubscriber, topic: str = "letter", **more: Any) -> dict[Became, int]:
    """What became of these people, in one batch."""
    wanted = order(there, topic, **more)
    with there.database.write() as connection:
        batch = begin_import(connection, wanted, NOON)
        batch = take_in(connection, wanted, batch, people, len(people), NOON)
        finish_import(connection, wanted, batch, 0, NOON)
    return dict(batch.counts)


def previewed(there: Newsletter, *people: ImportedSubscriber) -> dict[Became, int]:
    with there.database.read() as connection:
        return dict(Preview(order=order(there)).count(connection, people))


def at(there: Newsletter, address: str = ANNA) -> SubscriberRow:
    with there.database.read() as connection:
        found = subscriber_at(connection, there.publication, parse_address(address))
    assert found is not None
    return found


def topics_of(there: Newsletter, address: str = ANNA) -> list[tuple[int, str]]:
    """The topics that somebody expects, with how they arrive, in order."""
    someone = at(there, address)
    with there.database.read() as connection:
        terms = terms_of(connection, there.publication, [someone.id]).get(someone.id)
    return [] if terms is None else [(one.topic, one.arrives.value) for one in terms.expectation.topics]


def rows_of(there: Newsletter, table: Any, subscriber_id: int) -> list[Any]:
    with there.database.read() as connection:
        chosen = select(table).where(table.c.subscriber_id == subscriber_id).order_by(table.c.id)
        return list(connection.execute(chosen).mappings())
