"""`troth warm-up begin | end | show`: little mail at first from a sender that nobody knows yet."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from preferences.store.warm_up import SMALLEST_FIRST, USUAL_LAST, begin_warm_up, end_warm_up, warm_up
from webapp.cli.installation import installation
from webapp.pacing import warm_up_in_words

_MOST = 1_000_000_000


@click.group("warm-up")
def command() -> None:
    """So many campaigns and digests a day, twice as many each day: for a new sender, so that it is not taken for spam."""


@command.command("begin")
@click.option(
    "--first", type=click.IntRange(SMALLEST_FIRST, _MOST), default=50, show_default=True, help="Mails on the first day."
)
@click.option(
    "--last",
    type=click.IntRange(SMALLEST_FIRST, _MOST),
    default=USUAL_LAST,
    show_default=True,
    help="The highest ceiling; the day after that there is none.",
)
def begin(first: int, last: int) -> None:
    """Begin today, by UTC. What does not fit waits until the same time of the next day; service mails are not counted."""
    with installation() as here, here.database.write() as connection:
        begin_warm_up(connection, first, last, here.now())
    click.echo(f"at most {first:,} mails today, twice as many each day, and no ceiling once that is more than {last:,}")


@command.command("end")
def end() -> None:
    """No ceiling from now on. What waits for tomorrow goes tomorrow."""
    with installation() as here, here.database.write() as connection:
        was_there = end_warm_up(connection)
    over = "the warm-up is over: there is no ceiling; what was put off until tomorrow goes tomorrow"
    click.echo(over if was_there else "there was no warm-up")


@command.command("show")
def show() -> None:
    """How far it has come. Instants in UTC."""
    with installation() as here, here.database.read() as connection:
        found = warm_up(connection, here.now())
    click.echo("there is no warm-up, and no ceiling a day" if found is None else warm_up_in_words(found, when_utc))


def when_utc(at: datetime) -> str:
    """An instant for whoever runs the machine."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
