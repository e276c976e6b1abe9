"""The ledger loses its details when their time is over: a thousand rows at a time, in order, from where it was left.

Rows stay, and with them every count, cap, reason and state; what goes is in `_PARTS`: what decisions were made from, what
mail servers said, and reads. What is still open, and the newest hand-over, which the high-water mark names, are rows too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, bindparam, delete, insert, select, update

from preferences.basis_reading import emptied
from preferences.store.publications import publications
from preferences.store.tables import (
    ATTEMPT,
    DECISION,
    EMPTIED,
    FOREIGN_MAIL,
    INSTALLATION,
    OBSERVATION,
    SERVICE_MAIL,
)

AT_ONCE = 1000
# A machine that was off for longer, or whose clock leapt, has to show for some days that it goes steadily.
LARGEST_LEAP = timedelta(days=2)
_BACK = timedelta(seconds=30)

_Empty = Callable[[Connection, Sequence[Row[Any]]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One thing that goes: from which table, by which instant, and how rows lose it (answers how many did)."""

    what: str
    table: Table
    at: Column[datetime]
    empty: _Empty
    columns: tuple[Column[Any], ...] = ()


def is_steady(connection: Connection, now: datetime, days: int) -> bool:
    """Whether the clock has not leapt for so many days, as far as anybody looked; notes that it was looked at now.

    A clock that leapt forward would make everything look old: so whatever looks old waits.
    """
    of = INSTALLATION.c
    row = connection.execute(select(of.id, of.seen_at, of.steady_since).with_for_update()).one()
    seen, since = row.seen_at, row.steady_since
    if seen is None or since is None or not -_BACK <= now - seen <= LARGEST_LEAP:
        since = now
    connection.execute(update(INSTALLATION).where(of.id == row.id).values(seen_at=now, steady_since=since))
    return bool(now - since >= timedelta(days=days))


def empty_ledger(connection: Connection, now: datetime) -> int:
    """Empty some of what is over at `now`, of each publication that keeps its ledger for a time; answers how many rows
    were looked at, 0 when nothing is left."""
    looked_at = 0
    for sender in publications(connection):
        if sender.ledger_days is not None:
            over = now - timedelta(days=sender.ledger_days)
            looked_at += sum(_empty_some(connection, sender.id, part, over, now) for part in _PARTS)
    return looked_at


def _empty_some(connection: Connection, publication_id: int, part: _Part, over: datetime, now: datetime) -> int:
    of, done = part.table.c, EMPTIED.c
    mine = (done.publication_id == publication_id) & (done.what == part.what)
    last: int | None = connection.execute(select(done.last_id).where(mine).with_for_update()).scalar()
    rows = connection.execute(
        select(of.id, part.at.label("at"), *part.columns)
        .where((of.publication_id == publication_id) & (of.id > (last or 0)))
        .order_by(of.id)
        .limit(AT_ONCE)
    ).all()
    old = list(_until_the_first_that_is_not_over(rows, over))
    if not old:
        return 0
    count = part.empty(connection, old)
    if last is None:
        values = {"publication_id": publication_id, "what": part.what, "last_id": 0, "emptied_rows": 0}
        connection.execute(insert(EMPTIED).values(**values, emptied_at=now))
    noted = update(EMPTIED).where(mine)
    connection.execute(noted.values(last_id=old[-1].id, emptied_rows=done.emptied_rows + count, emptied_at=now))
    return len(old)


def _until_the_first_that_is_not_over(rows: Sequence[Row[Any]], over: datetime) -> Iterator[Row[Any]]:
    """Rows are numbered as they come: whatever is behind one that is young waits for it."""
    for row in rows:
        if row.at > over:
            return
        yield row


def _empty_bases(table: Table) -> _Empty:
    def empty(connection: Connection, rows: Sequence[Row[Any]]) -> int:
        values = [{"row": row.id, "left": left} for row in rows if (left := emptied(row.basis)) is not None]
        if values:
            connection.execute(
                update(table).where(table.c.id == bindparam("row")).values(basis=bindparam("left")), values
            )
        return len(values)

    return empty


def _empty_replies(table: Table) -> _Empty:
    def empty(connection: Connection, rows: Sequence[Row[Any]]) -> int:
        chosen = table.c.id.between(rows[0].id, rows[-1].id) & table.c.id.in_([row.id for row in rows])
        return connection.execute(update(table).where(chosen & table.c.reply.is_not(None)).values(reply=None)).rowcount

    return empty


def _remove_observations(connection: Connection, rows: Sequence[Row[Any]]) -> int:
    return connection.execute(delete(OBSERVATION).where(OBSERVATION.c.id.in_([row.id for row in rows]))).rowcount


_PARTS = (
    _Part(
        what="decision",
        table=DECISION,
        at=DECISION.c.decided_at,
        empty=_empty_bases(DECISION),
        columns=(DECISION.c.basis,),
    ),
    _Part(
        what="foreign_mail",
        table=FOREIGN_MAIL,
        at=FOREIGN_MAIL.c.recorded_at,
        empty=_empty_bases(FOREIGN_MAIL),
        columns=(FOREIGN_MAIL.c.basis,),
    ),
    _Part(what="attempt", table=ATTEMPT, at=ATTEMPT.c.committed_at, empty=_empty_replies(ATTEMPT)),
    _Part(what="service_mail", table=SERVICE_MAIL, at=SERVICE_MAIL.c.created_at, empty=_empty_replies(SERVICE_MAIL)),
    _Part(what="observation", table=OBSERVATION, at=OBSERVATION.c.occurred_at, empty=_remove_observations),
)
