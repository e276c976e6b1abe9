"""`troth topic create | show`: topics, and how often they write."""

from __future__ import annotations

import re

import click

from preferences.asked import DAY_NAMES
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.errors import Invalid
from preferences.store.publications import publication_named
from preferences.store.topics import TopicRow, create_topic, topics
from webapp.cli.installation import BY_COMMAND, installation, publication_option

_RATE = re.compile(r"(\d{1,4})\s*(?:per|an?|every|/)\s*(two[ _-]weeks|[a-z]+)", re.IGNORECASE)


@click.group("topic")
def command() -> None:
    """Make topics, and say how often they write."""


@command.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The name under which readers know it.")
@click.option("--at-most", required=True, metavar="RATE", help='How often it writes at most, such as "1 per week".')
@click.option("--at-least", type=int, metavar="N", help="How many it writes at least, in the same period.")
@click.option("--days", help="The usual days, such as tue or mon,thu.")
@click.option("--description", default="", help="What it is about, as readers see it.")
@click.option("--notice", is_flag=True, help="For what cannot wait, such as a cancellation; needs a number per year.")
@publication_option
def create(
    slug: str,
    name: str,
    at_most: str,
    at_least: int | None,
    days: str | None,
    description: str,
    notice: bool,
    publication_slug: str | None,
) -> None:
    """Make the topic SLUG with its cadence: how often it writes, which binds from now on."""
    cadence = _cadence(at_most, at_least, days)
    with installation(publication_slug) as here, here.database.write() as connection:
        row = publication_named(connection, publication_slug)
        create_topic(
            connection,
            row.id,
            slug=slug,
            name=name,
            cadence=cadence,
            by=BY_COMMAND,
            now=here.now(),
            description=description,
            is_notice=notice,
        )
        made = next(topic for topic in topics(connection, row.id) if topic.slug == slug)
    _show(made)


@command.command("show")
@publication_option
def show(publication_slug: str | None) -> None:
    """Show the topics of a publication."""
    with installation(publication_slug) as here, here.database.read() as connection:
        shown = topics(connection, publication_named(connection, publication_slug).id)
    for row in shown:
        _show(row)
    if not shown:
        click.echo("There is no topic yet: make one with troth topic create.")


def _cadence(at_most: str, at_least: int | None, days: str | None) -> Cadence:
    try:
        return Cadence(id=0, at_most=rate(at_most), at_least=at_least, days=weekdays(days or ""))
    except ValueError as error:
        raise Invalid.one("cadence", str(error)) from error


def rate(text: str) -> Cap:
    """The cap in words such as "1 per week", "2 a month", "1 per two weeks". Raises ValueError."""
    found = _RATE.fullmatch(text.strip())
    period = "" if found is None else re.sub(r"[ -]", "_", found[2].lower())
    if found is None or period not in set(Period):
        periods = ", ".join(period.replace("_", " ") for period in Period)
        raise ValueError(f'say how often as in "1 per week"; the periods are {periods}')
    return Cap(count=int(found[1]), per=Period(period))


def weekdays(text: str) -> frozenset[Weekday]:
    """The weekdays in a list such as "tue" or "mon, thu"; empty for none. Raises ValueError."""
    names = [name for name in re.split(r"[,\s]+", text.lower()) if name]
    for name in names:
        if name not in DAY_NAMES:
            raise ValueError(f"{name!r} is no day; the days are {', '.join(DAY_NAMES)}")
    return frozenset(DAY_NAMES[name] for name in names)


def _show(row: TopicRow) -> None:
    cadence = row.cadence
    click.echo(f"{row.slug}: {row.name}")
    least = "" if cadence.at_least is None else f", at least {cadence.at_least}"
    usual = ", ".join(day.name.lower() for day in sorted(cadence.days))
    per = cadence.at_most.per.replace("_", " ")
    click.echo(f"  at most {cadence.at_most.count} per {per}{least}{f', usually on {usual}' if usual else ''}")
    if row.is_notice:
        click.echo("  for what cannot wait")
