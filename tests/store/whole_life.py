"""Somebody who has left a trace wherever a person can, and looking for those traces in every column."""

from __future__ import annotations

import email
import json
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from preferences.address import parse_address
from preferences.expectation import Suppression
from preferences.links import Claim, Links, Purpose
from preferences.store.captured import Inbox
from preferences.store.changes import change_expectation
from preferences.store.clock import FixedClock
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.suppressions import lift_suppression, suppress
from preferences.store.tables import (
    ADDRESS_CHANGE,
    ANSWER,
    API_TOKEN,
    ATTEMPT,
    DELIVERY,
    FOREIGN_MAIL,
    IDEMPOTENT_ANSWER,
    PATTERN,
    REFERRAL,
    SIGN_UP_REQUEST,
    SUBSCRIBER,
    VOTE,
)
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Cause, Scope
from tests.store.newsletter import BY_FOOTER, BY_LINK, NOON, Newsletter, asked, mail_handed_over, signed_up

DAY = timedelta(days=1)
LINKS = Links(["a key that only this test knows, of 32"])
ADDRESS, OLD = "Annika.Zäuner@Example.org", "old.annika@example.net"
# What was typed, known or recorded of the person, in no other case and nowhere else in the database.
TRACES = ("annika", "zäuner", "auckland", "192.0.2.77", "galeon", "quokka")


def everything(connection: Connection) -> list[tuple[str, str]]:
    """Each value of each column of each table, with its place; mails with what their parts say once decoded."""
    found = []
    for table in SUBSCRIBER.metadata.sorted_tables:
        if table is PATTERN:
            continue  # A zone in which nobody is said to live.
        for row in connection.execute(select(table)).mappings():
            found += [(f"{table.name}.{name}", _said(value)) for name, value in row.items()]
    return found


def _said(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value).lower()
    text = value.decode("latin-1")
    parts = email.message_from_bytes(value).walk()
    decoded = [part.get_payload(decode=True) for part in parts]
    return " ".join([text, *(one.decode("utf-8", "replace") for one in decoded if isinstance(one, bytes))]).lower()


def traces(there: Newsletter) -> dict[str, set[str]]:
    """Where each trace of the person is still found."""
    with there.database.read() as connection:
        values = everything(connection)
    return {trace: {place for place, said in values if trace in said} for trace in TRACES}


def a_whole_life(there: Newsletter) -> int:
    """Somebody who has left a trace wherever a person can."""
    person = signed_up(
        there,
        asked("letter", "events"),
        address=ADDRESS,
        name="Annika Zäuner",
        fields={"pet": "quokka"},
        zone="Pacific/Auckland",
        source="quokka",
        url="https://annika.example/",
        network_address="192.0.2.77",
        agent="Galeon",
        now=NOON - 30 * DAY,
    )
    mail = mail_handed_over(there, person, there.letter, NOON - 9 * DAY)
    with there.database.write() as connection:
        connection.execute(update(ATTEMPT).values(reply=f"250 <{ADDRESS}> queued"))
        _asks_for_less(connection, there, person)
        _gives_back(connection, there, person, mail)
        _changes_address(connection, there, person)
        _is_known_elsewhere(connection, there, person)
    kept(there, message_to(ADDRESS, person), message_to(OLD, 0))
    return person


def _asks_for_less(connection: Connection, there: Newsletter, person: int) -> None:
    here, less = there.publication, asked("letter", "events", at_most={"count": 1, "per": "week"})
    change_expectation(connection, here, person, less, BY_LINK, NOON, details={"reason": "Annika asked for it"})
    about = {"topic_id": there.events, "words": "quokka", "cause": Cause.OTHER}
    unsubscribe(connection, here, person, Scope.TOPIC, BY_FOOTER, NOON, **about)  # type: ignore[arg-type]
    suppress(connection, here, person, Suppression.OPERATOR, BY_LINK, NOON)
    lift_suppression(connection, here, person, BY_LINK, NOON)
    typed = {"typed": [["name", "quokka"]]}
    address = parse_address(ADDRESS)
    queue(connection, here, ServiceKind.FRESH_LINK, address, NOON, subscriber_id=person, details=typed)


def _gives_back(connection: Connection, there: Newsletter, person: int, mail: int) -> None:
    mine = {"publication_id": there.publication, "subscriber_id": person, "occurred_at": NOON, "recorded_at": NOON}
    campaign = connection.execute(select(DELIVERY.c.campaign_id)).scalar_one()
    said = {"campaign_id": campaign, "delivery_id": mail, "question": "Which?", "words": "the quokka"}
    connection.execute(insert(ANSWER).values(**mine, **said))
    connection.execute(insert(VOTE).values(**mine, delivery_id=mail, said="too_often"))
    brought = connection.execute(select(SIGN_UP_REQUEST.c.id).limit(1)).scalar_one()
    _add(connection, there, REFERRAL, request_id=brought, brought_by=person, made_at=NOON)


def _changes_address(connection: Connection, there: Newsletter, person: int) -> None:
    for known, done in (("annika.new@example.com", None), (OLD, NOON - 20 * DAY)):
        about = {"subscriber_id": person, "asked_at": NOON - 21 * DAY, "done_at": done}
        _add(connection, there, ADDRESS_CHANGE, address=known, address_normalised=known, **about)
    asked_for = {"asked": "{}", "zone": "Pacific/Auckland", "promise": "", "sentence_version": 1, "agent": "Galeon"}
    at = {"address": OLD, "address_normalised": OLD, "made_at": NOON}
    _add(connection, there, SIGN_UP_REQUEST, route="sign_up", **asked_for, **at)


def _is_known_elsewhere(connection: Connection, there: Newsletter, person: int) -> None:
    told = {"external_id": f"order-{ADDRESS}", "topics": "[]", "state": "reported", "outcome": "send"}
    when = {"reason": "expected", "occurred_at": NOON, "recorded_at": NOON}
    _add(connection, there, FOREIGN_MAIL, subscriber_id=person, **told, **when)
    token = _add(connection, there, API_TOKEN, name="crm", scope="write", token_hash=b"1", created_at=NOON)
    body = json.dumps({"email": ADDRESS}, ensure_ascii=False)
    asked_for = {"token_id": token, "idempotency_key": "1", "request_hash": b"1"}
    _add(connection, there, IDEMPOTENT_ANSWER, **asked_for, status=201, body=body, created_at=NOON)


def _add(connection: Connection, there: Newsletter, table: Table, **values: Any) -> int:
    made = connection.execute(insert(table).values(publication_id=there.publication, **values))
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def message_to(address: str, person: int) -> Any:
    """A finished mail, its words encoded as mails encode them."""
    mail = EmailMessage()
    mail.set_content("Hello Annika Zäuner", cte="base64" if person else "quoted-printable")
    token = LINKS.sign(Claim(purpose=Purpose.MESSAGE, publication=1, subscriber=person))

    class Finished:
        mail_from, rcpt_to, data = "letter@example.org", address, mail.as_bytes()
        message_id, subject = f"<{token}@localhost>", "For Annika"

    return Finished()


def kept(there: Newsletter, *messages: Any) -> None:
    Inbox(there.database, FixedClock(NOON), LINKS).keep(messages)
