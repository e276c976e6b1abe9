"""Answers kept for a day, so that a request repeated under the same key gets the same answer and is done once.

The answer is written in the transaction that did the work: either both are there or neither is. Answers hold addresses,
which is why they are forgotten after a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from preferences.errors import Conflict, TrothError
from preferences.store.tables import IDEMPOTENT_ANSWER
from preferences.store.tokens import TokenRow

KEPT_FOR = timedelta(days=1)
_A = IDEMPOTENT_ANSWER.c


class OtherRequest(TrothError):
    """The key was used for another request: use a new key for each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was given."""

    status: int
    body: str


def claim(connection: Connection, token: TokenRow, key: str, request_hash: bytes, now: datetime) -> KeptAnswer | None:
    """The answer that was given under this key, or None, and then the key is this transaction's.

    Somebody else who holds the key is waited for. Raises `OtherRequest`, and `Conflict` for a key without an answer.
    """
    forget_answers(connection, now, token_id=token.id)
    if _take(connection, token, key, request_hash, now):
        return None
    found = kept_answer(connection, token, key, request_hash, now)
    if found is None:
        raise Conflict("a request with this key is under way: repeat it in a moment")
    return found


def kept_answer(
    connection: Connection, token: TokenRow, key: str, request_hash: bytes, now: datetime
) -> KeptAnswer | None:
    """The answer that was given under this key, None where there is none. Raises `OtherRequest`."""
    mine = (_A.token_id == token.id) & (_A.idempotency_key == key) & (_A.created_at >= now - KEPT_FOR)
    found = connection.execute(select(_A.request_hash, _A.status, _A.body).where(mine)).one_or_none()
    if found is None or found.status is None:
        return None
    if found.request_hash != request_hash:
        raise OtherRequest("this key was used for another request: use a new key for each request")
    return KeptAnswer(status=found.status, body=found.body or "")


def _take(connection: Connection, token: TokenRow, key: str, request_hash: bytes, now: datetime) -> bool:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_into
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_into  # type: ignore[assignment]
    done = connection.execute(
        insert_into(IDEMPOTENT_ANSWER)
        .values(
            publication_id=token.publication_id,
            token_id=token.id,
            idempotency_key=key,
            request_hash=request_hash,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["token_id", "idempotency_key"])
        .returning(_A.id)
    )
    return done.first() is not None


def keep(connection: Connection, token: TokenRow, key: str, answer: KeptAnswer) -> None:
    """Keep the answer to the request whose key this transaction has claimed."""
    mine = (_A.token_id == token.id) & (_A.idempotency_key == key)
    connection.execute(update(IDEMPOTENT_ANSWER).where(mine).values(status=answer.status, body=answer.body))


def forget_answers(connection: Connection, now: datetime, *, token_id: int | None = None) -> int:
    """Forget what was kept for longer than a day, of one token or of all; answers how many."""
    old = _A.created_at < now - KEPT_FOR
    done = connection.execute(
        delete(IDEMPOTENT_ANSWER).where(old if token_id is None else old & (_A.token_id == token_id))
    )
    return done.rowcount
