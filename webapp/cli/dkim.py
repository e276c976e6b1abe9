"""`troth dkim`: the keys that sign mails, from their making to their end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from mailer.compose.addresses import wire_domain
from mailer.compose.dkim import RSA_BITS, Algorithm, dns_record, new_private_key, read_key
from mailer.compose.errors import NotDeliverableHere
from mailer.signing import seal_key
from preferences.errors import Conflict, Invalid, NotFound
from preferences.store.dkim_keys import (
    DkimKeyRow,
    KeyState,
    activate,
    add_key,
    all_keys,
    key_named,
    retire,
    signing_keys,
)
from preferences.store.transactions import Transaction
from webapp.cli.dkim_dns import NotPublished, check_published, record_lines
from webapp.cli.installation import Installation, installation

_SELECTOR_LIMIT = 63


def _domain(_context: click.Context, _parameter: click.Parameter, typed: str) -> str:
    """A domain as it stands behind the @ of a sender, as A-label."""
    try:
        return wire_domain(typed)
    except NotDeliverableHere as error:
        raise click.BadParameter(str(error)) from error


def _selector(_context: click.Context, _parameter: click.Parameter, typed: str | None) -> str | None:
    if typed is None:
        return None
    label = typed.lower()
    if not label.isascii() or not label.replace("-", "a").isalnum() or label != label.strip("-"):
        raise click.BadParameter("a selector has letters, digits and hyphens, such as troth2026")
    if len(label) > _SELECTOR_LIMIT:
        raise click.BadParameter(f"a selector has at most {_SELECTOR_LIMIT} characters")
    return label


_domain_argument = click.argument("domain", callback=_domain)
_selector_argument = click.argument("selector", callback=_selector)


@click.group("dkim")
def command() -> None:
    """Keys that sign the mails of a sender's domain (DKIM), so that mailboxes know who wrote them.

    Make a key, publish its record in the DNS, then activate it. To change keys, rotate: the new one signs once it is
    activated, and the old one's record stays until the mails it signed have been read; then retire it. Private keys are
    kept in the database, encrypted under TROTH_SECRET_KEY. A domain without a key has its mails leave unsigned.
    """


@command.command("make")
@_domain_argument
@click.option("--selector", callback=_selector, help="Under what the DNS has the key; without it, one with the month.")
@click.option(
    "--algorithm",
    type=click.Choice([one.value for one in Algorithm]),
    default=Algorithm.RSA.value,
    show_default=True,
    help="Every mailbox verifies rsa; ed25519 can stand beside it and never alone.",
)
@click.option(
    "--bits", type=click.Choice([str(bits) for bits in RSA_BITS]), default=str(RSA_BITS[0]), show_default=True
)
def make(domain: str, selector: str | None, algorithm: str, bits: str) -> None:
    """Make a key for the senders at DOMAIN, and print the record to publish. It does not sign yet."""
    with installation() as here:
        _say_made([_made(here, domain, selector, Algorithm(algorithm), int(bits))])


@command.command("list")
def list_keys() -> None:
    """Every key: its domain, its selector, what it signs with, and how far it is in its life."""
    with installation() as here, here.database.read() as connection:
        keys = all_keys(connection)
    for key in keys:
        click.echo(
            f"{key.domain}  {key.selector}  {key.algorithm}  {key.state}, since {_since(key):%Y-%m-%d %H:%M} UTC"
        )
    if not keys:
        click.echo("there are no keys, and mails leave unsigned; make one with: troth dkim make example.org")


@command.command("records")
@click.argument("domain", callback=lambda *given: given[2] and _domain(*given), required=False)
def records(domain: str | None) -> None:
    """The DNS records of every key that is not retired, or of those of DOMAIN, as a zone file has them."""
    with installation() as here, here.database.read() as connection:
        keys = [key for key in all_keys(connection, domain) if key.state is not KeyState.RETIRED]
    if not keys:
        raise NotFound("there is no key" + ("" if domain is None else f" for {domain}"))
    _say_records(keys)


@command.command("activate")
@_domain_argument
@_selector_argument
@click.option("--unseen", is_flag=True, help="Do not ask the DNS first whether the record is there.")
def activate_key(domain: str, selector: str, unseen: bool) -> None:
    """Let a key sign from now on, once the DNS has its record. Another one of its algorithm signs no longer."""
    with installation() as here:
        with here.database.read() as connection:
            key = key_named(connection, domain, selector)
        if not unseen:
            _check_published(key)
        with here.database.write() as connection:
            replaced = activate(connection, key_named(connection, domain, selector), here.now())
    click.echo(f"{selector} signs the mails of {domain} within seconds")
    for old in replaced:
        click.echo(
            f"{old.selector} signs no longer; leave its record for some weeks, then: troth dkim retire {domain} {old.selector}"
        )


@command.command("rotate")
@_domain_argument
def rotate(domain: str) -> None:
    """Make a new key for each that signs for DOMAIN, of the same kind, and print the records to publish."""
    with installation() as here:
        with here.database.read() as connection:
            old = [key for key in signing_keys(connection) if key.domain == domain]
        if not old:
            raise NotFound(f"no key signs for {domain}; make one with: troth dkim make {domain}")
        _say_made([_made(here, domain, None, Algorithm(key.algorithm), _bits(key)) for key in old])


@command.command("retire")
@_domain_argument
@_selector_argument
@click.option("--unsigned", is_flag=True, help="Retire the key that signs, too: mails leave unsigned from then on.")
def retire_key(domain: str, selector: str, unsigned: bool) -> None:
    """End a key for good: its private part is erased. Then its record can leave the DNS."""
    with installation() as here, here.database.write() as connection:
        key = key_named(connection, domain, selector)
        if key.state is KeyState.SIGNING and not unsigned:
            raise Conflict(
                f"{selector} signs the mails of {domain}: activate another first, or say --unsigned to have them leave"
                " unsigned"
            )
        retire(connection, key, here.now())
    click.echo(f"{selector} of {domain} is retired; the record {key.host} can go")


def _made(here: Installation, domain: str, selector: str | None, algorithm: Algorithm, bits: int) -> DkimKeyRow:
    """A new key, kept."""
    private = new_private_key(algorithm, bits)
    secret_keys = here.settings.secret_keys
    with here.database.write() as connection:
        named = selector or _free_selector(connection, domain, algorithm, here.now())
        add_key(
            connection,
            domain=domain,
            selector=named,
            algorithm=algorithm.value,
            sealed=seal_key(secret_keys, private, domain, named),
            record=dns_record(read_key(domain, named, private)),
            now=here.now(),
        )
        return key_named(connection, domain, named)


def _free_selector(connection: Transaction, domain: str, algorithm: Algorithm, now: datetime) -> str:
    taken = {key.selector for key in all_keys(connection, domain)}
    return next(one for one in _selectors(algorithm, now) if one not in taken)


def _selectors(algorithm: Algorithm, now: datetime) -> Iterator[str]:
    stem = f"troth{now:%Y%m}" + ("e" if algorithm is Algorithm.ED25519 else "")
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _bits(key: DkimKeyRow) -> int:
    """The length of a key of the same kind: that of its public part, which is a little longer than its modulus."""
    octets = len(key.record.partition("p=")[2]) * 3 // 4
    return max((bits for bits in RSA_BITS if bits // 8 <= octets), default=RSA_BITS[0])


def _since(key: DkimKeyRow) -> datetime:
    return key.retired_at or key.replaced_at or key.activated_at or key.created_at


def _check_published(key: DkimKeyRow) -> None:
    try:
        check_published(key)
    except NotPublished as error:
        raise Invalid.one("dns", f"{error}; the key does not sign yet. --unseen activates it all the same") from error


def _say_made(keys: Sequence[DkimKeyRow]) -> None:
    click.echo("Publish in the DNS:\n")
    _say_records(keys)
    click.echo("\nThen, once it is there:\n")
    for key in keys:
        click.echo(f"troth dkim activate {key.domain} {key.selector}")


def _say_records(keys: Sequence[DkimKeyRow]) -> None:
    for key in keys:
        for line in record_lines(key):
            click.echo(line)
