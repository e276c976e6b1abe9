"""What is kept for a time goes when its time is over; what the ledger counts stays.

* Network address and agent leave the proof of consent, and the request behind it, after the publication's `proof_days`.
* The network that requests are limited by leaves after two days: a day is what it limits.
* A sign-up that nobody confirmed is emptied of the person after 30 days, with the mail that asked for it; the request
  stays as a number, without whom, what and where.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, select, update

from preferences.store.publications import publications
from preferences.store.service_limits import DEAD_ADDRESS_WAITS
from preferences.store.service_mails import ServiceState
from preferences.store.tables import CONSENT, SERVICE_MAIL, SIGN_UP_REQUEST

# Longer than a dead address has to wait for its next confirmation, so that no limit is forgotten too early.
UNCONFIRMED_FOR = DEAD_ADDRESS_WAITS
NETWORK_FOR = timedelta(days=2)
_AT_ONCE = 1000
_R, _S = SIGN_UP_REQUEST.c, SERVICE_MAIL.c
_IS_OVER = (ServiceState.SENT.value, ServiceState.FAILED.value, ServiceState.IN_DOUBT.value, ServiceState.DROPPED.value)

_IS_OPEN = (ServiceState.DUE.value, ServiceState.HANDING_OVER.value)


def forget(connection: Connection, now: datetime) -> int:
    """Empty what is over at `now`, some of it at a time; answers how many rows were emptied, 0 when nothing is left."""
    emptied = _forget_unconfirmed(connection, now) + _forget_networks(connection, now)
    for sender in publications(connection):
        over = now - timedelta(days=sender.proof_days)
        for table, at in ((CONSENT, CONSENT.c.recorded_at), (SIGN_UP_REQUEST, _R.made_at)):
            is_there = table.c.network_address.is_not(None) | table.c.agent.is_not(None)
            which = (table.c.publication_id == sender.id) & (at <= over) & is_there
            emptied += _empty(connection, table, which, {"network_address": None, "agent": None})
    return emptied


def _forget_networks(connection: Connection, now: datetime) -> int:
    emptied = 0
    for sender in publications(connection):
        which = (_R.publication_id == sender.id) & _R.network.is_not(None) & (_R.made_at <= now - NETWORK_FOR)
        emptied += _empty(connection, SIGN_UP_REQUEST, which, {"network": None})
    return emptied


def _forget_unconfirmed(connection: Connection, now: datetime) -> int:
    # What asks for the confirmation may itself wait, such as for a sender: until it has left, the request is needed.
    waits = select(_S.request_id).where(_S.state.in_(_IS_OPEN) & _S.request_id.is_not(None))
    over = (
        _R.confirmed_at.is_(None)
        & _R.address_normalised.is_not(None)
        & (_R.made_at <= now - UNCONFIRMED_FOR)
        & (_R.confirmation_sent_at.is_(None) | (_R.confirmation_sent_at <= now - UNCONFIRMED_FOR))
        & _R.id.not_in(waits)
    )
    chosen = select(_R.id, _R.publication_id, _R.address_normalised).where(over).order_by(_R.made_at).limit(_AT_ONCE)
    rows = connection.execute(chosen).all()
    for publication_id in {row.publication_id for row in rows}:
        addresses = sorted({row.address_normalised for row in rows if row.publication_id == publication_id})
        connection.execute(
            update(SERVICE_MAIL)
            .where(
                (_S.publication_id == publication_id)
                & _S.address_normalised.in_(addresses)
                & (_S.created_at <= now - UNCONFIRMED_FOR)
                & _S.state.in_(_IS_OVER)
            )
            .values(address=None, address_normalised=None, details="{}", reply=None)
        )
    if rows:
        connection.execute(update(SIGN_UP_REQUEST).where(_R.id.in_([row.id for row in rows])).values(_NOBODY))
    return len(rows)


_NOBODY: dict[str, object] = {
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
}


def _empty(connection: Connection, table: Table, which: ColumnElement[bool], values: dict[str, object]) -> int:
    some = select(table.c.id).where(which).order_by(table.c.id).limit(_AT_ONCE)
    return connection.execute(update(table).where(table.c.id.in_(some)).values(values)).rowcount
