"""`troth language add | check`: the languages in which readers are written to."""

from __future__ import annotations

from pathlib import Path

import click

from preferences.languages import DOMAIN, FOLDER, languages
from webapp.cli.group import FAILED
from webapp.translating import brought_up_to_date, checked_tag, compiled, faults, path_of

_SHOWN = 20


@click.group("language")
def command() -> None:
    """Add languages, and see what their catalogues lack."""


@command.command("add")
@click.argument("tag")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Of the catalogues.")
def add(tag: str, folder: Path) -> None:
    """Make the catalogue of a language, such as fr or pt-BR, or bring the one there is up to date.

    Translations are kept; messages that Troth no longer says go.
    """
    tag = checked_tag(tag)
    path = path_of(folder, tag)
    catalog = brought_up_to_date(folder, tag)
    wanted = sum(1 for fault in faults(catalog) if fault.problem == "is not translated")
    click.echo(f"{path}: {len(catalog)} messages, {wanted} of them to be translated.")
    click.echo("Translate what stands after each msgstr (docs/languages.md), then: troth language check")


@command.command("check")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Of the catalogues.")
@click.pass_context
def check(ctx: click.Context, folder: Path) -> None:
    """Say what each catalogue lacks, and compile those that can be read. Ends with 1 where anything is lacking."""
    lacking = 0
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        lacking += _check(path)
    click.echo("Languages: " + ", ".join(f"{one.tag} ({one.name})" for one in languages()))
    if lacking:
        ctx.exit(FAILED)


def _check(path: Path) -> int:
    tag = path.parents[1].name
    catalog = brought_up_to_date(path.parents[2], tag)
    found = faults(catalog)
    for fault in found[:_SHOWN]:
        click.echo(f"{tag}: {fault.message!r} {fault.problem}")
    if len(found) > _SHOWN:
        click.echo(f"{tag}: and {len(found) - _SHOWN} more")
    path.with_suffix(".mo").write_bytes(compiled(catalog))
    click.echo(f"{tag}: {len(catalog)} messages, {len(found)} to look at; compiled.")
    return len(found)
