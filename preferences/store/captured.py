"""The test inbox: mails kept byte by byte as they would have gone out, where a browser can read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, func, insert, select, true

from preferences.address import Address
from preferences.links import Links, Purpose
from preferences.store.clock import Clock
from preferences.store.database import Database
from preferences.store.tables import CAPTURED_MAIL, SUBSCRIBER

_M = CAPTURED_MAIL.c


class Finished(Protocol):
    """A finished message, as the mailer composes it."""

    @property
    def mail_from(self) -> str: ...
    @property
    def rcpt_to(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def message_id(self) -> str: ...
    @property
    def subject(self) -> str: ...


class Inbox:
    """Where messages are kept instead of being sent."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._links = links

    def keep(self, messages: Sequence[Finished]) -> None:
        """Keep all of these, or none, but what is for somebody who was erased meanwhile.

        The token in its Message-ID says whose a mail is; ValueError where it says nothing.
        """
        if not messages:
            return
        now = self._clock.now()
        rows = [self._row(message, now) for message in messages]
        with self._database.write() as connection:
            gone = _erased(connection, {row["subscriber_id"] for row in rows} - {None})
            kept = [row for row in rows if row["subscriber_id"] not in gone]
            if kept:
                connection.execute(insert(CAPTURED_MAIL), kept)

    def _row(self, message: Finished, now: datetime) -> dict[str, Any]:
        claim = self._links.read(message.message_id.strip("<>").partition("@")[0], Purpose.MESSAGE)
        if claim is None:
            raise ValueError("the Message-ID of this mail holds no token of ours")
        return {
            "publication_id": claim.publication,
            "subscriber_id": claim.subscriber or None,
            "sender": message.mail_from,
            "recipient": message.rcpt_to,
            "subject": message.subject,
            "source": message.data,
            "captured_at": now,
        }


def _erased(connection: Connection, subscriber_ids: set[int]) -> set[int]:
    """Those of the subscribers who were erased while a mail was on its way to them; nobody else is until this is kept."""
    of = SUBSCRIBER.c
    chosen = select(of.id, of.erased_at).where(of.id.in_(sorted(subscriber_ids))).order_by(of.id)
    rows = connection.execute(chosen.with_for_update(read=True, key_share=True)).all()
    return {row.id for row in rows if row.erased_at is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedLine:
    """A mail in the list of the inbox."""

    id: int
    publication_id: int
    sender: str
    recipient: str
    subject: str
    captured_at: datetime


_LINE = tuple(_M[name] for name in CapturedLine.__dataclass_fields__)


def captured_mails(
    connection: Connection, limit: int = 100, before: int | None = None, to: Address | None = None
) -> list[CapturedLine]:
    """At most `limit` mails, newest first, of those with a number below `before`; to one address, or to anybody."""
    chosen = select(*_LINE).where(_to(to)).order_by(_M.id.desc()).limit(limit)
    rows = connection.execute(chosen if before is None else chosen.where(_M.id < before)).mappings()
    return [CapturedLine(**row) for row in rows]


def captured_source(connection: Connection, number: int) -> tuple[CapturedLine, bytes] | None:
    """One mail and its bytes; None where there is no such mail."""
    row = connection.execute(select(*_LINE, _M.source).where(_M.id == number)).mappings().first()
    if row is None:
        return None
    line = {name: row[name] for name in CapturedLine.__dataclass_fields__}
    return CapturedLine(**line), row["source"]


def count_captured(connection: Connection, to: Address | None = None) -> int:
    """How many mails there are, to one address or to anybody."""
    chosen = select(func.count()).select_from(CAPTURED_MAIL).where(_to(to))
    count: int = connection.execute(chosen).scalar_one()
    return count


def _to(address: Address | None) -> ColumnElement[bool]:
    """An address is written to as it is spelled; who writes it otherwise means the same mailbox."""
    if address is None:
        return true()
    return (_M.recipient == address.spelled) | (func.lower(_M.recipient) == address.normalised)
