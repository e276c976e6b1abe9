"""A database that the tests hand on is as empty and as whole as a copy of the migrated one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import make_url

from preferences.store.clock import SystemClock
from preferences.store.database import open_database
from preferences.store.installation import found
from tests.postgresql import PostgresqlServer
from tests.reused import ReusedDatabases

pytestmark = pytest.mark.slow


@pytest.fixture
def databases(postgresql_server: PostgresqlServer, migrated_postgresql: str) -> Iterator[ReusedDatabases]:
    databases = ReusedDatabases(postgresql_server, migrated_postgresql)
    yield databases
    databases.drop()


def _number(databases: ReusedDatabases, server: PostgresqlServer, change: str = "SELECT 1") -> int:
    """The number of the database that is lent, founded there, and changed."""
    with databases.lent() as url:
        with closing(open_database(url)) as database:
            found(database, SystemClock().now())
        with server.connected(make_url(url).database) as connection:
            row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
            connection.execute(change)
    assert row is not None
    return int(row[0])


def test_what_was_in_it_is_gone_and_counting_begins_anew(
    databases: ReusedDatabases, postgresql_server: PostgresqlServer
) -> None:
    first = _number(databases, postgresql_server)
    with databases.lent() as url, postgresql_server.connected(make_url(url).database) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind = 'r' AND relname <> 'alembic_version'"
        ).fetchall()
        assert len(tables) > 40
        for (table,) in tables:
            assert connection.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (0,), table
        assert connection.execute("SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL").fetchone() == (0,)
    assert _number(databases, postgresql_server) == first


def test_whoever_is_still_connected_is_cut_off_and_does_not_find_it_again(
    databases: ReusedDatabases, postgresql_server: PostgresqlServer
) -> None:
    with databases.lent() as url:
        old = make_url(url).database
        straggler = postgresql_server.connected(old)
    with pytest.raises(psycopg.OperationalError):
        straggler.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        postgresql_server.connected(old)
    straggler.close()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE another (id int)",
        "ALTER TABLE campaign ADD COLUMN another int",
        "ALTER TABLE campaign ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE campaign SET (fillfactor = 50)",
        "CREATE INDEX another ON campaign (name)",
        "UPDATE alembic_version SET version_num = 'another'",
        "ANALYZE publication",
        "TRUNCATE campaign CASCADE",
        "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_one_that_was_left_otherwise_is_dropped(
    databases: ReusedDatabases, postgresql_server: PostgresqlServer, change: str
) -> None:
    changed = _number(databases, postgresql_server, change)
    assert _number(databases, postgresql_server) != changed
