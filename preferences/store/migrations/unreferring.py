"""A foreign key is given up, without touching a row."""

from __future__ import annotations

import re

from alembic import op
from sqlalchemy import Connection, text


def stop_referring(table: str, column: str) -> None:
    """Give up the constraint `fk_<table>_<column>`."""
    connection, name = op.get_bind(), f"fk_{table}_{column}"
    if connection.dialect.name == "sqlite":
        _stop_on_sqlite(connection, table, name)
    else:
        op.drop_constraint(name, table, type_="foreignkey")


def _stop_on_sqlite(connection: Connection, table: str, name: str) -> None:
    """By the text of the table: what no row can contradict may be changed there (sqlite.org/lang_altertable.html, 7)."""
    about = {"table": table}
    sql = connection.execute(
        text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), about
    ).scalar_one()
    without, count = re.subn(rf",\s*CONSTRAINT {name} FOREIGN KEY\s*\([^)]*\) REFERENCES \w+ \([^)]*\)", "", sql)
    assert count == 1, f"{table} has {name} {count} times, and not behind its columns"
    version = connection.execute(text("PRAGMA schema_version")).scalar_one()
    connection.execute(text("PRAGMA writable_schema = ON"))
    connection.execute(
        text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"), {**about, "sql": without}
    )
    connection.execute(text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(text("PRAGMA writable_schema = OFF"))
