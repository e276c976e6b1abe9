"""The keys that sign the mails of senders' domains, as they are kept: made, then signing, then replaced, then retired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select, update

from preferences.errors import Conflict, NotFound
from preferences.store.tables import DKIM_KEY

# Nobody has more; a page of keys is whole.
MOST_KEYS = 1000
_K = DKIM_KEY.c
_IS_SIGNING = _K.activated_at.is_not(None) & _K.replaced_at.is_(None) & _K.retired_at.is_(None)


class KeyState(StrEnum):
    """How far a key is in its life."""

    MADE = "made"
    """Not signing yet: its record has to stand in the DNS first."""
    SIGNING = "signing"
    REPLACED = "replaced"
    """Another signs; its record must stay until what it signed has been read."""
    RETIRED = "retired"
    """Its record can go, and its private key is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKeyRow:
    """A key as stored, its private part sealed; `record` is what stands in the DNS."""

    id: int
    domain: str
    selector: str
    algorithm: str
    sealed: bytes
    record: str
    created_at: datetime
    activated_at: datetime | None
    replaced_at: datetime | None
    retired_at: datetime | None

    @property
    def host(self) -> str:
        """The name of the record in the DNS (RFC 6376 section 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def state(self) -> KeyState:
        if self.retired_at is not None:
            return KeyState.RETIRED
        if self.replaced_at is not None:
            return KeyState.REPLACED
        return KeyState.MADE if self.activated_at is None else KeyState.SIGNING


def add_key(
    connection: Connection, *, domain: str, selector: str, algorithm: str, sealed: bytes, record: str, now: datetime
) -> None:
    """Keep a new key, which does not sign yet. Raises `Conflict` where the domain has one of that selector."""
    if connection.execute(select(_K.id).where(_K.domain == domain, _K.selector == selector)).first() is not None:
        raise Conflict(f"there is a key with the selector {selector} for {domain} already; give it another --selector")
    values = {"domain": domain, "selector": selector, "algorithm": algorithm, "sealed": sealed, "record": record}
    connection.execute(insert(DKIM_KEY).values(**values, created_at=now))


def all_keys(connection: Connection, domain: str | None = None) -> tuple[DkimKeyRow, ...]:
    """Every key, or those of a domain, the retired ones too, by domain and in the order in which they were made."""
    statement = select(DKIM_KEY).order_by(_K.domain, _K.id).limit(MOST_KEYS)
    if domain is not None:
        statement = statement.where(_K.domain == domain)
    return tuple(_row(row) for row in connection.execute(statement))


def signing_keys(connection: Connection) -> tuple[DkimKeyRow, ...]:
    """The keys that sign now, at most one of each algorithm and domain; RSA first, which every reader verifies."""
    statement = select(DKIM_KEY).where(_IS_SIGNING).order_by(_K.domain, _K.algorithm.desc(), _K.id).limit(MOST_KEYS)
    return tuple(_row(row) for row in connection.execute(statement))


def key_named(connection: Connection, domain: str, selector: str) -> DkimKeyRow:
    """One key. Raises `NotFound`."""
    statement = select(DKIM_KEY).where(_K.domain == domain, _K.selector == selector)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"there is no key with the selector {selector} for {domain}; see them with: troth dkim list")
    return _row(row)


def activate(connection: Connection, key: DkimKeyRow, now: datetime) -> tuple[DkimKeyRow, ...]:
    """Let a key sign from now on; answers those of its domain and algorithm that it replaces. Raises `Conflict`."""
    if key.state is KeyState.SIGNING:
        return ()
    if key.state is KeyState.RETIRED:
        raise Conflict(f"the key {key.selector} of {key.domain} is retired; make a new one")
    same = [one for one in signing_keys(connection) if (one.domain, one.algorithm) == (key.domain, key.algorithm)]
    for one in same:
        connection.execute(update(DKIM_KEY).where(_K.id == one.id).values(replaced_at=now))
    connection.execute(update(DKIM_KEY).where(_K.id == key.id).values(activated_at=now, replaced_at=None))
    return tuple(same)


def retire(connection: Connection, key: DkimKeyRow, now: datetime) -> None:
    """End a key: its private part is emptied, so that nothing can be signed with it again."""
    connection.execute(update(DKIM_KEY).where(_K.id == key.id).values(retired_at=now, sealed=b""))


def _row(row: Row[tuple[object, ...]]) -> DkimKeyRow:
    return DkimKeyRow(**row._mapping)
