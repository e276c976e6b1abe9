"""What the console shows of imports: the last ones, and what became of their rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from preferences.store.imports import Became
from preferences.store.tables import IMPORT_BATCH

_B = IMPORT_BATCH.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedBatch:
    """One import: its file, how far it came, what became of the rows. `finished_at` None is one that stopped."""

    file_name: str
    file_hash: str
    rows_done: int
    counts: Mapping[Became, int]
    created_at: datetime
    finished_at: datetime | None


def last_imports(connection: Connection, publication_id: int, limit: int = 20) -> list[ImportedBatch]:
    """At most `limit` imports of a publication, newest first."""
    names = ("file_name", "file_hash", "rows_done", "counts", "created_at", "finished_at")
    chosen = select(*(_B[name] for name in names)).where(_B.publication_id == publication_id)
    rows = connection.execute(chosen.order_by(_B.id.desc()).limit(limit)).mappings()
    return [ImportedBatch(**{**row, "counts": _counts(row["counts"])}) for row in rows]


def _counts(text: str) -> dict[Became, int]:
    return {Became(name): number for name, number in json.loads(text).items()}
