"""Everything in a SQLite database replaced by what another file holds: one transaction, so that it is the one or the other.

What belongs to whoever is at work stays: the leases of processes, the tokens of programs, the sessions of people.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel

from preferences.errors import TrothError
from preferences.store.database import Database, DatabaseAway
from preferences.store.tables import API_TOKEN, CONSOLE_SESSION, LEASE

_STAYS = frozenset({API_TOKEN.name, CONSOLE_SESSION.name, LEASE.name})


def replace_everything(database: Database, source: Path) -> None:
    """Replace what is in a database by what is in `source`, a closed SQLite file at the same revision.

    Whoever reads meanwhile sees all of what was there before, or all of what is there now. Tokens of a publication
    that is gone go with it. Raises `DatabaseAway` where somebody else writes for too long, and then nothing is changed;
    `TrothError` for another kind of database.
    """
    if not database.is_sqlite:
        raise TrothError("only a SQLite database can be replaced by what is in a file")
    # A connection of its own, closed at the end: what is set for it is set for nothing else.
    with closing(database.engine.raw_connection()) as connection:
        try:
            _replace(connection.cursor(), source)
        except sqlite3.OperationalError as error:
            raise DatabaseAway(f"the database cannot be replaced now: {error}") from error
        finally:
            connection.invalidate()


def _replace(cursor: Any, source: Path) -> None:
    cursor.execute("ATTACH ? AS source", (str(source),))
    # The source is whole: asking for each row what refers to it would take minutes.
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.execute("BEGIN IMMEDIATE")
    for table in SQLModel.metadata.sorted_tables:
        if table.name not in _STAYS:
            columns = ", ".join(f'"{column.name}"' for column in table.columns if column.computed is None)
            cursor.execute(f'DELETE FROM main."{table.name}"')
            cursor.execute(f'INSERT INTO main."{table.name}" ({columns}) SELECT {columns} FROM source."{table.name}"')
    cursor.execute("DELETE FROM main.api_token WHERE publication_id NOT IN (SELECT id FROM main.publication)")
    cursor.execute("COMMIT")
