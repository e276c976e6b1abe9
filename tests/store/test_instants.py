"""Instants are read in UTC, whatever a connection was told about zones."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, insert, select, text

from preferences.store.database import Database, open_database
from preferences.store.tables import LEASE

# Just before and in the hour that Berlin has twice.
AT = datetime(2026, 10, 24, 23, 59, 59, 999999, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


def test_instants_are_read_in_utc(blank_database_url: str) -> None:
    with closing(open_database(blank_database_url)) as database:
        LEASE.create(database.engine)
        _reads_in_utc(database)


def test_instants_are_read_in_utc_where_something_between_drops_what_a_connection_asks(
    blank_postgresql_url: str,
) -> None:
    with closing(open_database(blank_postgresql_url)) as database:
        event.listen(database.engine, "do_connect", lambda *about: about[-1].update(options=""))
        with database.write() as connection:
            name = connection.execute(text("SELECT current_database()")).scalar_one()
            connection.execute(text(f"ALTER DATABASE \"{name}\" SET timezone TO 'Europe/Berlin'"))
        LEASE.create(database.engine)
        database.close()
        _reads_in_utc(database)


def _reads_in_utc(database: Database) -> None:
    with database.write() as connection:
        lease: dict[str, Any] = dict.fromkeys(("purpose", "host", "listens", "did"), "trial")
        lease |= {"process": 1, "threads": 1, "schedules": False}
        connection.execute(insert(LEASE).values(**lease, until=LATER, created_at=AT))
    with database.read() as connection:
        read = connection.execute(select(LEASE.c.created_at, LEASE.c.until, LEASE.c.did_at)).one()
    assert tuple(read) == (AT, LATER, None)
    assert [instant.tzinfo for instant in read[:2]] == [UTC, UTC]
