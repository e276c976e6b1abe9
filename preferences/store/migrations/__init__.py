"""Migrations: numbered, one head. `migrate` brings a database to the newest, under a lock on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from preferences.errors import TrothError
from preferences.store import tables
from preferences.store.database import Database

# Any number; two programs that migrate the same database at once take turns by it.
_LOCK = 7_240_115
METADATA = SQLModel.metadata
assert tables.Delivery.__tablename__ in METADATA.tables


def configuration() -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def migrate(database: Database) -> None:
    """Bring the database to the newest revision; a database that is there already is left alone.

    It is one transaction: a migration that fails leaves everything as it was. Raises `TrothError` where one does, and for
    a database that is at a revision this version does not know.
    """
    try:
        _upgrade(database)
    except (DBAPIError, CommandError) as error:
        said = str(error).strip().splitlines()[0]
        raise TrothError(f"the database could not be brought to the newest revision: {said}") from error


def _upgrade(database: Database) -> None:
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = configuration()
        _check_known(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _check_known(connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known_revisions():
        raise TrothError(
            f"the database is at revision {current}, which this version does not know: another version made it;"
            " start that one, or a newer one"
        )


def missing_columns(database: Database) -> list[str]:
    """What this version reads and the database lacks, as table.column in order; empty where it is whole."""
    with database.read() as connection:
        there = inspect(connection).get_multi_columns()
    has = {(name, column["name"]) for (_, name), columns in there.items() for column in columns}
    needed = [(table.name, column.name) for table in METADATA.sorted_tables for column in table.columns]
    return [f"{table}.{column}" for table, column in needed if (table, column) not in has]


def is_newest(database: Database) -> bool:
    """Whether the database is at the newest revision."""
    return revision_of(database) == newest_revision()


def revision_of(database: Database) -> str | None:
    """The revision a database is at; None for one without a table."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The newest revision that this version has."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    assert head is not None  # there is a first one
    return head


def known_revisions() -> frozenset[str]:
    """All revisions that this version can begin from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())


def differences(connection: Connection) -> list[object]:
    """What the tables say and a migrated database does not: empty when the migrations are complete."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _included})
    return list(compare_metadata(context, METADATA))


def _included(_object: object, name: str | None, kind: str, *_more: object) -> bool:
    return not (kind == "table" and name == "alembic_version")
