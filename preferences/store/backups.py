"""SQLite databases as files: a copy while others write, whether a file is whole, what it holds, and replacing one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from preferences.errors import Conflict, TrothError
from preferences.store.database import Database, open_database
from preferences.store.installation import installation_name
from preferences.store.restorations import newest_mark
from preferences.store.tables import EVENT

# What SQLite keeps beside a database that is open, or was when its process ended.
BESIDE = ("-wal", "-shm", "-journal")
_PROBLEMS_SAID = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database holds: its installation, its revision, and how far its ledger goes, instants in UTC."""

    installation: str
    revision: str
    hand_overs: int
    newest_hand_over_at: datetime | None
    newest_event_at: datetime | None

    @property
    def newest_at(self) -> datetime | None:
        """The newest instant that anything in it has."""
        known = (self.newest_hand_over_at, self.newest_event_at)
        return max((at for at in known if at is not None), default=None)


def file_of(database: Database) -> Path | None:
    """The file of a SQLite database; None for another kind."""
    name = database.engine.url.database
    return Path(name) if database.is_sqlite and name else None


def copy_database(database: Database, target: Path) -> None:
    """Copy a SQLite database into a new file that only this user may read, as it is at one moment, while others write.

    The copy is on the disk when this answers; nothing is left where it fails. Raises `TrothError` and `OSError`.
    """
    if not database.is_sqlite:
        raise TrothError("only a SQLite database can be copied into one file")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(database.engine.raw_connection()) as source, closing(sqlite3.connect(target)) as copy:
            source.driver_connection.backup(copy)  # type: ignore[union-attr]
            copy.execute("PRAGMA journal_mode = DELETE")
        _sync(target)
    except (DBAPIError, sqlite3.Error) as error:
        target.unlink(missing_ok=True)
        raise TrothError(
            f"the database cannot be copied to {target}: {error}; free space there, or name another place"
        ) from error


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def problems_in(path: Path) -> list[str]:
    """What is wrong with a database file that nobody has open: pages, indexes, rows that refer to nothing; in words."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = [
                row[0] for row in connection.execute(f"PRAGMA integrity_check({_PROBLEMS_SAID})") if row[0] != "ok"
            ]
            rows = connection.execute("PRAGMA foreign_key_check").fetchmany(_PROBLEMS_SAID)
    except sqlite3.Error as error:
        return [str(error)]
    return found + [f"a row of {table} refers to a row of {other} that is not there" for table, _, other, _ in rows]


def contents_of(path: Path) -> Contents:
    """What a database file holds. Raises `TrothError` where it is none of an installation's."""
    revision = _revision_of(path)
    with closing(open_database(f"sqlite:///{path}")) as database, database.read() as connection:
        mark = newest_mark(connection)
        return Contents(
            installation=installation_name(connection),
            revision=revision,
            hand_overs=0 if mark is None else mark.number,
            newest_hand_over_at=None if mark is None else mark.at,
            newest_event_at=connection.execute(
                select(EVENT.c.recorded_at).order_by(EVENT.c.id.desc()).limit(1)
            ).scalar(),
        )


def _revision_of(path: Path) -> str:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise TrothError(f"{path} is no database of Troth: {error}") from error
    if row is None:
        raise TrothError(f"{path} is no database of Troth: it has no revision")
    return str(row[0])


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """A database file that nobody else has open meanwhile, with everything in it in the one file.

    Raises `Conflict` where a process has it open. One that is damaged cannot be held, and is let be as it is.
    """
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        is_whole = True
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Conflict(f"{path} is in use: stop Troth first, then try again") from error
        except sqlite3.DatabaseError:
            is_whole = False
        yield
        if is_whole:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def put_in_place(made: Path, path: Path, aside: Path) -> None:
    """Put a closed database file in the place of another, which is kept as `aside`: the one or the other, at any moment."""
    if path.exists():
        for ending in BESIDE:
            with suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
        try:
            os.link(path, aside)
        except OSError:  # a file system without links
            path.rename(aside)
    made.replace(path)
    _sync(path.parent)
