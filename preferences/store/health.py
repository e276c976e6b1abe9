"""What kind of database this is, and whether it keeps what it was told: read, never set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from preferences.store.database import Database

_SQLITE = ("journal_mode", "synchronous", "foreign_keys")
_POSTGRESQL = ("synchronous_commit", "fsync", "full_page_writes", "transaction_read_only", "max_connections")
_PROBLEMS_SAID = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Kind, version as numbers, size in octets, and the settings that matter here, by name, as the database says them."""

    is_sqlite: bool
    version: str
    octets: int
    settings: Mapping[str, str]


def facts_of(database: Database) -> Facts:
    """The facts of a database that can be reached. Raises `DatabaseAway`."""
    with database.read() as connection:
        return _of_sqlite(connection) if database.is_sqlite else _of_postgresql(connection)


def _of_sqlite(connection: Connection) -> Facts:
    settings = {name: str(connection.execute(text(f"PRAGMA {name}")).scalar_one()) for name in _SQLITE}
    pages, size = (connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
    version = str(connection.execute(text("SELECT sqlite_version()")).scalar_one())
    return Facts(is_sqlite=True, version=version, octets=pages * size, settings=settings)


def _of_postgresql(connection: Connection) -> Facts:
    names = connection.execute(
        text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names) ORDER BY name"),
        {"names": list(_POSTGRESQL)},
    )
    return Facts(
        is_sqlite=False,
        version=str(connection.execute(text("SHOW server_version")).scalar_one()),
        octets=int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()),
        settings={row.name: row.setting for row in names},
    )


def damage_in(database: Database) -> list[str]:
    """What is wrong with the pages of a SQLite database, in words; empty for another kind, which checks itself."""
    if not database.is_sqlite:
        return []
    try:
        with database.read() as connection:
            rows = connection.execute(text(f"PRAGMA quick_check({_PROBLEMS_SAID})")).scalars().all()
    except DBAPIError as error:
        return [str(error.orig)]
    return [str(row) for row in rows if row != "ok"]
