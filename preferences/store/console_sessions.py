"""Ways into the console: a link that works once and soon, and the session that it begins. Instants in UTC."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from preferences.store.tables import CONSOLE_SESSION

# Long enough to read the first lines of a start and click; a later link is one command away.
LINK_LASTS = timedelta(hours=12)
SESSION_LASTS = timedelta(days=30)
# 256 bits: nothing slow is needed to guard the hash of what nobody can guess.
_RANDOM_BYTES = 32
_S = CONSOLE_SESSION.c


def issue_link(connection: Connection, now: datetime) -> str:
    """Make a link; answers the only copy of its token. Links that nobody used and whose time is over are forgotten."""
    connection.execute(CONSOLE_SESSION.delete().where(_S.begun_at.is_(None) & (_S.link_until <= now)))
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    connection.execute(
        insert(CONSOLE_SESSION).values(link_hash=_hash(token), link_until=now + LINK_LASTS, created_at=now)
    )
    return token


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def is_link_open(connection: Connection, token: str, now: datetime) -> bool:
    """Whether a link could begin a session now. Asking changes nothing."""
    chosen = (_S.link_hash == _hash(token)) & _S.begun_at.is_(None) & (_S.link_until > now)
    return connection.execute(select(_S.id).where(chosen)).first() is not None


def begin_session(connection: Connection, token: str, now: datetime) -> str | None:
    """Use a link: the token of the session it begins; None where it was used before, is too old, or was never made."""
    session = secrets.token_urlsafe(_RANDOM_BYTES)
    begun = connection.execute(
        update(CONSOLE_SESSION)
        .where((_S.link_hash == _hash(token)) & _S.begun_at.is_(None) & (_S.link_until > now))
        .values(session_hash=_hash(session), begun_at=now, until=now + SESSION_LASTS)
    )
    return session if begun.rowcount else None


def is_session_open(connection: Connection, session: str, now: datetime) -> bool:
    """Whether a session was begun here and is neither over nor ended."""
    chosen = (_S.session_hash == _hash(session)) & (_S.until > now) & _S.ended_at.is_(None)
    return connection.execute(select(_S.id).where(chosen)).first() is not None


def end_session(connection: Connection, session: str, now: datetime) -> None:
    """End a session for good; repeating it changes nothing."""
    connection.execute(
        update(CONSOLE_SESSION).where((_S.session_hash == _hash(session)) & _S.ended_at.is_(None)).values(ended_at=now)
    )
