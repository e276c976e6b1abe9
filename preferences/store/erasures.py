"""Erasure: the person is emptied, the ledger stays under a number that leads nowhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from preferences.expectation import Suppression
from preferences.store.changes import end_expectation, locked_subscriber, settle
from preferences.store.events import By
from preferences.store.standings import change_standing
from preferences.store.subscribers import SubscriberRow
from preferences.store.suppressions import suppress_address
from preferences.store.tables import (
    CAPTURED_MAIL,
    CONSENT,
    EXPECTATION,
    PATTERN,
    SERVICE_MAIL,
    SIGN_UP_REQUEST,
    UNSUBSCRIBE,
)


def erase(connection: Connection, publication_id: int, subscriber_id: int, by: By, now: datetime) -> None:
    """Empty a subscriber: address, spelling, name, fields, zone, free text, network address and agent, captured mail.

    The address stays suppressed by its keyed hash until its owner signs up again, as a new subscriber. Raises
    `NotFound`, also where it was erased before.
    """
    person = locked_subscriber(connection, publication_id, subscriber_id)
    if person.address_normalised is not None:
        suppress_address(connection, publication_id, person.address_normalised, Suppression.ERASED, by, now)
    end_expectation(connection, subscriber_id, now)
    _empty_what_names_the_person(connection, person)
    _move_to_no_zone(connection, person)
    change_standing(
        connection,
        publication_id,
        subscriber_id,
        "erased",
        by,
        now,
        columns={
            "address": None,
            "address_normalised": None,
            "name": "",
            "fields": "{}",
            "language": None,
            "source": "",
            "suppressed": (person.suppressed or Suppression.ERASED).value,
            "suppressed_at": now,
            "erased_at": now,
        },
    )
    settle(connection, publication_id, [subscriber_id], now)


def _empty_what_names_the_person(connection: Connection, person: SubscriberRow) -> None:
    here = person.publication_id
    mine = CAPTURED_MAIL.c.subscriber_id == person.id
    connection.execute(
        delete(CAPTURED_MAIL).where(
            (CAPTURED_MAIL.c.publication_id == here) & (mine | (CAPTURED_MAIL.c.recipient == person.address))
        )
    )
    for table in (SERVICE_MAIL, SIGN_UP_REQUEST):
        same = (table.c.publication_id == here) & (
            (table.c.subscriber_id == person.id) | (table.c.address_normalised == person.address_normalised)
        )
        connection.execute(update(table).where(same).values(_EMPTY[table.name]))
    for table in (CONSENT, UNSUBSCRIBE):
        connection.execute(update(table).where(table.c.subscriber_id == person.id).values(_EMPTY[table.name]))


# A service mail that was still to be written has nobody to go to any more.
_EMPTY: dict[str, dict[str, object]] = {
    "service_mail": {"address": None, "address_normalised": None, "details": "{}", "reply": None, "state": "dropped"},
    "sign_up_request": {
        "address": None,
        "address_normalised": None,
        "name": "",
        "fields": "{}",
        "zone": "UTC",
        "source": "",
        "url": "",
        "network_address": None,
        "network": None,
        "agent": None,
    },
    "consent": {
        "address_typed": None,
        "address_normalised": None,
        "url": "",
        "network_address": None,
        "agent": None,
    },
    "unsubscribe": {"words": ""},
}


def _move_to_no_zone(connection: Connection, person: SubscriberRow) -> None:
    """Where the person lived goes too; decisions hold what they were made from without it only as instants."""
    mine = select(EXPECTATION.c.pattern_id).where(EXPECTATION.c.subscriber_id == person.id).distinct()
    for row in connection.execute(select(PATTERN).where(PATTERN.c.id.in_(mine))).mappings().all():
        if row["zone"] == "UTC":
            continue
        columns = {name: row[name] for name in row if name not in ("id", "zone")} | {"zone": "UTC"}
        same = select(PATTERN.c.id).where(*(PATTERN.c[name] == value for name, value in columns.items()))
        moved = connection.execute(same).scalar()
        if moved is None:
            connection.execute(insert(PATTERN).values(**columns))
            moved = connection.execute(same).scalar_one()
        connection.execute(
            update(EXPECTATION)
            .where((EXPECTATION.c.subscriber_id == person.id) & (EXPECTATION.c.pattern_id == row["id"]))
            .values(pattern_id=moved)
        )
