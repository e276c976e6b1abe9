"""The way from one address to another: asked for with a fresh link, agreed to at both ends, then done in one transaction.

The person stays who they are: expectation, ledger and every link of a mail. Whether the new address is known here is
told to nobody but its own mailbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from preferences.address import Address
from preferences.errors import Invalid, NotFound, Said
from preferences.expectation import Suppression
from preferences.store.changes import locked_subscriber
from preferences.store.events import By, record
from preferences.store.moving import move
from preferences.store.rows import inserted_key
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.subscribers import SubscriberRow, lock_subscribers, subscriber_at, suppression_of
from preferences.store.tables import ADDRESS_CHANGE

# Whoever has not answered by then has thought otherwise, or never got the mail.
OPEN_FOR = timedelta(days=7)
_C = ADDRESS_CHANGE.c


class End(StrEnum):
    """Whose answer it is: of the mailbox that mail shall go to, or of the one that it goes to so far."""

    NEW = "new"
    OLD = "old"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change of address as stored; `address` is None once erased."""

    id: int
    publication_id: int
    subscriber_id: int
    address: str | None
    address_normalised: str | None
    asked_at: datetime
    new_confirmed_at: datetime | None
    old_confirmed_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be agreed to."""
        return self.done_at is None and self.ended_at is None and now < self.asked_at + OPEN_FOR

    def has_agreed(self, end: End) -> bool:
        """Whether that end has agreed."""
        return (self.new_confirmed_at if end is End.NEW else self.old_confirmed_at) is not None


def _row(row: Mapping[Any, Any]) -> ChangeRow:
    return ChangeRow(**{name: row[name] for name in ChangeRow.__dataclass_fields__})


def the_change(connection: Connection, publication_id: int, change_id: int) -> ChangeRow:
    """The change of that number. Raises `NotFound`."""
    chosen = select(ADDRESS_CHANGE).where((_C.id == change_id) & (_C.publication_id == publication_id))
    row = connection.execute(chosen).mappings().first()
    if row is None:
        raise NotFound("there is no such change of address")
    return _row(row)


def open_change(connection: Connection, subscriber_id: int, now: datetime) -> ChangeRow | None:
    """The change that a subscriber has asked for and that can still be agreed to; at most one is open."""
    newest = select(ADDRESS_CHANGE).where(_C.subscriber_id == subscriber_id).order_by(_C.id.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    found = None if row is None else _row(row)
    return found if found is not None and found.is_open(now) else None


def ask_for_change(
    connection: Connection, publication_id: int, subscriber_id: int, address: Address, by: By, now: datetime
) -> ChangeRow:
    """Ask both mailboxes; what was asked before ends. The same happens whether the new address is known or not.

    Raises `Invalid` for the address that it is already, for somebody who is not written to, and where no more service
    mail goes to their address today; and `NotFound`.
    """
    person = locked_subscriber(connection, publication_id, subscriber_id)
    if address.normalised == person.address_normalised and address.spelled == person.address:
        raise Invalid.one("email", Said("mail goes to this address already"))
    if person.suppressed is not None:
        raise Invalid.one("email", Said("nothing is written to your address any more, so it cannot be asked"))
    end_change(connection, publication_id, subscriber_id, by, now)
    values = {"address": address.spelled, "address_normalised": address.normalised, "asked_at": now}
    made = insert(ADDRESS_CHANGE).values(publication_id=publication_id, subscriber_id=subscriber_id, **values)
    change = the_change(connection, publication_id, inserted_key(connection.execute(made)))
    _ask_old(connection, person, change, now)
    _ask_new(connection, person, change, address, now)
    record(connection, publication_id, "address_change_asked", by, now, subscriber_id=subscriber_id)
    return change


def _ask_old(connection: Connection, person: SubscriberRow, change: ChangeRow, now: datetime) -> None:
    known, here = address_of(person), person.publication_id
    about = {"subscriber_id": person.id, "details": {"change": change.id}}
    if queue(connection, here, ServiceKind.OLD_ADDRESS, known, now, **about) is None:  # type: ignore[arg-type]
        raise Invalid.one(
            "email",
            Said("as many mails as may go to your address on one day have gone there; please ask again tomorrow"),
        )


def _ask_new(connection: Connection, person: SubscriberRow, change: ChangeRow, address: Address, now: datetime) -> None:
    """The new mailbox is asked; one that gets mail already is told so, with a link of its own."""
    here = person.publication_id
    there = subscriber_at(connection, here, address)
    is_taken = there is not None and there.id != person.id
    queue(
        connection,
        here,
        ServiceKind.ADDRESS_TAKEN if is_taken else ServiceKind.NEW_ADDRESS,
        address,
        now,
        subscriber_id=there.id if there is not None and is_taken else person.id,
        details={} if is_taken else {"change": change.id},
    )


def address_of(person: SubscriberRow) -> Address:
    """Where mail to a subscriber goes; of somebody erased, nowhere."""
    return Address(spelled=person.address or "", normalised=person.address_normalised or "")


def end_change(connection: Connection, publication_id: int, subscriber_id: int, by: By, now: datetime) -> bool:
    """End what was asked for, if it is still open; nothing moves then. False where nothing was."""
    # The other end may be agreeing at this moment: one of the two comes first, and the second sees what it did.
    lock_subscribers(connection, [subscriber_id])
    mine = (_C.subscriber_id == subscriber_id) & _C.done_at.is_(None) & _C.ended_at.is_(None)
    ended = connection.execute(update(ADDRESS_CHANGE).where(mine).values(ended_at=now)).rowcount > 0
    if ended:
        record(connection, publication_id, "address_change_ended", by, now, subscriber_id=subscriber_id)
    return ended


def agree(connection: Connection, publication_id: int, change_id: int, end: End, by: By, now: datetime) -> ChangeRow:
    """One end agrees; when both have, mail goes to the new address. Answers how it stands then.

    Pressing twice is pressing once; what is over stays as it is. Raises `NotFound`, also once erased.
    """
    asked = the_change(connection, publication_id, change_id)
    person = locked_subscriber(connection, publication_id, asked.subscriber_id)
    change = the_change(connection, publication_id, change_id)
    if not change.is_open(now) or change.has_agreed(end):
        return change
    column = "new_confirmed_at" if end is End.NEW else "old_confirmed_at"
    connection.execute(update(ADDRESS_CHANGE).where(_C.id == change_id).values({column: now}))
    about = {"subscriber_id": person.id, "details": {"end": end.value}}
    record(connection, publication_id, "address_change_agreed", by, now, **about)  # type: ignore[arg-type]
    change = the_change(connection, publication_id, change_id)
    if change.has_agreed(End.NEW) and change.has_agreed(End.OLD):
        _finish(connection, person, change, by, now)
    return the_change(connection, publication_id, change_id)


# No answer from a mailbox ends these.
_FOR_GOOD = (Suppression.COMPLAINT.value, Suppression.OPERATOR.value)


def _finish(connection: Connection, person: SubscriberRow, change: ChangeRow, by: By, now: datetime) -> None:
    """Move the person; where that has become impossible since it was asked, it ends instead."""
    here, to = person.publication_id, Address(spelled=change.address or "", normalised=change.address_normalised or "")
    there = subscriber_at(connection, here, to)
    is_taken = there is not None and there.id != person.id
    if is_taken or suppression_of(connection, here, to) in _FOR_GOOD or person.suppressed is not None:
        end_change(connection, here, person.id, by, now)
        return
    connection.execute(update(ADDRESS_CHANGE).where(_C.id == change.id).values(done_at=now))
    move(connection, person, to, change.new_confirmed_at or now, by, now)
