"""Tokens of the API: one publication, one scope, shown once and stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from preferences.errors import Invalid, NotFound
from preferences.store.publications import one_line
from preferences.store.tables import API_TOKEN

PREFIX = "troth_"
SANDBOX_PREFIX = "tsb_"
# 256 bits: nothing slow is needed to guard the hash of what nobody can guess.
_RANDOM_BYTES = 32
_T = API_TOKEN.c


class TokenScope(StrEnum):
    """What a token may do; each includes those before it."""

    READ = "read"
    WRITE = "write"
    SEND = "send"
    ADMIN = "admin"

    def includes(self, needed: TokenScope) -> bool:
        """Whether this scope is enough where `needed` is asked for."""
        order = list(TokenScope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token as stored."""

    id: int
    publication_id: int
    name: str
    scope: TokenScope
    created_at: datetime
    revoked_at: datetime | None


def create_token(
    connection: Connection,
    publication_id: int,
    name: str,
    scope: str,
    now: datetime,
    is_sandbox: bool,  # noqa: FBT001
) -> str:
    """Make a token; answers the only copy of it. Raises `Invalid`. The sandbox's begin with another word."""
    if scope not in set(TokenScope):
        raise Invalid.one("scope", f"must be one of {', '.join(TokenScope)}")
    secret = (SANDBOX_PREFIX if is_sandbox else PREFIX) + secrets.token_urlsafe(_RANDOM_BYTES)
    connection.execute(
        insert(API_TOKEN).values(
            publication_id=publication_id,
            name=one_line("name", name),
            scope=TokenScope(scope).value,
            token_hash=_hash(secret),
            created_at=now,
        )
    )
    return secret


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def token_of(connection: Connection, secret: str) -> TokenRow | None:
    """The token that was shown as `secret`, unless it was revoked; None for anything else."""
    columns = [_T[name] for name in TokenRow.__dataclass_fields__]
    found = connection.execute(select(*columns).where(_T.token_hash == _hash(secret))).mappings().first()
    if found is None or found["revoked_at"] is not None:
        return None
    return TokenRow(**{**found, "scope": TokenScope(found["scope"])})


def tokens(connection: Connection, publication_id: int) -> list[TokenRow]:
    """All tokens of a publication, revoked ones included, oldest first."""
    columns = [_T[name] for name in TokenRow.__dataclass_fields__]
    rows = connection.execute(select(*columns).where(_T.publication_id == publication_id).order_by(_T.id)).mappings()
    return [TokenRow(**{**row, "scope": TokenScope(row["scope"])}) for row in rows]


def revoke_token(connection: Connection, publication_id: int, token_id: int, now: datetime) -> None:
    """End a token; repeating it changes nothing. Raises `NotFound`."""
    this = (_T.publication_id == publication_id) & (_T.id == token_id)
    if connection.execute(select(_T.id).where(this)).first() is None:
        raise NotFound("there is no such token in this publication")
    connection.execute(update(API_TOKEN).where(this & _T.revoked_at.is_(None)).values(revoked_at=now))
