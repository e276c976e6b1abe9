"""What a command is given: the settings, read once, and the database of the publication it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from preferences.delivery import MadeBy
from preferences.errors import TrothError
from preferences.settings import Settings
from preferences.settings.values import default_sandbox_database_url
from preferences.store.clock import Clock, DrivenClock, SystemClock
from preferences.store.database import Database, open_database
from preferences.store.events import By
from preferences.store.installation import SANDBOX_SLUG, found
from preferences.store.publications import PublicationRow, publication_named
from preferences.store.revisions import is_newest
from preferences.unsubscribe import Route
from webapp.cli.settings import settings_in_use
from webapp.upgrading import upgrade

# Who changes something by a command: a person at the machine.
BY_COMMAND = By(made_by=MadeBy.PERSON, route=Route.CONSOLE)

publication_option = click.option(
    "--publication",
    "publication_slug",
    metavar="SLUG",
    help=f"Which publication, where there are several; {SANDBOX_SLUG} is the one to try things out in.",
)


class DatabaseBehind(TrothError):
    """The database is not at the newest revision; `troth migrate` brings it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An open database of this installation, its own or the sandbox, and the clock it runs on."""

    settings: Settings
    database: Database
    clock: Clock
    is_sandbox: bool

    def now(self) -> datetime:
        """What time it is there, in UTC."""
        return self.clock.now()

    def publication(self, slug: str | None) -> PublicationRow:
        """The publication with that slug; without one, the only one there is. Raises `NotFound`."""
        with self.database.read() as connection:
            return publication_named(connection, slug)


@contextmanager
def installation(publication_slug: str | None = None) -> Iterator[Installation]:
    """The installation that holds a publication: the sandbox for the sandbox's slug, else its own database.

    A database that lives in the data directory is brought to the newest revision on the way, as `troth run` does;
    any other must be there already. Raises `SettingsError`, `DatabaseAway` and `DatabaseBehind`.
    """
    settings = settings_in_use()
    is_sandbox = publication_slug == SANDBOX_SLUG
    if is_sandbox:
        begin_where_new(settings)
    database = open_database(settings.sandbox_database_url if is_sandbox else settings.database_url)
    try:
        _bring_up_to_date(settings, database, is_sandbox=is_sandbox)
        clock: Clock = DrivenClock(database) if is_sandbox else SystemClock()
        yield Installation(settings=settings, database=database, clock=clock, is_sandbox=is_sandbox)
    finally:
        database.close()


def _bring_up_to_date(settings: Settings, database: Database, *, is_sandbox: bool) -> None:
    is_ours = (
        settings.sandbox_database_url == default_sandbox_database_url(settings.data_dir)
        if is_sandbox
        else settings.is_embedded
    )
    if not is_newest(database):
        if not is_ours:
            raise DatabaseBehind("the database is not at the newest revision; bring it there with: troth migrate")
        upgrade(settings, database, lambda said: click.echo(f"troth: {said}", err=True))
    found_where_new(database, is_sandbox=is_sandbox)


def begin_where_new(settings: Settings) -> None:
    """Make the embedded sandbox where there is none: the example, as `troth run` does."""
    file = Path(settings.sandbox_database_url.removeprefix("sqlite:///"))
    if settings.sandbox_database_url == default_sandbox_database_url(settings.data_dir) and not file.exists():
        # Only here: it loads what makes mails.
        from webapp.sandbox import begin_sandbox

        begin_sandbox(settings)


def found_where_new(database: Database, *, is_sandbox: bool) -> None:
    """Make the installation and its first publication where there is none; a sandbox begins at the present."""
    now = SystemClock().now()
    found(database, now, driven_from=now if is_sandbox else None)
