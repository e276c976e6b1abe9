"""`troth publication create | show | set`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import click

from preferences.errors import Conflict
from preferences.store.events import record
from preferences.store.installation import SANDBOX_SLUG
from preferences.store.privacy import change_ledger_days, ledger_days_typed
from preferences.store.publications import (
    PublicationRow,
    change_publication,
    create_publication,
    publication,
    publication_named,
    publications,
)
from webapp.cli.installation import BY_COMMAND, installation

_Function = Callable[..., Any]


def _described_by(options: Iterable[tuple[str, str]]) -> Callable[[_Function], _Function]:
    """Options of the same names for making and for changing."""

    def described(function: _Function) -> _Function:
        with_options = [click.option(name, help=text) for name, text in options]
        return reduce(lambda inner, option: option(inner), reversed(with_options), function)

    return described


_DETAILS = (
    ("--sender", "Who writes, such as: The Letter <ada@example.org>"),
    ("--reply-to", "Where answers go, if not to the sender."),
    ("--postal-address", "The address that stands in every mail; nothing leaves without one."),
    ("--language", "The language of its pages and mails, such as en."),
)


@click.group("publication")
def command() -> None:
    """Make, show and change publications: who writes, in whose name, from where."""


@command.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The name under which readers know it.")
@click.option("--zone", required=True, help="Its time zone, such as Europe/Berlin.")
@_described_by(_DETAILS)
def create(slug: str, name: str, zone: str, language: str | None, **details: str | None) -> None:
    """Make the publication SLUG."""
    if slug == SANDBOX_SLUG:
        raise Conflict(f"{SANDBOX_SLUG!r} is the publication to try things out in; choose another short name")
    with installation() as here, here.database.write() as connection:
        now = here.now()
        number = create_publication(
            connection, slug=slug, name=name, zone=zone, language=language or "en", now=now, **details
        )
        record(connection, number, "publication_created", BY_COMMAND, now)
        made = publication(connection, number)
    _show(made)


@command.command("show")
@click.argument("slug", required=False)
def show(slug: str | None) -> None:
    """Show the publication SLUG, or all there are."""
    with installation(slug) as here, here.database.read() as connection:
        shown = publications(connection) if slug is None else [publication_named(connection, slug)]
    for row in shown:
        _show(row)


@command.command("set")
@click.argument("slug", required=False)
@click.option("--name", help="The name under which readers know it.")
@click.option("--zone", help="Its time zone, such as Europe/Berlin.")
@_described_by(_DETAILS)
@click.option("--ledger-days", help="Days for which the ledger is kept in detail, at least 400; forever keeps it.")
def change(slug: str | None, ledger_days: str | None, **details: str | None) -> None:
    """Change the publication SLUG, which may be left out where there is only one. What is not named stays."""
    changes: dict[str, str | None] = {field: value for field, value in details.items() if value is not None}
    with installation(slug) as here, here.database.write() as connection:
        row = publication_named(connection, slug)
        if changes:
            change_publication(connection, row.id, changes)
        if ledger_days is not None:
            change_ledger_days(connection, row.id, ledger_days_typed(ledger_days))
            changes["ledger_days"] = ledger_days
        if changes:
            record(
                connection,
                row.id,
                "publication_changed",
                BY_COMMAND,
                here.now(),
                details={"changed": sorted(changes)},
            )
        changed = publication(connection, row.id)
    _show(changed)


def _show(row: PublicationRow) -> None:
    click.echo(f"{row.slug}: {row.name}")
    click.echo(f"  zone            {row.zone}")
    click.echo(f"  language        {row.language}")
    click.echo(f"  sender          {row.sender or '–'}")
    click.echo(f"  reply to        {row.reply_to or 'the sender'}")
    address = (row.postal_address or "–").replace("\n", ", ")
    click.echo(f"  postal address  {address}")
    if row.ledger_days is not None:
        click.echo(f"  ledger          in detail for {row.ledger_days} days")
    if not row.may_send:
        click.echo("  Nothing leaves yet: set a sender and a postal address with troth publication set.")
