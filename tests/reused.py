"""Migrated databases that are emptied and handed on: to copy one takes PostgreSQL ten times as long as to empty it.

Whoever asks gets a database under a name that nobody has had, in which there is nothing but what migrating leaves, as
if it had just been copied. One that was left otherwise than by rows (altered, analysed, grown) is dropped instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.postgresql import PostgresqlServer

_MOST_OCTETS_MORE = 8_000_000
_TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1"
)
_BEGIN_COUNTING = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
# Whatever can be altered about tables, indexes, columns and functions; and whether rows were ever counted.
_SHAPE = """
SELECT (SELECT md5(string_agg((c.oid, relname, relfilenode, relnatts, relchecks, reloptions, reltuples > 0)::text, ','
                              ORDER BY c.oid)) FROM pg_class c WHERE relnamespace = 'public'::regnamespace),
       (SELECT md5(string_agg((attrelid, attnum, atttypid, atttypmod, attnotnull, attisdropped, atthasdef)::text, ','
                              ORDER BY attrelid, attnum)) FROM pg_attribute WHERE attrelid >= 16384),
       (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_proc),
       (SELECT count(*) FROM pg_namespace), (SELECT count(*) FROM pg_db_role_setting),
       (SELECT count(*) FROM pg_statistic WHERE starelid >= 16384)"""


class ReusedDatabases:
    """Databases on one server, each a copy of the migrated ``template``, nobody's or lent to somebody."""

    def __init__(self, server: PostgresqlServer, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        with server.connected(template) as connection:
            # Those with rows are filled by migrating, so they belong to the shape.
            tables = [name for (name,) in connection.execute(_TABLES)]
            self._filled = _with_rows(connection, tables)
            self._emptied = [name for name in tables if name not in self._filled]
            self._shape = self._shape_of(connection)
            self._octets = _octets(connection)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a migrated, empty database; taken back in the end, whoever is still connected to it."""
        name = self._free.pop() if self._free else self._server.create(template=self._template)
        try:
            yield self._server.database_url(name)
        finally:
            self._take_back(name)

    def drop(self) -> None:
        """Drop all that nobody has."""
        while self._free:
            self._server.drop(self._free.pop())

    def _take_back(self, name: str) -> None:
        try:
            # Under a name that nobody knows yet, nobody else writes to it while it is emptied, or afterwards.
            renamed = self._server.rename(name)
        except psycopg.Error:
            self._server.drop(name)
            return
        try:
            with self._server.connected(renamed) as connection:
                is_as_new = self._emptied_as_new(connection)
        except psycopg.Error:
            is_as_new = False
        if is_as_new:
            self._free.append(renamed)
        else:
            self._server.drop(renamed)

    def _emptied_as_new(self, connection: psycopg.Connection) -> bool:
        """Take all rows out; whether nothing else is left of whoever had it."""
        if self._shape_of(connection) != self._shape or _octets(connection) > self._octets + _MOST_OCTETS_MORE:
            return False
        with connection.transaction():
            # All of them, so no row can point at one that is gone.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in _with_rows(connection, self._emptied):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            connection.execute(_BEGIN_COUNTING)
        return True

    def _shape_of(self, connection: psycopg.Connection) -> list[object]:
        rows = [
            connection.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))).fetchall()
            for name in self._filled
        ]
        return [connection.execute(_SHAPE).fetchone(), *rows]


def _with_rows(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    """Which of these tables have a row."""
    has_rows = sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})")
    each = [has_rows.format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    return [name for (name,) in connection.execute(sql.SQL(" UNION ALL ").join(each))]


def _octets(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])
