"""Bringing a database in a file to the newest revision: not before a copy of it lies beside it, and then whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from preferences.errors import TrothError
from preferences.settings import Settings
from preferences.store.backups import copy_database, file_of
from preferences.store.clock import SystemClock
from preferences.store.database import Database
from preferences.store.revisions import newest_revision, revision_of

log = logging.getLogger(__name__)

FOLDER = "backups"
KEPT = 3


def upgrade(settings: Settings, database: Database, say: Callable[[str], None] = log.warning) -> None:
    """Bring a database to the newest revision; a SQLite database that holds something is copied first, and `say` is told.

    The last three copies are kept in `backups` in the data directory. Raises `TrothError` where it cannot be copied or
    migrated: the database is as it was then.
    """
    revision = revision_of(database)
    if revision == newest_revision():
        return
    copy = None if revision is None or not database.is_sqlite else _copied(settings, database, revision)
    if copy is not None:
        say(f"the database was copied to {copy} before it is brought from revision {revision} to {newest_revision()}")
    try:
        database.migrate()
    except TrothError as error:
        raise TrothError(f"{error}. The database is as it was, at revision {revision}") from error


def _copied(settings: Settings, database: Database, revision: str) -> Path | None:
    file = file_of(database)
    if file is None:
        return None
    folder = settings.data_dir / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = folder / f"{file.stem}-{revision}-{SystemClock().now():%Y%m%dT%H%M%S%fZ}.sqlite3"
        copy_database(database, copy)
    except OSError as error:
        why = f"the database cannot be copied to {folder} before it is upgraded: {error.strerror}"
        raise TrothError(f"{why}; free space there, and start again") from error
    for old in sorted(folder.glob(f"{file.stem}-*.sqlite3"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
        with suppress(FileNotFoundError):
            old.unlink()
    return copy
