"""Many rows in one statement, with as little as possible between them and the database.

Rows are tuples in the order of the columns that are named. PostgreSQL is given whole columns as arrays; SQLite, which has
no way between to go, one statement for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = Sequence[Any]
Names = tuple[str, ...]

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_rows(connection: Connection, table: Table, names: Names, rows: Sequence[Row]) -> None:
    """Insert rows, each with a value for every one of the columns."""
    _run(connection, f"INSERT INTO {table.name} ({_listed(names)}) {{rows}}", table, names, rows)


def put_rows(connection: Connection, table: Table, key: Names, names: Names, rows: Sequence[Row]) -> None:
    """Insert rows, or set the columns of those whose key is there: each tuple has the values of `key`, then of `names`."""
    every = (*key, *names)
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    there = f"ON CONFLICT ({_listed(key)}) DO UPDATE SET {sets}"
    _run(connection, f"INSERT INTO {table.name} ({_listed(every)}) {{rows}} {there}", table, every, rows)


def update_rows(connection: Connection, table: Table, key: Names, names: Names, rows: Sequence[Row]) -> None:
    """Set columns of rows that are there: each tuple has the values of `names`, then those of `key`.

    Of several with one key the last counts: PostgreSQL would take any of them.
    """
    rows = list({tuple(row[-len(key) :]): row for row in rows}.values())
    if _is_postgresql(connection):
        statement = _updating(table, key, names)
    else:
        sets = ", ".join(f'"{name}" = ?' for name in names)
        where = " AND ".join(f'"{name}" = ?' for name in key)
        statement = f"UPDATE {table.name} SET {sets} WHERE {where}"
    _run(connection, statement, table, (*names, *key), rows)


def update_rows_where(
    connection: Connection, table: Table, key: Names, names: Names, rows: Sequence[Row], condition: str
) -> set[Any]:
    """Set columns of those rows that meet a condition, on PostgreSQL; answers their numbers, without a lock before it."""
    statement = f"{_updating(table, key, names)} AND {condition} RETURNING {table.name}.id"
    updated = _run(connection, statement, table, (*names, *key), rows)
    return set() if updated is None else set(updated.scalars())


def _updating(table: Table, key: Names, names: Names) -> str:
    sets = ", ".join(f'"{name}" = new."{name}"' for name in names)
    where = " AND ".join(f'{table.name}."{name}" = new."{name}"' for name in key)
    return f"UPDATE {table.name} SET {sets} FROM ({{rows}}) AS new WHERE {where}"


def next_keys(connection: Connection, table: Table, count: int) -> list[int]:
    """Numbers for so many new rows of a table, in order. On SQLite nobody else writes until the transaction ends."""
    if _is_postgresql(connection):
        numbered = f"SELECT nextval('{table.name}_id_seq') FROM generate_series(1, %s)"
        return [number for (number,) in connection.exec_driver_sql(numbered, (count,))]
    highest: int = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}").scalar_one()
    return list(range(highest + 1, highest + 1 + count))


def _run(
    connection: Connection, statement: str, table: Table, names: Names, rows: Sequence[Row]
) -> CursorResult[Any] | None:
    """Run a statement in which `{rows}` stands where the rows belong; without rows there is nothing to run."""
    if not rows:
        return None
    if not _is_postgresql(connection):
        values = f"VALUES ({', '.join('?' * len(names))})"
        return connection.exec_driver_sql(statement.format(rows=values), _spelled(table, names, rows))
    columns = list(zip(*rows, strict=True))
    same = tuple(column.count(column[0]) == len(column) for column in columns)
    same = (*same[:-1], False)  # one array at least says how many rows there are
    given = tuple(column[0] if one else _array(column) for column, one in zip(columns, same, strict=True))
    return connection.exec_driver_sql(statement.format(rows=_selected(table, names, same)), given)


@lru_cache(maxsize=256)
def _selected(table: Table, names: Names, same: tuple[bool, ...]) -> str:
    """A statement that selects rows: of each column a value that is the `same` in all of them, or one of an array."""
    types = [table.c[name].type.compile(_POSTGRESQL) for name in names]
    marks = [f"%s::{of}{'' if one else '[]'}" for of, one in zip(types, same, strict=True)]
    values = [
        f'{mark if one else f"unnest({mark})"} AS "{name}"' for name, mark, one in zip(names, marks, same, strict=True)
    ]
    return f"SELECT {', '.join(values)}"


def _array(values: Sequence[Any]) -> str:
    """The literal of an array. Most columns are of one kind, and are then spelled at once."""
    kinds = set(map(type, values))
    if kinds <= _NUMBERS:
        return f"{{{str(list(values))[1:-1]}}}"
    if kinds == {datetime}:
        return f"""{{"{'","'.join([value.isoformat() for value in values])}"}}"""
    if kinds == {str}:
        joined = _NOWHERE.join(values)
        if joined.count(_NOWHERE) == len(values) - 1:
            return f"""{{"{_escaped(joined).replace(_NOWHERE, '","')}"}}"""
    return f"{{{','.join(map(_literal, values))}}}"


_NUMBERS = {int, float, bool}
# PostgreSQL takes no text with it.
_NOWHERE = "\0"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f'"{_escaped(value)}"'
    return f'"{value}"' if isinstance(value, date) else str(value)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _listed(names: Names) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _spelled(table: Table, names: Names, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The rows as SQLite holds them: it has no instants, dates or truths of its own."""
    ways = _ways(table, names)
    if not ways:
        return list(map(tuple, rows))
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, way in ways:
        columns[place] = [None if value is None else way(value) for value in columns[place]]
    return list(zip(*columns, strict=True))


@lru_cache(maxsize=256)
def _ways(table: Table, names: Names) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """How values are spelled by every other statement, by the place of their column; each instant is spelled once."""
    dialect = sqlite.dialect()
    processes = [
        (place, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for place, name in enumerate(names)
    ]
    instants = {place for place, name in enumerate(names) if table.c[name].type.python_type is datetime}
    return tuple(
        (place, lru_cache(maxsize=1024)(process) if place in instants else process)
        for place, process in processes
        if process is not None
    )
