"""`troth import`: subscribers from the export of another system."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from preferences.errors import Invalid
from preferences.expectation import Arrives
from preferences.importing.formats import Layout, layout_of
from preferences.store.imports import ImportOrder, begin_import, checked_order
from preferences.store.publications import publication_named
from preferences.store.topics import topic_named
from webapp.cli.files import GivenFile
from webapp.cli.group import FAILED
from webapp.cli.import_file import ImportFile, open_import_file
from webapp.cli.import_steps import ImportRun, Result, run_for_good, run_preview
from webapp.cli.import_words import say_file, say_refused, say_result
from webapp.cli.installation import Installation, installation, publication_option
from webapp.cli.refused_file import RefusedFile


@click.command("import")
@click.argument("file", type=GivenFile())
@click.option(
    "--topic", "topic_slug", metavar="SLUG", help="The topic these readers expect; there is no import without."
)
@click.option("--arrives", type=click.Choice([one.value for one in Arrives]), default="each", show_default=True)
@click.option("--zone", help="The time zone of readers, and of times, that name none; else the publication's.")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="What a column is, such as Mail=email.")
@click.option("--dry-run", is_flag=True, help="Change nothing, and say what would happen.")
@click.option("--declare", metavar="TEXT", help="How these readers agreed; it is kept with each of them as proof.")
@click.option(
    "--refused",
    "refused_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows go, with their reasons; else beside FILE.",
)
@publication_option
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    topic_slug: str | None,
    arrives: str,
    zone: str | None,
    mapped: tuple[str, ...],
    dry_run: bool,
    declare: str | None,
    refused_path: Path | None,
    publication_slug: str | None,
) -> None:
    """Bring the subscribers in FILE along: plain CSV, or an export of Mailchimp, Substack, Ghost, listmonk,
    Buttondown or beehiiv.

    They arrive on the topic's current cadence, marked as carried over. Who unsubscribed, complained or bounced there
    arrives so, and is not written to; who left here stays away. Safe to stop and to repeat: the same command goes on.
    """
    if topic_slug is None:
        raise click.UsageError(
            "Say with --topic what these readers expect: without it, nobody knows what was promised."
        )
    chosen = _mapping(mapped)
    with installation(publication_slug) as here, open_import_file(file) as opened:
        layout = layout_of(opened.table.header, chosen)
        order = _order(here, opened, layout, publication_slug, topic_slug, arrives, zone, declare, chosen)
        say_file(opened, layout, order)
        refused = RefusedFile(source=file, chosen=refused_path, header=opened.table.header, only_chosen=dry_run)
        run = ImportRun(here=here, file=opened, layout=layout, order=order, refused=refused, zone=zone)
        with refused:
            result = _run(run, dry_run=dry_run)
    say_refused(refused)
    say_result(result, dry_run=dry_run)
    if result.refused and not sum(result.counts.values()):
        context.exit(FAILED)


def _run(run: ImportRun, *, dry_run: bool) -> Result:
    if dry_run:
        return run_preview(run)
    with run.here.database.write() as connection:
        batch = begin_import(connection, run.order, run.here.now())
    if batch.rows_done:
        click.echo(f"This import stopped after {batch.rows_done} rows; it goes on from there.", err=True)
    return run_for_good(run, batch)


def _mapping(texts: tuple[str, ...]) -> dict[str, str]:
    chosen = {}
    for text in texts:
        column, equals, becomes = text.rpartition("=")
        if not equals or not column.strip() or not becomes.strip():
            raise Invalid.one("--map", f"write it as COLUMN=FIELD, such as Mail=email, not {text!r}")
        chosen[column.strip()] = becomes.strip()
    return chosen


def _order(
    here: Installation,
    opened: ImportFile,
    layout: Layout,
    publication_slug: str | None,
    topic_slug: str,
    arrives: str,
    zone: str | None,
    declare: str | None,
    chosen: Mapping[str, str],
) -> ImportOrder:
    with here.database.read() as connection:
        publication = publication_named(connection, publication_slug)
        topic = topic_named(connection, publication.id, topic_slug)
    return checked_order(
        publication,
        topic,
        arrives,
        zone=zone,
        file_name=opened.path.name,
        file_hash=opened.hash,
        format_name=layout.format.name,
        declaration=declare,
        mapped=chosen,
    )
