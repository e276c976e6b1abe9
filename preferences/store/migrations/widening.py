"""A closed list that a column is checked against gets one more entry, without touching a row."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Connection, inspect, text


def widen(table: str, column: str, after: str, new: str) -> None:
    """Let a column hold one more value: `new` comes after `after` in the constraint `ck_<table>_<column>`."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _widen_sqlite(connection, table, f"'{after}'", f"'{after}', '{new}'")
    else:
        _widen_postgresql(connection, table, column, new)


def _widen_sqlite(connection: Connection, table: str, old: str, new: str) -> None:
    """By the text of the table: what no row can contradict may be changed there (sqlite.org/lang_altertable.html, 7)."""
    version = connection.execute(text("PRAGMA schema_version")).scalar_one()
    connection.execute(text("PRAGMA writable_schema = ON"))
    connection.execute(
        text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :name"),
        {"old": old, "new": new, "name": table},
    )
    connection.execute(text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(text("PRAGMA writable_schema = OFF"))


def _widen_postgresql(connection: Connection, table: str, column: str, new: str) -> None:
    """What the constraint says now, or the new value."""
    name = f"ck_{table}_{column}"
    checks = {check["name"]: check["sqltext"] for check in inspect(connection).get_check_constraints(table)}
    connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    wider = f"({checks[name]}) OR {column} = '{new}'"
    connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({wider})"))
