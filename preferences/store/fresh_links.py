"""Asking for a fresh link without an old mail: the same is done for every address, known or not.

No answer, and no time it takes, tells whether an address is known, suppressed, or was asked for too often.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from preferences.address import Address, address_hash
from preferences.store.installation import suppression_key
from preferences.store.networks import network_of
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.subscribers import subscriber_at
from preferences.store.tables import SERVICE_MAIL

# Of one network, whatever the addresses: a family, an office; not a program that tries a list.
AN_HOUR = 20

_S = SERVICE_MAIL.c


def ask_for_fresh_link(
    connection: Connection, publication_id: int, address: Address, network_address: str | None, now: datetime
) -> int | None:
    """Queue a fresh link to whoever reads an address, if there is anybody, in as many statements if there is nobody.

    Answers the number of the mail, which nobody outside is told; None where none goes out.
    """
    network = _network(connection, network_address)
    asked = select(func.count()).where((_S.network == network) & (_S.created_at > now - timedelta(hours=1)))
    before: int = connection.execute(asked).scalar_one()
    person = subscriber_at(connection, publication_id, address)
    # To the address as it is known, not as it was typed now.
    spelled = address.spelled if person is None or person.address is None else person.address
    return queue(
        connection,
        publication_id,
        ServiceKind.FRESH_LINK,
        Address(spelled=spelled, normalised=address.normalised),
        now,
        subscriber_id=None if person is None else person.id,
        network=network,
        is_wanted=person is not None and before < AN_HOUR,
    )


def _network(connection: Connection, network_address: str | None) -> str | None:
    """The network as a keyed hash, so that who asked cannot be told from it; an address has no space in it."""
    network = network_of(network_address)
    return None if network is None else address_hash(suppression_key(connection), f"network {network}").hex()
