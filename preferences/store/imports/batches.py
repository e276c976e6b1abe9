"""How far an import has come: kept in the transaction that took the rows in, so that it stops and goes on anywhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from preferences.errors import Conflict
from preferences.store.events import record
from preferences.store.imports.orders import BY_IMPORT, ImportOrder
from preferences.store.imports.outcomes import Became
from preferences.store.rows import inserted_key
from preferences.store.tables import IMPORT_BATCH

_B = IMPORT_BATCH.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """An import under way: how many rows of the file are done, and what became of them."""

    id: int
    rows_done: int
    counts: Mapping[Became, int]


def begin_import(connection: Connection, order: ImportOrder, now: datetime) -> Batch:
    """Begin an import, or take up one of the same file and the same declarations that stopped before its end."""
    declared = json.dumps(order.declared(), ensure_ascii=False, sort_keys=True)
    same = (
        (_B.publication_id == order.publication.id)
        & (_B.file_hash == order.file_hash)
        & (_B.declared == declared)
        & _B.finished_at.is_(None)
    )
    stopped = connection.execute(select(_B.id, _B.rows_done, _B.counts).where(same).order_by(_B.id).limit(1)).first()
    if stopped is not None:
        counts = {Became(name): number for name, number in json.loads(stopped.counts).items()}
        return Batch(id=stopped.id, rows_done=stopped.rows_done, counts=counts)
    result = connection.execute(
        insert(IMPORT_BATCH).values(
            publication_id=order.publication.id,
            file_name=order.file_name,
            file_hash=order.file_hash,
            declared=declared,
            created_at=now,
        )
    )
    batch_id = inserted_key(result)
    record(connection, order.publication.id, "import_begun", BY_IMPORT, now, details={"batch": batch_id})
    return Batch(id=batch_id, rows_done=0, counts={})


def advance(connection: Connection, batch: Batch, rows: int, became: Counter[Became]) -> Batch:
    """Note that `rows` more rows are done. Raises `Conflict` where somebody else imports the same file meanwhile."""
    counts = Counter(batch.counts) + became
    result = connection.execute(
        update(IMPORT_BATCH)
        .where((_B.id == batch.id) & (_B.rows_done == batch.rows_done) & _B.finished_at.is_(None))
        .values(
            rows_done=batch.rows_done + rows,
            counts=json.dumps({one.value: number for one, number in counts.items()}, sort_keys=True),
        )
    )
    if result.rowcount != 1:
        raise Conflict("this file is being imported by somebody else at this moment; wait until that has ended")
    return Batch(id=batch.id, rows_done=batch.rows_done + rows, counts=dict(counts))


def finish_import(connection: Connection, order: ImportOrder, batch: Batch, refused: int, now: datetime) -> None:
    """Note that every row of the file is done. A later import of the same file begins anew, and finds everybody there."""
    connection.execute(update(IMPORT_BATCH).where(_B.id == batch.id).values(finished_at=now))
    counts = {one.value: number for one, number in batch.counts.items()}
    details = {"batch": batch.id, "rows": batch.rows_done, "refused": refused, "became": counts}
    record(connection, order.publication.id, "import_finished", BY_IMPORT, now, details=details)
