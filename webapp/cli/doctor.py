"""`troth doctor`: whether everything that sending needs is as it must be, and what to do where it is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict

import click

from preferences.errors import TrothError
from preferences.settings import Settings, SettingsError, read_settings
from preferences.store.database import open_database
from preferences.store.dkim_keys import DkimKeyRow, KeyState, all_keys
from preferences.store.publications import PublicationRow, publications
from preferences.store.revisions import is_newest
from webapp.cli.checks.asking import Asking
from webapp.cli.checks.finding import Finding, Verdict, not_checked, ok, problem
from webapp.cli.checks.here import look_here
from webapp.cli.checks.ledger import look_at_database
from webapp.cli.checks.names import look_at_names
from webapp.cli.checks.ways_out import look_at_broker, look_at_relay
from webapp.cli.group import FAILED

_WIDTH = max(len(verdict) for verdict in Verdict)
_PLURALS = {Verdict.WARNING: "warnings", Verdict.PROBLEM: "problems"}


def _server(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    host, _, port = value.partition("#")
    if not port.isdigit() and port:
        raise click.BadParameter("must be an address, or address#port")
    return host, int(port or 53)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
@click.option("--offline", is_flag=True, help="Ask neither the mail server nor the DNS.")
@click.option(
    "--selector", "selectors", multiple=True, metavar="NAME", help="A DKIM selector your mail server signs with."
)
@click.option(
    "--nameserver", callback=_server, metavar="ADDRESS", help="Ask this one instead of the machine's; address#port too."
)
def command(as_json: bool, offline: bool, selectors: Sequence[str], nameserver: tuple[str, int] | None) -> None:
    """Look at everything that sending needs: settings, data, database, disk, clock, processes, mail server, DNS.

    Changes nothing. Ends with 1 where something is a problem. What cannot be asked is said not to be checked.
    """
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        found = [problem("settings", one, "correct the environment") for one in error.problems]
    else:
        found = [ok("settings", "each of them can be used"), *look_here(settings), *look_at_database(settings)]
        found.append(look_at_broker(settings))
        found.extend(_outside(settings, selectors, nameserver) if not offline else _not_asked())
    _say_json(found) if as_json else _say(found)
    if any(one.verdict is Verdict.PROBLEM for one in found):
        raise SystemExit(FAILED)


def _outside(settings: Settings, selectors: Sequence[str], nameserver: tuple[str, int] | None) -> Iterator[Finding]:
    yield from look_at_relay(settings)
    if settings.smtp is None:
        yield not_checked("names", "nothing leaves this machine")
        return
    senders, keys = _senders(settings)
    yield from look_at_names(settings, senders, keys, selectors, Asking(nameserver))


def _not_asked() -> Iterator[Finding]:
    yield not_checked("mail server", "--offline")
    yield not_checked("names", "--offline")


def _senders(settings: Settings) -> tuple[Sequence[PublicationRow], Sequence[DkimKeyRow]]:
    """The publications and the keys that sign or are to, or none where the database cannot say: that is a finding of its own."""
    try:
        with closing(open_database(settings.database_url)) as database:
            if not is_newest(database):
                return (), ()
            with database.read() as connection:
                keys = [key for key in all_keys(connection) if key.state in (KeyState.MADE, KeyState.SIGNING)]
                return publications(connection), keys
    except TrothError:
        return (), ()


def _say(found: Sequence[Finding]) -> None:
    for one in found:
        click.echo(f"{one.verdict:<{_WIDTH}}  {one.about}: {one.said}")
        if one.do:
            click.echo(f"{'':<{_WIDTH}}  → {one.do}")
    numbers = {verdict: sum(one.verdict is verdict for one in found) for verdict in Verdict}
    click.echo(", ".join(f"{n} {one if n == 1 else _PLURALS.get(one, one)}" for one, n in numbers.items()))


def _say_json(found: Sequence[Finding]) -> None:
    worst = next(verdict for verdict in reversed(Verdict) if any(one.verdict is verdict for one in found))
    click.echo(json.dumps({"verdict": worst, "findings": [asdict(one) for one in found]}, indent=2, ensure_ascii=False))
