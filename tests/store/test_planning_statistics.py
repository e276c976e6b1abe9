"""What PostgreSQL knows of its tables when a campaign is planned: enough, also just after an import."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from preferences.store.database import Database, open_database
from preferences.store.planning.statistics import know_tables

# Rows that refer to nobody: what is asked here is only how many there are.
MANY = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO expectation_topic (expectation_id, publication_id, topic_id, position, arrives, accepted_id)
    SELECT one, 1, 1, 0, 'each', 1 FROM generate_series({}, {}) AS one
"""


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    with closing(open_database(postgresql_url)) as database:
        _add(database, 1, 5_000)
        yield database


def _add(database: Database, first: int, last: int) -> None:
    with database.write() as connection:
        connection.execute(text(MANY.format(first, last)))


def _looked_at(database: Database) -> list[str]:
    with database.write() as connection:
        return know_tables(connection)


def test_a_table_that_an_import_has_filled_is_looked_at_once(database: Database) -> None:
    assert _looked_at(database) == ["expectation_topic"]
    assert _looked_at(database) == []


def test_a_table_that_has_grown_to_more_than_twice_is_looked_at_again(database: Database) -> None:
    _looked_at(database)
    _add(database, 5_001, 6_000)
    assert _looked_at(database) == []
    _add(database, 6_001, 12_000)
    assert _looked_at(database) == ["expectation_topic"]


def test_what_was_looked_at_by_a_forecast_which_keeps_nothing_is_looked_at_again(database: Database) -> None:
    with database.read() as connection:
        assert know_tables(connection) == ["expectation_topic"]
    assert _looked_at(database) == ["expectation_topic"]


def test_sqlite_and_small_tables_are_left_alone(postgresql_url: str, sqlite_url: str) -> None:
    for url in (postgresql_url, sqlite_url):
        with closing(open_database(url)) as fresh:
            assert _looked_at(fresh) == []
