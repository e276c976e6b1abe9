"""Subscribers: finding, adding, locking, and what their standing is."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal, select, union_all, update

from preferences.address import Address, address_hash
from preferences.errors import Conflict, Invalid, NotFound, Said
from preferences.expectation import Standing, Suppression
from preferences.store.among import among, among_named
from preferences.store.installation import suppression_key
from preferences.store.publications import COLUMNS, LOOKS, PublicationRow, publication_in
from preferences.store.rows import filled, inserted_key
from preferences.store.tables import APPEARANCE, DEAD_ADDRESS, PUBLICATION, SUBSCRIBER, SUPPRESSED

Scalar = str | int | float | bool | None


# The source of who was carried over from another system.
IMPORTED = "import"


# Without slots, so that it can be `filled`.
@dataclass(frozen=True, kw_only=True)
class SubscriberRow:
    """A subscriber as stored; `address` is None once erased."""

    id: int
    publication_id: int
    address: str | None
    address_normalised: str | None
    name: str
    fields: Mapping[str, Scalar]
    language: str | None
    source: str
    brought_by: int | None
    confirmed_at: datetime | None
    consent_ends_at: datetime | None
    unsubscribed_at: datetime | None
    suppressed: Suppression | None
    erased_at: datetime | None
    version: int
    created_at: datetime
    feeds_since: datetime | None = None

    @property
    def standing(self) -> Standing:
        """Whether this subscriber may be written to."""
        return Standing(
            confirmed=self.confirmed_at is not None,
            unsubscribed=self.unsubscribed_at is not None,
            suppressed=self.suppressed,
            consent_ends_at=self.consent_ends_at,
        )


_COLUMNS = tuple(SUBSCRIBER.c[name] for name in SubscriberRow.__dataclass_fields__)


def _row(row: Mapping[Any, Any]) -> SubscriberRow:
    return _of_columns(tuple(row.values()))


def _of_columns(columns: Sequence[Any]) -> SubscriberRow:
    """In the order of `_COLUMNS`."""
    values = dict(zip(_NAMES, columns, strict=True))
    fields, suppressed = values["fields"], values["suppressed"]
    values["fields"] = {} if fields == "{}" else json.loads(fields)
    values["suppressed"] = None if suppressed is None else Suppression(suppressed)
    return filled(SubscriberRow, values)


_NAMES = tuple(SubscriberRow.__dataclass_fields__)


def subscribers(connection: Connection, ids: Collection[int]) -> dict[int, SubscriberRow]:
    """The subscribers of these numbers, by number."""
    rows = connection.execute(_BY_NUMBER, {"numbers": ids}).all()
    return {row[0]: _of_columns(row) for row in rows}


# Asked for each group, and writing the statement takes longer than running it.
_BY_NUMBER = select(*_COLUMNS).where(among_named(SUBSCRIBER.c.id, "numbers"))


def subscriber(connection: Connection, publication_id: int, subscriber_id: int) -> SubscriberRow:
    """The subscriber of that number in that publication. Raises `NotFound`."""
    found = subscribers(connection, [subscriber_id]).get(subscriber_id)
    if found is None or found.publication_id != publication_id:
        raise NotFound("there is no such subscriber in this publication")
    return found


_WITH_PUBLICATION = (
    select(*(column.label(f"subscriber_{column.name}") for column in _COLUMNS), *COLUMNS)
    .select_from(SUBSCRIBER)
    .join(PUBLICATION, PUBLICATION.c.id == SUBSCRIBER.c.publication_id)
    .outerjoin(APPEARANCE, LOOKS)
    .where((SUBSCRIBER.c.id == bindparam("subscriber")) & (SUBSCRIBER.c.publication_id == bindparam("publication")))
)


def subscriber_with_publication(
    connection: Connection, publication_id: int, subscriber_id: int
) -> tuple[SubscriberRow, PublicationRow]:
    """The subscriber of that number in that publication, and the publication, in one statement. Raises `NotFound`."""
    about = {"subscriber": subscriber_id, "publication": publication_id}
    row = connection.execute(_WITH_PUBLICATION, about).mappings().first()
    if row is None:
        raise NotFound("there is no such subscriber in this publication")
    person = dict(zip(SubscriberRow.__dataclass_fields__, _OF_PERSON(row), strict=True))
    return _row(person), publication_in(row)


_OF_PERSON = itemgetter(*(f"subscriber_{column.name}" for column in _COLUMNS))


def subscriber_at(connection: Connection, publication_id: int, address: Address) -> SubscriberRow | None:
    """The subscriber at an address, if there is one."""
    row = (
        connection.execute(
            select(*_COLUMNS).where(
                (SUBSCRIBER.c.publication_id == publication_id)
                & (SUBSCRIBER.c.address_normalised == address.normalised)
            )
        )
        .mappings()
        .first()
    )
    return None if row is None else _row(row)


def lock_subscribers(connection: Connection, ids: Collection[int]) -> None:
    """Hold these subscribers until the transaction ends; what is read afterwards is what is true.

    In number order, so that no two transactions wait for each other. On SQLite the write transaction is the lock.
    """
    if connection.dialect.name == "postgresql" and ids:
        rows = select(SUBSCRIBER.c.id).where(among(connection, SUBSCRIBER.c.id, ids)).order_by(SUBSCRIBER.c.id)
        connection.execute(rows.with_for_update(key_share=False)).all()


def add_subscriber(
    connection: Connection,
    publication_id: int,
    address: Address,
    now: datetime,
    *,
    name: str = "",
    fields: Mapping[str, Scalar] | None = None,
    language: str | None = None,
    source: str = "",
    brought_by: int | None = None,
    confirmed_at: datetime | None = None,
    consent_ends_at: datetime | None = None,
) -> int:
    """Add a subscriber; answers the number. An address that is suppressed is suppressed from the start.

    Raises `Conflict` with the number where the address is there already.
    """
    there = subscriber_at(connection, publication_id, address)
    if there is not None:
        raise Conflict("this address is subscribed already", existing=there.id)
    suppressed = suppression_of(connection, publication_id, address)
    result = connection.execute(
        insert(SUBSCRIBER).values(
            publication_id=publication_id,
            address=address.spelled,
            address_normalised=address.normalised,
            name=checked_name(name),
            fields=json.dumps(checked_fields(fields or {}), ensure_ascii=False, sort_keys=True),
            language=language,
            source=source,
            brought_by=brought_by,
            confirmed_at=confirmed_at,
            consent_ends_at=consent_ends_at,
            suppressed=suppressed,
            suppressed_at=None if suppressed is None else now,
            version=1,
            created_at=now,
        )
    )
    return inserted_key(result)


def suppression_of(connection: Connection, publication_id: int, address: Address) -> str | None:
    """Why nothing may be written to an address, or None: this publication's list, and the dead of all, in one statement."""
    digest = address_hash(suppression_key(connection), address.normalised)
    here = (SUPPRESSED.c.publication_id == publication_id) & (SUPPRESSED.c.address_hash == digest)
    dead = literal(Suppression.DEAD_ADDRESS.value)
    found = union_all(
        select(SUPPRESSED.c.reason, literal(0).label("place")).where(here),
        select(dead, literal(1)).where(DEAD_ADDRESS.c.address_hash == digest),
    ).subquery()
    reason: str | None = connection.execute(select(found.c.reason).order_by(found.c.place).limit(1)).scalar()
    return reason


