"""Many rows in one statement: what is written is what any other statement reads, whatever the texts hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Connection, Date, Float, Integer, MetaData, String, Table, Text, select
from sqlalchemy.exc import DataError
from sqlmodel.sql.sqltypes import UTCDateTime

from preferences.store.among import among, among_named
from preferences.store.bulk import insert_rows, next_keys, put_rows, update_rows
from preferences.store.columns import Key
from preferences.store.database import Database, open_database
from tests.postgresql import PostgresqlServer
from tests.properties.worlds import examples

TRIAL = Table(
    "trial",
    MetaData(),
    Column("id", Key, primary_key=True),
    Column("word", String),
    Column("words", Text),
    Column("at", UTCDateTime()),
    Column("on", Date),
    Column("is_true", Boolean),
    Column("share", Float),
    Column("count", Integer),
)
NAMES = ("word", "words", "at", "on", "is_true", "share", "count")
NASTY = (
    "",
    "NULL",
    'a "quoted" word',
    "back\\slash \\n",
    "{1,2}",
    "it's, so; --",
    "ä ☃ \U0001f600",
    "two\nlines\ttab",
    "%s ?",
)


@pytest.fixture
def database(blank_database_url: str) -> Iterator[Database]:
    with closing(open_database(blank_database_url)) as database:
        TRIAL.metadata.create_all(database.engine)
        yield database


def _row(number: int, word: str | None) -> tuple[Any, ...]:
    at = datetime(2026, 11, 24, 8, 0, number % 60, 123456 + number, tzinfo=UTC)
    some = None if number % 5 == 0 else number
    on = date(2026, 2, 1 + number % 28)
    return (word, word, None if number % 3 == 0 else at, on, number % 2 == 0, number / 3, some)


def _stored(connection: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(TRIAL).order_by(TRIAL.c.id))]


def test_rows_are_stored_as_they_are_given_and_changed_where_they_are(database: Database) -> None:
    rows = [(number, *_row(number, word)) for number, word in enumerate((*NASTY, None), start=1)]
    with database.write() as connection:
        insert_rows(connection, TRIAL, ("id", *NAMES), rows)
        assert _stored(connection) == rows

        changed = [(*_row(number + 40, "same"), number) for number, *_ in rows[:3]]
        update_rows(connection, TRIAL, ("id",), NAMES, changed)
        assert _stored(connection) == [(row[-1], *row[:-1]) for row in changed] + rows[3:]

        put = [(number, *_row(number, f"put {number}")) for number in (1, 5, 99)]
        put_rows(connection, TRIAL, ("id",), NAMES, put)
        there = {row[0]: row for row in _stored(connection)}
        assert [there[number] for number in (1, 5, 99)] == put
        assert len(there) == len(rows) + 1


def test_no_rows_are_no_statement_and_one_row_is_a_row(database: Database) -> None:
    with database.write() as connection:
        insert_rows(connection, TRIAL, ("id", *NAMES), [])
        update_rows(connection, TRIAL, ("id",), NAMES, [])
        assert _stored(connection) == []
        insert_rows(connection, TRIAL, ("id", *NAMES), [(7, *_row(7, "alone"))])
        assert _stored(connection) == [(7, *_row(7, "alone"))]


def test_of_two_changes_of_one_row_the_last_counts(database: Database) -> None:
    with database.write() as connection:
        insert_rows(connection, TRIAL, ("id", "word"), [(number, "old") for number in range(1, 9)])
        twice = [(f"{which} {number}", number) for which in ("first", "last") for number in range(1, 9)]
        update_rows(connection, TRIAL, ("id",), ("word",), twice)
        assert [row[1] for row in _stored(connection)] == [f"last {number}" for number in range(1, 9)]


def test_new_numbers_are_nobodys(database: Database) -> None:
    with database.write() as connection:
        for _ in range(3):
            numbers = next_keys(connection, TRIAL, 4)
            insert_rows(connection, TRIAL, ("id", "word"), [(number, "x") for number in numbers])
        assert len({row[0] for row in _stored(connection)}) == 12


def test_among_finds_exactly_those_that_are_named(database: Database) -> None:
    with database.write() as connection:
        insert_rows(connection, TRIAL, ("id", "word"), [(number, "x") for number in range(1, 50)])
        for numbers in ((), (3,), (49, 2, 2, 77), range(1, 50)):
            found = connection.execute(select(TRIAL.c.id).where(among(connection, TRIAL.c.id, numbers))).scalars()
            assert set(found) == set(numbers) & set(range(1, 50))
            by_name = connection.execute(_NAMED, {"numbers": numbers}).scalars()
            assert set(by_name) == set(numbers) & set(range(1, 50))


_NAMED = select(TRIAL.c.id).where(among_named(TRIAL.c.id, "numbers"))


def test_those_who_are_named_are_searched_for_on_sqlite_and_not_all_read(blank_sqlite_url: str) -> None:
    with closing(open_database(blank_sqlite_url)) as database:
        TRIAL.metadata.create_all(database.engine)
        both = _NAMED.where(TRIAL.c.word.is_(None))
        with database.read() as connection:
            for statement in (_NAMED, both):
                said = str(statement.compile(database.engine)).replace("?", "'[1, 2]'")
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}")]
                assert plan[0].startswith("SEARCH trial"), plan


def test_whole_columns_without_a_gap_are_stored_as_they_are_given(database: Database) -> None:
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    rows = [
        (number, word, word, at + number * timedelta(microseconds=1), at.date(), number % 2 == 0, number / 3, -number)
        for number, word in enumerate(NASTY, start=1)
    ]
    with database.write() as connection:
        insert_rows(connection, TRIAL, ("id", *NAMES), rows)
        assert _stored(connection) == rows


def test_a_text_that_no_database_takes_moves_no_other(database: Database) -> None:
    with database.write() as connection, suppress(DataError), connection.begin_nested():
        insert_rows(connection, TRIAL, ("id", "word"), [(1, "one\0two"), (2, "three")])
    with database.read() as connection:
        assert [row[1] for row in _stored(connection)] in ([], ["one\0two", "three"])


@examples(60)
@given(
    words=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=5)
)
def test_any_text_survives(words: list[str], sessions_database: Database) -> None:
    with sessions_database.write() as connection:
        numbers = next_keys(connection, TRIAL, len(words))
        insert_rows(connection, TRIAL, ("id", "words"), list(zip(numbers, words, strict=True)))
        mine = select(TRIAL.c.words).where(among(connection, TRIAL.c.id, numbers)).order_by(TRIAL.c.id)
        assert list(connection.execute(mine).scalars()) == words


@pytest.fixture(scope="module")
def sessions_database(postgresql_server: PostgresqlServer) -> Iterator[Database]:
    name = postgresql_server.create()
    with closing(open_database(postgresql_server.database_url(name))) as database:
        TRIAL.metadata.create_all(database.engine)
        yield database
