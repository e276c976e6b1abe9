"""`troth restore`: a backup put back, whole or not at all; what was there is kept beside it."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from mailer.high_water import mark_file, marked_in
from preferences.errors import Conflict, TrothError
from preferences.settings import SECRET_KEY_FILE, Settings, read_settings
from preferences.store.backups import contents_of, held_alone, problems_in, put_in_place
from preferences.store.clock import SystemClock
from preferences.store.database import Database, open_database
from preferences.store.restorations import newest_mark, note_restored, open_restoration
from preferences.store.revisions import known_revisions
from webapp.cli.backup_file import DATA, DATABASE, About, read_about, unpack_backup
from webapp.cli.files import GivenFile


@click.command("restore")
@click.argument("backup", type=GivenFile())
@click.option("--over-newer", is_flag=True, help="Also where the database that is there knows more than the backup.")
def command(backup: Path, over_newer: bool) -> None:
    """Put BACKUP back: database, secret key, and what else it holds of the data directory. Stop Troth first.

    What is there now is kept beside it, under a name that says when. Unless this machine's high-water mark shows that
    nothing was handed over since the backup was made, nothing is sent until you have answered: see `troth restored`.
    """
    settings = read_settings(os.environ)
    path = _database_file(settings)
    said = read_about(backup)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".troth-restore-", dir=path.parent) as work:
        folder = Path(work)
        unpack_backup(backup, folder)
        made = folder / DATABASE
        _check(made, said)
        _check_not_newer(path, said, over_newer=over_newer)
        with held_alone(path):
            is_asking = _bring_up_to_date(made, settings)
            at = f"replaced-{SystemClock().now():%Y%m%dT%H%M%SZ}"
            kept = _put_back_files(folder / DATA, settings.data_dir, at)
            aside = path.with_name(f"{path.name}.{at}")
            put_in_place(made, path, aside)
    _say(path, said, [*kept, *([aside] if aside.exists() else [])], is_asking=is_asking)


def _database_file(settings: Settings) -> Path:
    scheme, _, path = settings.database_url.partition(":///")
    if not scheme.startswith("sqlite"):
        raise TrothError(
            "this restores SQLite databases only. For PostgreSQL: stop all of Troth, pg_restore --clean into the"
            " database, set TROTH_SECRET_KEY as it was, run troth restored ask, and start Troth"
        )
    return Path(path)


def _check(made: Path, said: About) -> None:
    if problems := problems_in(made):
        raise TrothError(f"the database in the backup is damaged: {problems[0]}; nothing was changed")
    if contents_of(made).revision not in known_revisions():
        raise TrothError(
            f"the backup is of revision {said.revision}, made by Troth {said.version}, which is newer than this one:"
            " install that version, or a newer one; nothing was changed"
        )


def _check_not_newer(path: Path, said: About, *, over_newer: bool) -> None:
    """Refuse to put less in the place of more, unless that is what was asked for. What is damaged knows nothing."""
    if over_newer or not path.exists() or problems_in(path):
        return
    try:
        there = contents_of(path)
    except TrothError:
        return
    backup_at = datetime.fromisoformat(said.newest_at) if said.newest_at else None
    is_another = there.installation != said.installation and there.newest_at is not None
    is_newer = there.newest_at is not None and (backup_at is None or there.newest_at > backup_at)
    if is_another or is_newer:
        whose = "is another installation" if is_another else f"goes on until {there.newest_at:%Y-%m-%d %H:%M:%S} UTC"
        until = "knows of nothing" if backup_at is None else f"ends at {backup_at:%Y-%m-%d %H:%M:%S} UTC"
        raise Conflict(f"{path} {whose}, and the backup {until}: with --over-newer it is replaced, and kept beside it")


def _bring_up_to_date(made: Path, settings: Settings) -> bool:
    """The unpacked database at the newest revision, and asking where mails may have left since; answers whether it asks."""
    with closing(open_database(f"sqlite:///{made}")) as database:
        database.migrate()
        return _ask_unless_marked(database, settings)


def _ask_unless_marked(database: Database, settings: Settings) -> bool:
    file = mark_file(settings.data_dir, database)
    try:
        mark = marked_in(file)
        is_empty = file.exists() and file.stat().st_size == 0
    except OSError:
        mark, is_empty = None, False
    with database.write() as connection:
        newest = newest_mark(connection)
        # An empty file is there where a process has run on this machine and nothing was ever handed over.
        knew_nothing = is_empty and newest is None
        knew_this = mark is not None and newest is not None and (newest.number, newest.at) == (mark.number, mark.at)
        is_all = knew_nothing or knew_this
        if not is_all:
            note_restored(connection, mark, SystemClock().now())
        return open_restoration(connection) is not None


def _put_back_files(kept: Path, data_dir: Path, at: str) -> list[Path]:
    """Put back what lay in the data directory; what is there and differs is kept under another name, which is answered."""
    aside = []
    for path in sorted(one for one in kept.rglob("*") if one.is_file()):
        target = data_dir / path.relative_to(kept)
        if target.is_file():
            if target.read_bytes() == path.read_bytes():
                continue
            aside.append(target.with_name(f"{target.name}.{at}"))
            target.rename(aside[-1])
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o600)
        path.replace(target)
    return aside


def _say(path: Path, said: About, kept: list[Path], *, is_asking: bool) -> None:
    click.echo(f"{path} is as it was at {_when(said.made_at)}.")
    for one in kept:
        click.echo(f"What was there before is kept: {one}")
    if "TROTH_SECRET_KEY" in os.environ:
        click.echo(f"TROTH_SECRET_KEY is set, so the key in {SECRET_KEY_FILE} is not used: it must be the same one.")
    if is_asking:
        click.echo(
            "Mails may have left that it does not know of: nothing is sent until you answer, see troth restored."
        )


def _when(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
