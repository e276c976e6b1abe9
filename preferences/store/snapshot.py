"""A database as one file that can be shipped: compact, whole, and without what was going on beside it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from preferences.errors import TrothError
from preferences.store.database import Database, open_database
from preferences.store.revisions import is_newest


def write_snapshot(database: Database, target: Path) -> None:
    """Write everything in a SQLite database into one new file, without free pages and journal.

    Raises `TrothError` for another kind of database, and where the file is there already.
    """
    if not database.is_sqlite:
        raise TrothError("only a SQLite database can be written into one file")
    if target.exists():
        raise TrothError(f"{target} is there already")
    with closing(database.engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))


def is_newest_file(path: Path) -> bool:
    """Whether the SQLite database in a file is at the newest revision."""
    database = open_database(f"sqlite:///{path}")
    try:
        return is_newest(database)
    finally:
        database.close()
