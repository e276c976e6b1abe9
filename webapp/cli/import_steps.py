"""The steps of an import: batch after batch, as a preview or for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from preferences.calendar import zone_named
from preferences.importing.formats import Layout
from preferences.importing.rows import ImportedSubscriber, RowReader
from preferences.importing.table import Refused
from preferences.store.imports import (
    BATCH_ROWS,
    Batch,
    Became,
    ImportOrder,
    Overtaken,
    Preview,
    finish_import,
    take_in,
)
from webapp.cli.import_file import ImportFile
from webapp.cli.import_words import progress
from webapp.cli.installation import Installation
from webapp.cli.refused_file import RefusedFile

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """Everything an import is made of. `zone` is that of --zone, in which times without an offset are read."""

    here: Installation
    file: ImportFile
    layout: Layout
    order: ImportOrder
    refused: RefusedFile
    zone: str | None

    def batches(self) -> Iterator[Sequence[ImportedSubscriber | Refused]]:
        """The rows of the file in batches; each refused row is kept on the way."""
        zone = None if self.zone is None else zone_named(self.zone)
        reader = RowReader(self.layout, zone, self.here.now())
        entries = reader.read(self.file.table.rows)
        with progress(self.file) as advance:
            while batch := list(islice(entries, BATCH_ROWS)):
                for entry in batch:
                    if isinstance(entry, Refused):
                        self.refused.add(entry)
                yield batch
                advance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of all rows, those of an earlier start of the same import included."""

    counts: Mapping[Became, int]
    refused: int


def run_preview(run: ImportRun) -> Result:
    """What the import would do. Nothing is changed."""
    counts: Counter[Became] = Counter()
    preview = Preview(order=run.order)
    for entries in run.batches():
        with run.here.database.read() as connection:
            counts += preview.count(connection, _people(entries))
    return Result(counts=counts, refused=run.refused.total)


def run_for_good(run: ImportRun, batch: Batch) -> Result:
    """Take in what is not done yet, each batch in a transaction that says how far it has come."""
    position = 0
    for entries in run.batches():
        to_do = entries[max(0, batch.rows_done - position) :]
        position += len(entries)
        if to_do:
            batch = _take_in(run, batch, to_do)
    with run.here.database.write() as connection:
        finish_import(connection, run.order, batch, run.refused.total, run.here.now())
    return Result(counts=batch.counts, refused=run.refused.total)


def _take_in(run: ImportRun, batch: Batch, entries: Sequence[ImportedSubscriber | Refused]) -> Batch:
    """Take a batch in, once more where somebody subscribed at the same moment."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with run.here.database.write() as connection:
                return take_in(connection, run.order, batch, _people(entries), len(entries), run.here.now())
        except Overtaken:
            if not tries_left:
                raise
    raise AssertionError("unreachable: the last try either answers or raises")


def _people(entries: Sequence[ImportedSubscriber | Refused]) -> list[ImportedSubscriber]:
    return [entry for entry in entries if isinstance(entry, ImportedSubscriber)]
