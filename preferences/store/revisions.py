"""At which revision a database is, and which there are: asked at every start, and so without what migrates.

Alembic, with what it brings along, is a seventh of a process that it has no other use for.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from preferences.store import tables
from preferences.store.database import Database

METADATA = SQLModel.metadata
assert tables.Delivery.__tablename__ in METADATA.tables

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def is_newest(database: Database) -> bool:
    """Whether the database is at the newest revision."""
    return revision_of(database) == newest_revision()


def revision_of(database: Database) -> str | None:
    """The revision a database is at; None for one without a table."""
    with database.read() as connection:
        return revision_in(connection)


def revision_in(connection: Connection) -> str | None:
    """The same, within a transaction."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def newest_revision() -> str:
    """The newest revision that this version has."""
    return max(known_revisions())


@cache
def known_revisions() -> frozenset[str]:
    """All revisions that this version can begin from, as their files are numbered: one line without branches."""
    return frozenset(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*_*.py"))


def missing_columns(database: Database) -> list[str]:
    """What this version reads and the database lacks, as table.column in order; empty where it is whole."""
    with database.read() as connection:
        there = inspect(connection).get_multi_columns()
    has = {(name, column["name"]) for (_, name), columns in there.items() for column in columns}
    needed = [(table.name, column.name) for table in METADATA.sorted_tables for column in table.columns]
    return [f"{table}.{column}" for table, column in needed if (table, column) not in has]
