"""`troth migrate`: bring the databases to the newest revision, or only check."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from preferences.settings import Settings, read_settings
from preferences.settings.values import default_sandbox_database_url, without_password
from preferences.store.database import Database, open_database
from preferences.store.revisions import is_newest
from webapp.cli.group import FAILED
from webapp.cli.installation import begin_where_new, found_where_new
from webapp.cli.settings import settings_in_use


@click.command("migrate")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; end with 1 where something is missing.")
@click.pass_context
def command(context: click.Context, only_check: bool) -> None:
    """Bring the database and the sandbox beside it to the newest revision.

    Harmless when repeated, and safe when two do it at once. With --check and no database of your own configured,
    the migrations are checked on a fresh database that is thrown away.
    """
    if not only_check:
        _migrate(settings_in_use())
        return
    problems = list(_problems(read_settings(os.environ)))
    for problem in problems:
        click.echo(f"troth: {problem}", err=True)
    if problems:
        context.exit(FAILED)
    click.echo("Tables and migrations agree.")


def _migrate(settings: Settings) -> None:
    # Only here: Alembic is slow to import.
    from webapp.upgrading import upgrade

    begin_where_new(settings)
    for url, is_sandbox in ((settings.database_url, False), (settings.sandbox_database_url, True)):
        with closing(open_database(url)) as database:
            if is_sandbox:
                database.migrate()
            else:
                upgrade(settings, database, click.echo)
            found_where_new(database, is_sandbox=is_sandbox)
        click.echo(f"{without_password(url)} is at the newest revision.")


def _problems(settings: Settings) -> Iterator[str]:
    if settings.is_embedded:
        with (
            TemporaryDirectory(prefix="troth-") as folder,
            closing(open_database(f"sqlite:///{Path(folder, 'fresh.sqlite3')}")) as database,
        ):
            database.migrate()
            yield from _missing_in(database, "a fresh database")
        return
    urls = [settings.database_url]
    if settings.sandbox_database_url != default_sandbox_database_url(settings.data_dir):
        urls.append(settings.sandbox_database_url)
    for url in urls:
        with closing(open_database(url)) as database:
            yield from _missing_in(database, without_password(url))


def _missing_in(database: Database, name: str) -> Iterator[str]:
    # Only here: Alembic is slow to import.
    from preferences.store.migrations import differences

    if not is_newest(database):
        yield f"{name} is not at the newest revision; bring it there with: troth migrate"
        return
    with database.read() as connection:
        for difference in differences(connection):
            yield f"{name} differs from the tables, and a migration is missing: {difference}"
