"""What an import says: the file as it was understood, its progress, the refused rows, and what became of the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from preferences.importing.formats import Layout
from preferences.importing.table import DELIMITERS
from preferences.importing.targets import Target
from preferences.store.imports import DEFAULT_DECLARATION, IN_WORDS, ImportOrder
from webapp.cli.import_file import ImportFile
from webapp.cli.refused_file import RefusedFile

if TYPE_CHECKING:
    from webapp.cli.import_steps import Result


def say_file(file: ImportFile, layout: Layout, order: ImportOrder) -> None:
    """How the file is understood, so that a person sees a mistake before it is made."""
    delimiter = DELIMITERS.get(file.table.delimiter, repr(file.table.delimiter))
    click.echo(f"{file.path.name}: {layout.format.name}, {file.encoding.name}, {delimiter}.", err=True)
    if file.encoding.is_guess:
        click.echo(
            f"The encoding is a guess: {file.encoding.name}. Where names look wrong, save the file as UTF-8.", err=True
        )
    columns = [f"{column.name} → {column.becomes}" for column in layout.columns if column.target is not Target.IGNORED]
    click.echo(f"Columns: {', '.join(columns)}.", err=True)
    topic, cadence = order.topic, order.topic.cadence.at_most
    click.echo(
        f"Onto {topic.name}, at most {cadence.count} per {cadence.per.replace('_', ' ')},"
        f" arriving as {order.arrives}; readers without a time zone of their own are in {order.zone}.",
        err=True,
    )
    if order.declaration == DEFAULT_DECLARATION:
        click.echo(f'Your declaration: "{order.declaration}" Say how they agreed with --declare.', err=True)


@contextmanager
def progress(file: ImportFile) -> Iterator[Callable[[], None]]:
    """A bar on standard error, where a person looks at it; call what it gives after each batch."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    # Only here: nothing else is drawn.
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Importing", total=file.size)
        yield lambda: bar.update(task, completed=file.read_bytes())


def say_refused(refused: RefusedFile) -> None:
    """The first refused rows with their reasons, and where all of them are."""
    for one in refused.first:
        click.echo(f"line {one.line}: {one.reason}", err=True)
    if refused.total > len(refused.first):
        click.echo(f"… and {refused.total - len(refused.first)} more.", err=True)
    if refused.total and refused.path is not None:
        click.echo(f"All refused rows are in {refused.path}: correct them there, and import that file.", err=True)


def say_result(result: Result, *, dry_run: bool) -> None:
    """What became of the rows, on standard output."""
    rows = sum(result.counts.values()) + result.refused
    click.echo(
        f"{rows} {'row' if rows == 1 else 'rows'}{'; nothing was changed, this would happen' if dry_run else ''}:"
    )
    for became, words in IN_WORDS.items():
        if result.counts.get(became):
            click.echo(f"{result.counts[became]:>9} {words}")
    if result.refused:
        click.echo(f"{result.refused:>9} refused")
