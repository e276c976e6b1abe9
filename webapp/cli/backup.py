"""`troth backup`: everything an installation needs to be put back, in one file, while it runs."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from preferences.errors import Conflict, TrothError
from preferences.settings import Settings
from preferences.settings.values import without_password
from preferences.store.backups import contents_of, copy_database, file_of, problems_in
from preferences.store.clock import SystemClock
from preferences.store.database import Database, open_database
from webapp.cli.backup_file import About, about, write_backup
from webapp.cli.group import version
from webapp.cli.settings import settings_in_use

_NAME = "troth-{installation}-{at:%Y%m%dT%H%M%SZ}.tar.gz"


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(1, 1000),
    help="In a folder: remove all older backups of this installation but so many, once the new one is whole.",
)
def command(target: Path, keep: int | None) -> None:
    """Write a backup into TARGET: a new file, or a folder in which it gets a name of its own. Troth may run meanwhile.

    The backup holds the database, checked, the secret key and what else lies in the data directory. It is as secret as
    they are. Put it back with `troth restore`.
    """
    settings = settings_in_use()
    with closing(open_database(settings.database_url)) as database:
        if not database.is_sqlite:
            raise TrothError(_of_postgresql(settings))
        file = file_of(database)
        if file is None or not file.exists():
            raise TrothError(f"there is no database at {file} yet: nothing is to be backed up")
        path, said = _write(settings, database, target)
    click.echo(
        f"{path}: {path.stat().st_size:,} bytes, revision {said.revision}, until {said.newest_at or 'nothing yet'}"
    )
    if keep is not None:
        _remove_older(path, said.installation, keep)


def _of_postgresql(settings: Settings) -> str:
    url = without_password(settings.database_url).replace("postgresql+psycopg", "postgresql")
    return (
        "PostgreSQL has its own way to be backed up, which knows what others write meanwhile. Run:\n"
        f"  pg_dump --format=custom --file=troth.dump '{url}'\n"
        "and keep TROTH_SECRET_KEY with it: without the key, every link in every mail that was sent is dead.\n"
        "After restoring one: troth restored ask"
    )


def _write(settings: Settings, database: Database, target: Path) -> tuple[Path, About]:
    """Copy, check, pack: the file gets its name when it is whole, and never takes another's place."""
    folder = target if target.is_dir() else target.parent
    if not folder.is_dir():
        raise TrothError(f"there is no folder {folder}: make it first")
    if target.is_file():
        raise Conflict(f"{target} is there already: name a file that is not, or a folder")
    now = SystemClock().now()
    with TemporaryDirectory(prefix=".troth-backup-", dir=folder) as work:
        copy, packed = Path(work, "copy.sqlite3"), Path(work, "backup")
        copy_database(database, copy)
        if problems := problems_in(copy):
            raise TrothError(f"the database is damaged, and no backup was made: {problems[0]}; restore an older one")
        said = _about(copy, now)
        write_backup(packed, said, copy, settings, os.environ)
        named = target if folder != target else folder / _NAME.format(installation=said.installation, at=now)
        try:
            os.link(packed, named)  # unlike a renaming, it replaces nothing
        except FileExistsError:
            raise Conflict(f"{named} is there already: name a file that is not, or a folder") from None
        except OSError:
            packed.rename(named)  # a file system without links
    return named, said


def _about(copy: Path, now: datetime) -> About:
    found = contents_of(copy)
    newest = tuple("" if at is None else at.isoformat() for at in (found.newest_hand_over_at, found.newest_at))
    return about(
        made_at=now.astimezone(UTC).replace(microsecond=0),
        version=version(),
        revision=found.revision,
        installation=found.installation,
        newest=(newest[0], newest[1]),
    )


def _remove_older(newest: Path, installation: str, keep: int) -> None:
    """By their names, which begin alike and then go by time."""
    there = sorted(newest.parent.glob(f"troth-{installation}-*Z.tar.gz"))
    for old in there[:-keep]:
        with suppress(FileNotFoundError):
            old.unlink()
            click.echo(f"{old}: removed")
