"""Addresses that nothing is written to: dead ones, those that complained, those that an operator blocked.

What is kept is a keyed hash, which survives erasure and import. A dead address is dead for every publication; nothing
else crosses between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select

from preferences.address import Address, address_hash
from preferences.expectation import Suppression
from preferences.store.attributions import circumstances
from preferences.store.changes import locked_subscriber, settle
from preferences.store.events import By, record
from preferences.store.installation import suppression_key
from preferences.store.standings import change_standing
from preferences.store.subscribers import (
    SubscriberRow,
    lock_subscribers,
    subscriber,
    subscriber_at,
    suppression_of,
)
from preferences.store.tables import DEAD_ADDRESS, PUBLICATION, SUBSCRIBER, SUPPRESSED
from preferences.store.unsubscribe_rows import insert_unsubscribe
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Cause, Scope

_S = SUPPRESSED.c
# The later of two does not soften the earlier: who complained is not let back in by a bounce.
_WEIGHT = {Suppression.ERASED: 0, Suppression.DEAD_ADDRESS: 1, Suppression.OPERATOR: 2, Suppression.COMPLAINT: 3}


def suppress(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    reason: Suppression,
    by: By,
    now: datetime,
    *,
    delivery_id: int | None = None,
    words: str = "",
) -> bool:
    """Write to a subscriber no more, wherever a dead address is concerned; a complaint also ends everything.

    `words` are why a person did it.

    False where that was so before. Raises `NotFound`.
    """
    person = locked_subscriber(connection, publication_id, subscriber_id)
    if person.address_normalised is None or not _is_heavier(reason, person.suppressed):
        return False
    _record_leaving(connection, person, reason, by, now, delivery_id)
    suppress_address(connection, publication_id, person.address_normalised, reason, by, now)
    _stop(connection, publication_id, subscriber_id, reason, by, now, delivery_id, words)
    if reason is Suppression.DEAD_ADDRESS:
        for other in _elsewhere(connection, person):
            _stop(connection, other.publication_id, other.id, reason, by, now, None)
    return True


def _is_heavier(reason: Suppression, than: Suppression | None) -> bool:
    return than is None or _WEIGHT[reason] > _WEIGHT[than]


def _record_leaving(
    connection: Connection, person: SubscriberRow, reason: Suppression, by: By, now: datetime, delivery_id: int | None
) -> None:
    """Complaints and dead addresses are recorded beside the unsubscribes that people make."""
    if reason is Suppression.COMPLAINT:
        unsubscribe(
            connection,
            person.publication_id,
            person.id,
            Scope.ALL,
            by,
            now,
            delivery_id=delivery_id,
            cause=Cause.COMPLAINT,
        )
    elif reason is Suppression.DEAD_ADDRESS:
        around = circumstances(connection, person, delivery_id, now)
        insert_unsubscribe(connection, person, Scope.ALL, None, around, by, now, Cause.BOUNCE, "")


def _stop(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    reason: Suppression,
    by: By,
    now: datetime,
    delivery_id: int | None,
    words: str = "",
) -> None:
    change_standing(
        connection,
        publication_id,
        subscriber_id,
        "suppressed",
        by,
        now,
        columns={"suppressed": reason.value, "suppressed_at": now},
        delivery_id=delivery_id,
        details={"reason": reason.value, **({"words": words} if words else {})},
    )
    settle(connection, publication_id, [subscriber_id], now)


def _elsewhere(connection: Connection, person: SubscriberRow) -> list[SubscriberRow]:
    """The subscribers of other publications at the same address to whom something may be written, locked."""
    others = select(SUBSCRIBER.c.id, SUBSCRIBER.c.publication_id).where(
        SUBSCRIBER.c.publication_id.in_(select(PUBLICATION.c.id).where(PUBLICATION.c.id != person.publication_id))
        & (SUBSCRIBER.c.address_normalised == person.address_normalised)
    )
    found = connection.execute(others.order_by(SUBSCRIBER.c.id)).all()
    lock_subscribers(connection, [row.id for row in found])
    people = [subscriber(connection, row.publication_id, row.id) for row in found]
    return [one for one in people if one.suppressed is None]


def suppress_address(
    connection: Connection, publication_id: int, normalised: str, reason: Suppression, by: By, now: datetime
) -> None:
    """Keep the hash of a normalised address among the suppressed; whoever subscribes with it arrives suppressed."""
    digest = address_hash(suppression_key(connection), normalised)
    if reason is Suppression.DEAD_ADDRESS:
        known = select(DEAD_ADDRESS.c.address_hash).where(DEAD_ADDRESS.c.address_hash == digest)
        if connection.execute(known).first() is None:
            connection.execute(insert(DEAD_ADDRESS).values(address_hash=digest, recorded_at=now))
    here = (_S.publication_id == publication_id) & (_S.address_hash == digest)
    before = connection.execute(select(_S.reason).where(here)).scalar()
    if before is not None and not _is_heavier(reason, Suppression(before)):
        return
    connection.execute(delete(SUPPRESSED).where(here))
    connection.execute(
        insert(SUPPRESSED).values(
            publication_id=publication_id,
            address_hash=digest,
            reason=reason.value,
            made_by=by.made_by.value,
            route=by.route.value,
            occurred_at=now,
            recorded_at=now,
        )
    )


def forget_suppression(connection: Connection, publication_id: int, address: Address) -> None:
    """Take the hash of an address from the suppressed, because its owner has just answered from it."""
    digest = address_hash(suppression_key(connection), address.normalised)
    connection.execute(delete(SUPPRESSED).where((_S.publication_id == publication_id) & (_S.address_hash == digest)))
    connection.execute(delete(DEAD_ADDRESS).where(DEAD_ADDRESS.c.address_hash == digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn:
    """Why an operator lets somebody back in: in a sentence without an address, and on which day their mail came."""

    words: str = ""
    mail_received_on: date | None = None

    def in_details(self) -> dict[str, str]:
        """As it stands in the details of the event."""
        day = self.mail_received_on
        return {"words": self.words, **({} if day is None else {"mail_received_on": day.isoformat()})}


def lift_suppression(
    connection: Connection, publication_id: int, subscriber_id: int, by: By, now: datetime, why: LetIn | None = None
) -> bool:
    """Write to a subscriber again; who complained is let back in by an operator, on a mail received from them.

    False where nothing was suppressed. Raises `NotFound`. What was unsubscribed stays so.
    """
    person = locked_subscriber(connection, publication_id, subscriber_id)
    if person.suppressed is None or person.address is None or person.address_normalised is None:
        return False
    forget_suppression(
        connection, publication_id, Address(spelled=person.address, normalised=person.address_normalised)
    )
    change_standing(
        connection,
        publication_id,
        subscriber_id,
        "suppression_lifted",
        by,
        now,
        columns={"suppressed": None, "suppressed_at": None},
        details={"reason": person.suppressed.value, **(LetIn() if why is None else why).in_details()},
    )
    settle(connection, publication_id, [subscriber_id], now)
    return True


def let_in(connection: Connection, publication_id: int, address: Address, by: By, now: datetime, why: LetIn) -> bool:
    """Write to an address again, whether somebody is known there or only its hash is. False where nothing was suppressed.

    Nothing is sent by it: who had left, or was erased, signs up and confirms like anybody else.
    """
    person = subscriber_at(connection, publication_id, address)
    if person is not None:
        return lift_suppression(connection, publication_id, person.id, by, now, why)
    reason = suppression_of(connection, publication_id, address)
    if reason is None:
        return False
    forget_suppression(connection, publication_id, address)
    # Whom it is about is not known any more, so that what was written about them is not kept either.
    day = LetIn(mail_received_on=why.mail_received_on).in_details()
    record(connection, publication_id, "suppression_lifted", by, now, details={"reason": reason, **day})
    return True
