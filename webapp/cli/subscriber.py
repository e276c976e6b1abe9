"""`troth subscriber export | erase | block | let-in`: what an operator does when somebody asks for it by mail.

The address is asked for, or read from standard input: on the command line every user of the machine could read it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from preferences.address import Address, parse_address
from preferences.calendar import local_date, zone_named
from preferences.errors import Conflict, Invalid, NotFound
from preferences.expectation import Suppression
from preferences.store.publications import PublicationRow
from preferences.store.subscribers import SubscriberRow, subscriber_at, suppression_of
from preferences.store.transactions import Transaction
from webapp.cli.installation import BY_COMMAND, installation, publication_option

_STDIN = "-"
_LONGEST_REASON = 500

_address_option = click.option(
    "--address",
    "typed",
    prompt="Address",
    metavar="-",
    help="Whose: - reads it from standard input; without this option it is asked for.",
)
_reason_option = click.option("--reason", required=True, help="Why, in a sentence without an address; it is kept.")


@click.group("subscriber")
def command() -> None:
    """Give somebody everything of theirs, erase it, never write to them, or let them back in."""


def _address(typed: str) -> Address:
    """The address on standard input, or as it was typed at the prompt. Raises `Invalid`."""
    if typed == _STDIN:
        return parse_address(sys.stdin.readline(), "--address")
    if click.get_current_context().get_parameter_source("typed") is click.core.ParameterSource.COMMANDLINE:
        raise Invalid.one("--address", "takes only -, so that no list of processes shows an address")
    return parse_address(typed, "--address")


def _person(connection: Transaction, owner: PublicationRow, address: Address) -> SubscriberRow:
    person = subscriber_at(connection, owner.id, address)
    if person is None:
        raise NotFound("nobody is known at this address")
    return person


@command.command("export")
@_address_option
@click.option("--format", "ending", type=click.Choice(("json", "zip")), default="json", help="JSON, or tables.")
@click.option("--output", type=click.File("wb", lazy=False), required=True, help="The file to write; - writes it out.")
@publication_option
def export(typed: str, ending: str, output: Any, publication_slug: str | None) -> None:
    """Write everything that is known of somebody to a file, as they could take it along themselves."""
    # Only here: it loads what makes pages.
    from webapp.exporting import Format, blocks, written

    address = _address(typed)
    with installation(publication_slug) as here:
        owner = here.publication(publication_slug)
        with here.database.read() as connection:
            file = written(connection, owner, _person(connection, owner, address), Format(ending), here.now())
    for block in blocks(file):
        output.write(block)
    output.flush()


@command.command("erase")
@_address_option
@click.confirmation_option(prompt="Erase everything about them? It cannot be undone")
@publication_option
def erase_person(typed: str, publication_slug: str | None) -> None:
    """Erase everything that says who somebody is; it takes effect at once, and no mail confirms it."""
    from preferences.store.erasures import erase

    address = _address(typed)
    with installation(publication_slug) as here:
        owner = here.publication(publication_slug)
        with here.database.write() as connection:
            person = _person(connection, owner, address)
            is_under_way = erase(connection, owner.id, person.id, BY_COMMAND, here.now())
    click.echo("erased; one mail was already on its way, and may still arrive" if is_under_way else "erased")


def _reason(text: str) -> str:
    said = " ".join(text.split())
    if not said or len(said) > _LONGEST_REASON or "@" in said or not said.isprintable():
        raise Invalid.one("--reason", f"say why, in at most {_LONGEST_REASON} characters and without an address")
    return said


_Act = Callable[[Transaction, PublicationRow, Address, datetime], bool]


def _act(typed: str, publication_slug: str | None, act: _Act) -> bool:
    address = _address(typed)
    with installation(publication_slug) as here:
        owner = here.publication(publication_slug)
        with here.database.write() as connection:
            return act(connection, owner, address, here.now())


@command.command("block")
@_address_option
@_reason_option
@publication_option
def block(typed: str, reason: str, publication_slug: str | None) -> None:
    """Never write to an address, whoever signs up with it, until it is let in."""
    from preferences.store.suppressions import suppress, suppress_address

    words = _reason(reason)

    def act(connection: Transaction, owner: PublicationRow, address: Address, now: datetime) -> bool:
        person = subscriber_at(connection, owner.id, address)
        if person is not None:
            blocked = Suppression.OPERATOR
            return suppress(connection, owner.id, person.id, blocked, BY_COMMAND, now, words=words)
        suppress_address(connection, owner.id, address.normalised, Suppression.OPERATOR, BY_COMMAND, now)
        return True

    click.echo("blocked" if _act(typed, publication_slug, act) else "nothing was written to this address already")


@command.command("let-in")
@_address_option
@_reason_option
@click.option(
    "--received", type=click.DateTime(("%Y-%m-%d",)), help="The day their mail came; needed after a complaint."
)
@publication_option
def let_in_again(typed: str, reason: str, received: datetime | None, publication_slug: str | None) -> None:
    """Write to an address again; who complained is let in on a mail received from them, and signs up anew."""
    from preferences.store.suppressions import LetIn, let_in

    why = LetIn(words=_reason(reason), mail_received_on=None if received is None else received.date())

    def act(connection: Transaction, owner: PublicationRow, address: Address, now: datetime) -> bool:
        _check_mail(connection, owner, address, why.mail_received_on, now)
        return let_in(connection, owner.id, address, BY_COMMAND, now, why)

    if not _act(typed, publication_slug, act):
        raise Conflict("nobody is kept out at this address")
    click.echo("let in")


def _check_mail(
    connection: Transaction, owner: PublicationRow, address: Address, received: date | None, now: datetime
) -> None:
    """Raise `Invalid` for a complaint without the day of a mail, and for a day that has not been."""
    today = local_date(zone_named(owner.zone), now)
    if received is not None and received > today:
        raise Invalid.one("--received", "must be a day that has been")
    if received is None and suppression_of(connection, owner.id, address) == Suppression.COMPLAINT.value:
        raise Invalid.one("--received", "they complained: say on which day a mail from them came")
