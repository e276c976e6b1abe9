"""Migrations: numbered, one head. `migrate` brings a database to the newest, under a lock on PostgreSQL.

What only asks at which revision a database is imports `preferences.store.revisions`, and not Alembic.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from preferences.errors import TrothError
from preferences.store.database import Database
from preferences.store.revisions import METADATA, known_revisions

# Any number; two programs that migrate the same database at once take turns by it.
_LOCK = 7_240_115


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


def differences(connection: Connection) -> list[object]:
    """What the tables say and a migrated database does not: empty when the migrations are complete."""
    stays = _STAYS_ON_SQLITE if connection.dialect.name == "sqlite" else frozenset()

    def included(_object: object, name: str | None, kind: str, *_more: object) -> bool:
        return (kind, name) != ("table", "alembic_version") and not (kind == "unique_constraint" and name in stays)

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": included})
    return list(compare_metadata(context, METADATA))


# SQLite would have to write each of these tables anew to be rid of them. They hold of what is written all the same.
_STAYS_ON_SQLITE = frozenset({"uq_decision_publication_id", "uq_observation_publication_id", "uq_delivery_digest_slot"})
