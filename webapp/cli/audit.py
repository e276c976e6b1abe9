"""`troth audit`: whether any promise was ever broken, recomputed from the ledger."""

from __future__ import annotations

import click

from preferences.audit.report import in_one_line
from preferences.links import Kind, PublicIds
from preferences.store.auditing import Audit, Checked
from preferences.store.database import Database
from preferences.store.events import SYSTEM
from preferences.store.installation import suppression_key
from preferences.store.kept import note_audit
from preferences.store.publications import PublicationRow, publication_named, publications
from webapp.cli.group import FAILED
from webapp.cli.installation import Installation, installation, publication_option


@click.command("audit")
@publication_option
@click.option("--note", is_flag=True, help="Note the result in the ledger: the page of kept promises then says it.")
def command(publication_slug: str | None, note: bool) -> None:
    """Recompute every promise from the ledger, and name each that was broken. Ends with 1 where one was.

    Mails that other systems reported are listed apart: they break no promise of this program.
    """
    with installation(publication_slug) as here:
        results = [_audit(here, row, note=note) for row in _chosen(here, publication_slug)]
    if any(results):
        raise SystemExit(FAILED)


def _chosen(here: Installation, slug: str | None) -> list[PublicationRow]:
    """The publication asked for; without one, all of them."""
    with here.database.read() as connection:
        return publications(connection) if slug is None else [publication_named(connection, slug)]


def _audit(here: Installation, row: PublicationRow, *, note: bool) -> int:
    """Audit one publication, saying what is found as it is found; answers how many promises were broken."""
    ids = public_ids(here.database)
    audit = Audit(here.database, row)
    foreign: list[str] = []
    broken = 0
    for found in audit.broken(here.now()):
        line = in_one_line(found, lambda number: ids.public_id(Kind.SUBSCRIBER, number))
        if found.foreign:
            foreign.append(line)
        else:
            broken += 1
            click.echo(line)
    if foreign:
        click.echo(f"{row.slug}: mails of other systems that broke a promise, which this program did not send:")
        for line in foreign:
            click.echo(f"  {line}")
    for line in summary(row.slug, audit.checked, broken):
        click.echo(line)
    if note:
        with here.database.write() as connection:
            note_audit(connection, row.id, mails=audit.checked.mails, broken=broken, by=SYSTEM, now=here.now())
    return broken


def public_ids(database: Database) -> PublicIds:
    """The public numbers of this installation, as its API says them."""
    with database.read() as connection:
        return PublicIds(suppression_key(connection).hex())


def summary(slug: str, checked: Checked, broken: int) -> list[str]:
    """What was checked, and whether it was kept."""
    counts = [
        _number(checked.mails, "mail"),
        _number(checked.foreign, "mail of other systems", "mails of other systems"),
        _number(checked.decisions, "decision"),
        _number(checked.expectations, "expectation"),
        _number(checked.subscribers, "subscriber"),
        _number(checked.campaigns, "campaign"),
    ]
    lines = [f"{slug}: checked {', '.join(counts[:-1])} and {counts[-1]}."]
    if checked.made_elsewhere:
        lines.append(f"{slug}: {_number(checked.made_elsewhere, 'decision')} came from elsewhere than the rules.")
    if checked.emptied:
        number = _number(checked.emptied, "decision")
        lines.append(f"{slug}: {number} whose time in the ledger is over could not be made again.")
    if checked.of_erased:
        number = _number(checked.of_erased, "decision")
        lines.append(f"{slug}: {number} about people who were erased since could not be made again.")
    if checked.of_other_versions:
        number = _number(checked.of_other_versions, "decision")
        lines.append(f"{slug}: {number} made under other rules or zone data could not be made again.")
    verdict = "every promise was kept" if not broken else f"{_number(broken, 'broken promise')}"
    return [*lines, f"{slug}: {verdict}."]


def _number(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
