"""Import: a file, how its columns are read, what it would do, and doing it. Nothing is written to anybody by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from flask import Response, request
from werkzeug.wrappers import Response as Answer

from preferences.calendar import zone_named
from preferences.errors import FieldProblem, Invalid
from preferences.importing.formats import Layout, layout_of
from preferences.importing.rows import ImportedSubscriber, RowReader
from preferences.importing.table import Refused, Row
from preferences.importing.targets import Column, Target, field_name
from preferences.store.clock import SystemClock
from preferences.store.console_imports import last_imports
from preferences.store.imports import (
    BATCH_ROWS,
    DEFAULT_DECLARATION,
    IN_WORDS,
    Became,
    ImportOrder,
    Preview,
    begin_import,
    checked_order,
    finish_import,
    take_in,
)
from preferences.store.topics import topic_named, topics
from webapp.console.desk import Desk, Pages
from webapp.console.import_files import Upload, check_is_text, keep, tidy
from webapp.forms import Filled
from webapp.pages.page import guarded
from webapp.site import Site

_EXAMPLES = 3
_REFUSED_SHOWN = 20
ARRIVES = {
    "each": "as each message",
    "daily": "in one mail a day",
    "weekly": "in one mail a week",
    "monthly": "in one mail a month",
    "web": "on the web only",
}


def add_routes(pages: Pages) -> None:
    """`import`, the columns of one file, and the rows that were refused."""
    pages.show("import", "import", show)
    pages.post_outside("import", "upload", show, upload)
    pages.show("import/<file_hash>", "import_file", show_file)
    pages.post_outside("import/<file_hash>", "import_try", show_file, press)
    pages.show("import/<file_hash>/refused", "import_refused", show_refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What an import would do: rows by what becomes of them, and those that are refused."""

    counts: Mapping[Became, int]
    refused: Sequence[Refused]


def show(desk: Desk) -> Answer:
    """The form for a file, and what was imported before."""
    batches = [
        (one, _upload(desk, one.file_hash).has_refused()) for one in last_imports(desk.connection, desk.owner.id)
    ]
    has_topics = bool(topics(desk.connection, desk.owner.id))
    return desk.page("import.html", batches=batches, in_words=IN_WORDS, has_topics=has_topics)


def uploads_of(site: Site) -> Path:
    """Where the uploads of a site are kept."""
    return site.settings.data_dir / ("sandbox" if site.is_sandbox else "own")


def _upload(desk: Desk, file_hash: str) -> Upload:
    return Upload(folder=uploads_of(desk.site), publication=desk.owner.id, hash=file_hash)


def upload(desk: Desk) -> Answer:
    """Keep the file and go on to its columns. Raises `Invalid` for what is no table."""
    given = request.files.get("file")
    content = b"" if given is None else given.read()
    if given is None or not content:
        raise Invalid.one("file", "choose a file that is not empty")
    check_is_text(content)
    folder = uploads_of(desk.site)
    tidy(folder, SystemClock().now())
    kept = keep(folder, desk.owner.id, given.filename or "file.csv", content)
    try:
        kept.table()
    except Invalid:
        kept.forget()
        raise
    return desk.see(f"import/{kept.hash}")


def show_file(desk: Desk, file_hash: str, tried: Tried | None = None) -> Answer:
    """The columns with examples, and what an import would do once it was tried."""
    kept = _upload(desk, file_hash)
    table = kept.table()
    layout = _layout(table.header, desk.filled)
    examples = [row.cells for row in islice((one for one in table.rows if isinstance(one, Row)), _EXAMPLES)]
    there = topics(desk.connection, desk.owner.id)
    return desk.page(
        "import_file.html",
        file_name=kept.name,
        file_hash=file_hash,
        format=None if layout is None else layout.format.name,
        columns=_columns(table.header, layout, desk.filled, examples),
        topics=[(topic.slug, topic.name) for topic in there],
        arrives=list(ARRIVES.items()),
        filled=desk.filled if desk.filled.pairs else Filled([("declare", DEFAULT_DECLARATION)]),
        tried=tried,
        refused=() if tried is None else tried.refused[:_REFUSED_SHOWN],
        in_words=IN_WORDS,
    )


def _layout(header: Sequence[str], filled: Filled) -> Layout | None:
    """What the columns are; None where that is still to be said."""
    try:
        return layout_of(header, _chosen(header, filled))
    except Invalid:
        return None


