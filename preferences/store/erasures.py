"""Erasure: the person is emptied, the ledger stays under a number that leads nowhere.

It is one transaction: either all of it has happened or none. What waits is decided again in it, and what is being
handed over at that moment finds nobody to note anything about.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from preferences.expectation import Suppression
from preferences.store.attributions import is_under_way
from preferences.store.changes import end_expectation, locked_subscriber, settle
from preferences.store.consents import record_withdrawal
from preferences.store.emptying import addresses_of, empty_person
from preferences.store.events import By
from preferences.store.signups import lock_requests
from preferences.store.standings import change_standing
from preferences.store.subscribers import subscriber
from preferences.store.suppressions import suppress_address


def erase(connection: Connection, publication_id: int, subscriber_id: int, by: By, now: datetime) -> bool:
    """Empty a subscriber: address, spelling, name, fields, zone, free text, network address and agent, captured mail.

    The addresses stay suppressed by their keyed hash until their owner signs up again, as a new subscriber. Answers
    whether a mail is just being handed over, which may still arrive. Raises `NotFound`, also where it was erased before.
    """
    _hold_requests(connection, publication_id, subscriber_id)
    person = locked_subscriber(connection, publication_id, subscriber_id)
    addresses = addresses_of(connection, person)
    for address in sorted(addresses):
        suppress_address(connection, publication_id, address, Suppression.ERASED, by, now)
    end_expectation(connection, subscriber_id, now)
    record_withdrawal(connection, person, (), "erased", by, now)
    empty_person(connection, person, addresses, now)
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
    return is_under_way(connection, subscriber_id)


def _hold_requests(connection: Connection, publication_id: int, subscriber_id: int) -> None:
    """Requests before the subscriber, as a confirmation does, so that no two wait for each other."""
    for address in sorted(addresses_of(connection, subscriber(connection, publication_id, subscriber_id))):
        lock_requests(connection, publication_id, address)
