"""What erasure empties, table by table: whatever says who somebody is, wherever it stands; numbers and instants stay.

A new column that could hold a person's words, name, address or whereabouts is emptied here; a test reads every column
of every table after an erasure.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, or_, select, update

from preferences.store.service_limits import ServiceKind
from preferences.store.subscribers import SubscriberRow
from preferences.store.tables import (
    ADDRESS_CHANGE,
    ANSWER,
    ATTEMPT,
    CAPTURED_MAIL,
    CONSENT,
    DELIVERY,
    EVENT,
    EXPECTATION,
    FOREIGN_MAIL,
    IDEMPOTENT_ANSWER,
    PATTERN,
    SERVICE_MAIL,
    SIGN_UP_REQUEST,
    SUBSCRIBER,
    UNSUBSCRIBE,
)

_NO_ZONE = "UTC"
# Where an address stands, as it was spelled and as it is compared.
_ADDRESSED = (
    (SERVICE_MAIL, "address"),
    (SIGN_UP_REQUEST, "address"),
    (CONSENT, "address_typed"),
    (ADDRESS_CHANGE, "address"),
)
# A service mail that was still to be written has nobody to go to any more.
_EMPTY: dict[str, dict[str, object]] = {
    "service_mail": {
        "address": None,
        "address_normalised": None,
        "network": None,
        "details": "{}",
        "reply": None,
        "state": "dropped",
    },
    "sign_up_request": {
        "address": None,
        "address_normalised": None,
        "name": "",
        "fields": "{}",
        "zone": _NO_ZONE,
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
    "answer": {"words": ""},
    "foreign_mail": {"external_id": None},
}


def addresses_of(connection: Connection, person: SubscriberRow) -> set[str]:
    """Every normalised address under which somebody was known here, but those that are somebody else's now."""
    known = {person.address_normalised}
    for table in (CONSENT, SIGN_UP_REQUEST, ADDRESS_CHANGE):
        mine = table.c.subscriber_id == person.id
        if table is ADDRESS_CHANGE:
            mine &= table.c.done_at.is_not(None)
        known.update(connection.execute(select(table.c.address_normalised).where(mine).distinct()).scalars())
    others = select(SUBSCRIBER.c.address_normalised).where(
        (SUBSCRIBER.c.publication_id == person.publication_id)
        & (SUBSCRIBER.c.id != person.id)
        & SUBSCRIBER.c.address_normalised.in_([one for one in known if one is not None])
    )
    return {one for one in known if one is not None} - set(connection.execute(others).scalars())


def empty_person(connection: Connection, person: SubscriberRow, addresses: Collection[str], now: datetime) -> None:
    """Empty every row that says who a locked subscriber is, and move them to no zone; what stays are numbers."""
    spellings = _spellings(connection, person, addresses)
    _forget_mails(connection, person, spellings)
    _forget_replies(connection, person)
    _forget_kept_answers(connection, person, spellings)
    for table in (SERVICE_MAIL, SIGN_UP_REQUEST):
        connection.execute(update(table).where(_about(table, person, addresses)).values(_EMPTY[table.name]))
    for table in (CONSENT, UNSUBSCRIBE, ANSWER, FOREIGN_MAIL):
        connection.execute(update(table).where(table.c.subscriber_id == person.id).values(_EMPTY[table.name]))
    _end_address_changes(connection, person, now)
    _forget_reasons(connection, person)
    _move_to_no_zone(connection, person)


def _about(table: Table, person: SubscriberRow, addresses: Collection[str]) -> ColumnElement[bool]:
    mine = (table.c.subscriber_id == person.id) | table.c.address_normalised.in_(sorted(addresses))
    return (table.c.publication_id == person.publication_id) & mine


def _spellings(connection: Connection, person: SubscriberRow, addresses: Collection[str]) -> set[str]:
    """The addresses as they were written to, and as they are compared."""
    found = {person.address, *addresses}
    for table, column in _ADDRESSED:
        spelled = select(table.c[column]).where(_about(table, person, addresses)).distinct()
        found.update(connection.execute(spelled).scalars())
    return {one for one in found if one}


