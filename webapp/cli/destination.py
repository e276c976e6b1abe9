"""`troth destination show | limit | go-on`: domains that mail goes to, where it is slowed or has a ceiling."""

from __future__ import annotations

import click

from preferences.store.destinations import SMALLEST_CEILING, destinations, end_wait, limit_destination
from webapp.cli.installation import installation
from webapp.cli.warm_up import when_utc
from webapp.pacing import destination_in_words


@click.group("destination")
def command() -> None:
    """Domains that mail goes to: which want less of it now, and how much may go there."""


@command.command("show")
def show() -> None:
    """Which domains are left alone for a while and why, and which have a ceiling. Instants in UTC."""
    with installation() as here, here.database.read() as connection:
        now = here.now()
        found = destinations(connection, now)
    for one in found:
        click.echo(destination_in_words(one, now, when_utc))
    if not found:
        click.echo("no destination is slowed, and none has a ceiling")


@command.command("limit")
@click.argument("domain")
@click.argument("per_hour", metavar="NUMBER|none")
def limit(domain: str, per_hour: str) -> None:
    """At most NUMBER mails an hour go to DOMAIN, from all publications and machines together; none ends that."""
    number = None if per_hour == "none" else _number(per_hour)
    with installation() as here, here.database.write() as connection:
        name = limit_destination(connection, domain, number)
    click.echo(f"{name}: no ceiling" if number is None else f"{name}: at most {number:,} mails an hour")


@command.command("go-on")
@click.argument("domain")
def go_on(domain: str) -> None:
    """Write to DOMAIN again at once, though it asked for less; should it ask again, it is left alone for longer."""
    with installation() as here, here.database.write() as connection:
        name = end_wait(connection, domain, here.now())
    click.echo(f"{name}: mail goes there again")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise click.BadParameter(f"a number of mails an hour, {SMALLEST_CEILING} or more, or none")
    return int(text)