def _chosen(header: Sequence[str], filled: Filled) -> dict[str, str]:
    return {name: filled.one(f"map-{index}") for index, name in enumerate(header) if filled.one(f"map-{index}")}


def _columns(
    header: Sequence[str], layout: Layout | None, filled: Filled, examples: Sequence[Sequence[str]]
) -> list[tuple[str, str, list[str], list[str]]]:
    """For each column its name, what it becomes, what it could become, and what stands in it."""
    known: Mapping[int, Column] = {} if layout is None else {column.index: column for column in layout.columns}
    shown = []
    for index, name in enumerate(header):
        own = f"{Target.FIELD}.{field_name(name, index)}"
        becomes = filled.one(f"map-{index}") or (known[index].becomes if index in known else own)
        choices = [target.value for target in Target if target is not Target.FIELD]
        own_choice = [becomes] if becomes not in choices else [own]
        shown.append((name, becomes, [*own_choice, *choices], [cells[index][:80] for cells in examples]))
    return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One reading of a file: the order, and its rows in batches; refused rows are kept on the way."""

    desk: Desk
    order: ImportOrder
    layout: Layout
    kept: Upload
    zone: str | None
    refused: list[Refused]

    def batches(self) -> Iterator[list[ImportedSubscriber | Refused]]:
        zone = None if self.zone is None else zone_named(self.zone)
        entries = RowReader(self.layout, zone, self.desk.now).read(self.kept.table().rows)
        while batch := list(islice(entries, BATCH_ROWS)):
            self.refused.extend(entry for entry in batch if isinstance(entry, Refused))
            yield batch


def press(desk: Desk, file_hash: str) -> Answer:
    """Try it, or do it."""
    try:
        run = _run(desk, file_hash)
    except Invalid as error:
        raise Invalid(_as_form(error)) from error
    if desk.filled.one("do") != "import":
        return show_file(desk, file_hash, _try(run))
    _import(run)
    desk.site.wake()
    return desk.see("import")


def _as_form(error: Invalid) -> list[FieldProblem]:
    """The same problems under the names of the form, which has no options."""
    return [
        FieldProblem(
            field=one.field.removeprefix("--"), message=one.message.replace(" with --map COLUMN=email", " below")
        )
        for one in error.problems
    ]


def _run(desk: Desk, file_hash: str) -> _Run:
    filled, kept = desk.filled, _upload(desk, file_hash)
    if not filled.one("topic"):
        raise Invalid.one("topic", "say what these readers expect: without it, nobody knows what was promised")
    header = kept.table().header
    chosen = _chosen(header, filled)
    layout = layout_of(header, chosen)
    zone = filled.one("zone") or None
    order = checked_order(
        desk.owner,
        topic_named(desk.connection, desk.owner.id, filled.one("topic")),
        filled.one("arrives", "each"),
        zone=zone,
        file_name=kept.name,
        file_hash=file_hash,
        format_name=layout.format.name,
        declaration=filled.one("declare") or None,
        mapped=chosen,
    )
    return _Run(desk=desk, order=order, layout=layout, kept=kept, zone=zone, refused=[])


def _try(run: _Run) -> Tried:
    counts: Counter[Became] = Counter()
    preview = Preview(order=run.order)
    for batch in run.batches():
        counts += preview.count(run.desk.connection, _people(batch))
    return Tried(counts=counts, refused=run.refused)


def _import(run: _Run) -> None:
    """Take in what is not done yet, each batch in a transaction of its own: who stops it loses nothing."""
    database, now = run.desk.site.database, run.desk.now
    with database.write() as connection:
        batch = begin_import(connection, run.order, now)
    position = 0
    for entries in run.batches():
        to_do = entries[max(0, batch.rows_done - position) :]
        position += len(entries)
        if to_do:
            with database.write() as connection:
                batch = take_in(connection, run.order, batch, _people(to_do), len(to_do), now)
    with database.write() as connection:
        finish_import(connection, run.order, batch, len(run.refused), now)
    if run.refused:
        run.kept.keep_refused(run.kept.table().header, run.refused)
    run.kept.forget()


def _people(entries: Sequence[ImportedSubscriber | Refused]) -> list[ImportedSubscriber]:
    return [entry for entry in entries if isinstance(entry, ImportedSubscriber)]


def show_refused(desk: Desk, file_hash: str) -> Answer:
    """The refused rows with their reasons, to correct and to import again."""
    response = Response(_upload(desk, file_hash).refused(), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="refused.csv"'
    return guarded(response)
