"""Service mails to write, and what became of each. Not counted under any cap, and limited.

A row only says what is to be written and to whom; the links in it are signed when it is composed, so that none is in
the database and an hour is an hour from the mail on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from preferences.address import Address
from preferences.store.rows import inserted_key
from preferences.store.service_limits import CONFIRMATIONS, ServiceKind, may_be_written_to
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import CAPTURED_MAIL, SERVICE_MAIL, SIGN_UP_REQUEST

TRIES = 5

_S = SERVICE_MAIL.c


class ServiceState(StrEnum):
    """Where a service mail stands. A dropped one lost its addressee."""

    DUE = "due"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMailRow:
    """A service mail as stored; `details` are what was known when it was asked for."""

    id: int
    publication_id: int
    kind: ServiceKind
    subscriber_id: int | None
    request_id: int | None
    address: str
    address_normalised: str
    details: Mapping[str, Any]
    state: ServiceState
    due_at: datetime
    tries: int
    created_at: datetime


_COLUMNS = tuple(_S[name] for name in ServiceMailRow.__dataclass_fields__)


# Held in place of a subscriber where there is none, so that it takes as long.
_NOBODY = -1


def queue(
    connection: Connection,
    publication_id: int,
    kind: ServiceKind,
    address: Address,
    now: datetime,
    *,
    subscriber_id: int | None = None,
    request_id: int | None = None,
    details: Mapping[str, Any] | None = None,
    network: str | None = None,
    is_wanted: bool = True,
) -> int | None:
    """Ask for a service mail; answers its number, or None where the limits or a suppression leave it out.

    What is left out, or not wanted by whoever calls, leaves a row without an address: the same statements run for every
    address, so that no timing tells one from another.
    """
    # Whoever is being erased at this moment is erased first: nothing may name them afterwards.
    lock_subscribers(connection, [_NOBODY if subscriber_id is None else subscriber_id])
    is_left_out = not may_be_written_to(connection, publication_id, kind, address, now) or not is_wanted
    result = connection.execute(
        insert(SERVICE_MAIL).values(
            publication_id=publication_id,
            kind=kind.value,
            subscriber_id=None if is_left_out else subscriber_id,
            request_id=request_id,
            address=None if is_left_out else address.spelled,
            address_normalised=None if is_left_out else address.normalised,
            network=network,
            details=json.dumps({} if is_left_out else details or {}, ensure_ascii=False, sort_keys=True),
            state=(ServiceState.DROPPED if is_left_out else ServiceState.DUE).value,
            due_at=now,
            created_at=now,
        )
    )
    return None if is_left_out else inserted_key(result)


def due_service_mails(connection: Connection, now: datetime, limit: int = 100) -> list[ServiceMailRow]:
    """What is to be written now, oldest first."""
    chosen = select(*_COLUMNS).where(
        (_S.state == ServiceState.DUE.value) & (_S.due_at <= now) & _S.address.is_not(None)
    )
    rows = connection.execute(chosen.order_by(_S.due_at, _S.id).limit(limit)).mappings()
    return [_row(row) for row in rows]


def is_any_under_way(connection: Connection, now: datetime) -> bool:
    """Whether a service mail is due now, or is being handed over."""
    open_states = (ServiceState.DUE.value, ServiceState.HANDING_OVER.value)
    chosen = select(_S.id).where(_S.state.in_(open_states) & (_S.due_at <= now) & _S.address.is_not(None))
    return connection.execute(chosen.limit(1)).first() is not None


def service_mail(connection: Connection, service_mail_id: int) -> ServiceMailRow | None:
    """The service mail of that number; None where its addressee was erased."""
    chosen = select(*_COLUMNS).where((_S.id == service_mail_id) & _S.address.is_not(None))
    row = connection.execute(chosen).mappings().first()
    return None if row is None else _row(row)


def typed_in(
    connection: Connection, publication_id: int, subscriber_id: int, service_mail_id: int
) -> list[tuple[str, str]] | None:
    """What a subscriber had typed into the form because of which this mail was asked for; None where there is none."""
    mine = (_S.publication_id == publication_id) & (_S.subscriber_id == subscriber_id) & (_S.id == service_mail_id)
    details = connection.execute(select(_S.details).where(mine)).scalar()
    typed = None if details is None else json.loads(details).get("typed")
    return None if typed is None else [(str(name), str(value)) for name, value in typed]


def _row(row: Mapping[Any, Any]) -> ServiceMailRow:
    values = dict(row)
    values["kind"], values["state"] = ServiceKind(values["kind"]), ServiceState(values["state"])
    values["details"] = json.loads(values["details"])
    return ServiceMailRow(**values)


def claim(connection: Connection, service_mail_id: int, lease_id: int, now: datetime) -> bool:
    """Take one for a process, and note the try; False where somebody else has it, or it is not due any more."""
    taken = connection.execute(
        update(SERVICE_MAIL)
        .where((_S.id == service_mail_id) & (_S.state == ServiceState.DUE.value) & (_S.due_at <= now))
        .values(state=ServiceState.HANDING_OVER.value, lease_id=lease_id, tries=_S.tries + 1)
    )
    return taken.rowcount == 1


def mark_sent(connection: Connection, row: ServiceMailRow, now: datetime, reply: str = "") -> None:
    """The next server has it. A confirmation notes with its request when it was sent."""
    _mark(connection, row, ServiceState.SENT, sent_at=now, reply=reply)
    if row.request_id is not None:
        connection.execute(
            update(SIGN_UP_REQUEST).where(SIGN_UP_REQUEST.c.id == row.request_id).values(confirmation_sent_at=now)
        )


def mark_failed(connection: Connection, row: ServiceMailRow, reply: str = "") -> None:
    """It was refused for good, or could not be composed."""
    _mark(connection, row, ServiceState.FAILED, reply=reply)


def mark_deferred(connection: Connection, row: ServiceMailRow, again_at: datetime, reply: str = "") -> None:
    """It was not taken now: again at an instant, and after several tries not any more."""
    state = ServiceState.DUE if row.tries < TRIES else ServiceState.FAILED
    _mark(connection, row, state, due_at=again_at, lease_id=None, reply=reply)


def mark_waiting(connection: Connection, row: ServiceMailRow, again_at: datetime, reply: str = "") -> None:
    """It had not begun: again at an instant, and the try does not count."""
    _mark(connection, row, ServiceState.DUE, due_at=again_at, lease_id=None, reply=reply, tries=max(0, row.tries - 1))


def mark_in_doubt(connection: Connection, row: ServiceMailRow, again_at: datetime, reply: str = "") -> None:
    """Nobody knows whether it arrived: a confirmation, for which a person waits, is sent again; nothing else is."""
    if row.kind in CONFIRMATIONS:
        mark_deferred(connection, row, again_at, reply)
    else:
        _mark(connection, row, ServiceState.IN_DOUBT, reply=reply)


def _mark(connection: Connection, row: ServiceMailRow, state: ServiceState, **values: Any) -> None:
    """Note where it stands; where its addressee was erased meanwhile, nothing of it is kept."""
    still = (_S.id == row.id) & _S.address.is_not(None)
    noted = connection.execute(update(SERVICE_MAIL).where(still).values(state=state.value, **values))
    if noted.rowcount == 0:
        captured = CAPTURED_MAIL.c
        kept = (captured.publication_id == row.publication_id) & (captured.recipient == row.address)
        connection.execute(delete(CAPTURED_MAIL).where(kept))


def release(connection: Connection, lease_ids: list[int], now: datetime) -> int:
    """Give back what processes that are gone had taken: the same doubt as above. Answers how many."""
    gone = (_S.state == ServiceState.HANDING_OVER.value) & or_(_S.lease_id.in_(lease_ids), _S.lease_id.is_(None))
    rows = [_row(row) for row in connection.execute(select(*_COLUMNS).where(gone).order_by(_S.id)).mappings()]
    for row in rows:
        mark_in_doubt(connection, row, now, "the process that was handing it over is gone")
    return len(rows)