def change_person(connection: Connection, subscriber_id: int, changes: Mapping[str, Any]) -> None:
    """Change name, fields or language, of who is not erased, also not meanwhile. Raises `Invalid`."""
    values: dict[str, Any] = {}
    if "name" in changes:
        values["name"] = checked_name(changes["name"])
    if "fields" in changes:
        values["fields"] = json.dumps(checked_fields(changes["fields"]), ensure_ascii=False, sort_keys=True)
    if "language" in changes:
        values["language"] = changes["language"]
    if values:
        there = (SUBSCRIBER.c.id == subscriber_id) & SUBSCRIBER.c.erased_at.is_(None)
        connection.execute(update(SUBSCRIBER).where(there).values(**values))


def next_version(connection: Connection, subscriber_id: int, **standing: object) -> None:
    """Note that terms or standing changed, with the standing columns that did."""
    values = {"version": SUBSCRIBER.c.version + 1, **standing}
    connection.execute(update(SUBSCRIBER).where(SUBSCRIBER.c.id == subscriber_id).values(**values))


def checked_name(name: str | None) -> str:
    """A name that may stand in a header; empty is fine. Raises `Invalid`."""
    text = (name or "").strip()
    if len(text) > 200 or any(not char.isprintable() for char in text):
        raise Invalid.one("name", Said("must be one line of at most 200 characters without control characters"))
    return text


def checked_fields(fields: Mapping[Any, Any]) -> dict[str, Scalar]:
    """Flat fields with scalar values. Raises `Invalid`."""
    for name, value in fields.items():
        if not isinstance(name, str) or not name or len(name) > 100:
            raise Invalid.one("fields", Said("names are texts of 1 to 100 characters"))
        if value is not None and not isinstance(value, str | int | float | bool):
            raise Invalid.one(f"fields.{name}", Said("must be a text, a number, true, false or null"))
        if isinstance(value, str) and ("\x00" in value or len(value) > 2000):
            raise Invalid.one(f"fields.{name}", Said("must be at most 2000 characters without NUL"))
    return dict(fields)