def _forget_mails(connection: Connection, person: SubscriberRow, spellings: Collection[str]) -> None:
    """Their mails in the test inbox, and test mails that were made as they would have read them."""
    of = CAPTURED_MAIL.c
    here = of.publication_id == person.publication_id
    theirs = (of.subscriber_id == person.id) | of.recipient.in_(sorted(spellings))
    connection.execute(delete(CAPTURED_MAIL).where(here & theirs))
    tests = (SERVICE_MAIL.c.publication_id == person.publication_id) & (SERVICE_MAIL.c.kind == ServiceKind.TEST.value)
    for row in connection.execute(select(SERVICE_MAIL).where(tests & SERVICE_MAIL.c.sent_at.is_not(None))).mappings():
        if json.loads(row["details"]).get("as") != person.id:
            continue
        sent = of.captured_at.between(row["created_at"], row["sent_at"])
        made_as = (of.recipient == row["address"]) & of.subscriber_id.is_(None) & sent
        connection.execute(delete(CAPTURED_MAIL).where(here & made_as))


def _forget_replies(connection: Connection, person: SubscriberRow) -> None:
    """What mail servers said of their mails, which is often the address."""
    mine = select(DELIVERY.c.id).where(DELIVERY.c.subscriber_id == person.id)
    connection.execute(update(ATTEMPT).where(ATTEMPT.c.delivery_id.in_(mine)).values(reply=None))


def _forget_kept_answers(connection: Connection, person: SubscriberRow, spellings: Collection[str]) -> None:
    """What a program was answered about them stays answered, with nothing in it: a repetition is done no second time."""
    of = IDEMPOTENT_ANSWER.c
    place = func.instr if connection.dialect.name == "sqlite" else func.strpos
    theirs = or_(*(place(of.body, json.dumps(one, ensure_ascii=False)) > 0 for one in sorted(spellings)))
    connection.execute(
        update(IDEMPOTENT_ANSWER).where((of.publication_id == person.publication_id) & theirs).values(body="{}")
    )


def _end_address_changes(connection: Connection, person: SubscriberRow, now: datetime) -> None:
    mine = ADDRESS_CHANGE.c.subscriber_id == person.id
    still_open = mine & ADDRESS_CHANGE.c.done_at.is_(None) & ADDRESS_CHANGE.c.ended_at.is_(None)
    connection.execute(update(ADDRESS_CHANGE).where(still_open).values(ended_at=now))
    connection.execute(update(ADDRESS_CHANGE).where(mine).values(address=None, address_normalised=None))


# The details of events in which a person may have written why.
_WITH_A_REASON = ("expectation_changed", "suppression_lifted", "suppressed")
_WRITTEN = ("reason", "words")


def _forget_reasons(connection: Connection, person: SubscriberRow) -> None:
    """What somebody wrote about them by hand; the reason of a suppression is one of a closed list, and stays."""
    of = EVENT.c
    chosen = (of.subscriber_id == person.id) & of.kind.in_(_WITH_A_REASON)
    for row in connection.execute(select(of.id, of.kind, of.details).where(chosen)).all():
        details = json.loads(row.details)
        written = _WRITTEN if row.kind == "expectation_changed" else ("words",)
        if any(name in details for name in written):
            kept = {name: value for name, value in details.items() if name not in written}
            text = json.dumps(kept, separators=(",", ":"), sort_keys=True)
            connection.execute(update(EVENT).where(of.id == row.id).values(details=text))


def _move_to_no_zone(connection: Connection, person: SubscriberRow) -> None:
    """Where the person lived goes too; decisions hold what they were made from without it only as instants."""
    mine = select(EXPECTATION.c.pattern_id).where(EXPECTATION.c.subscriber_id == person.id).distinct()
    for row in connection.execute(select(PATTERN).where(PATTERN.c.id.in_(mine))).mappings().all():
        if row["zone"] == _NO_ZONE:
            continue
        columns = {name: row[name] for name in row if name not in ("id", "zone")} | {"zone": _NO_ZONE}
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
