"""The few shapes of columns and constraints that all tables share."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Dialect,
    ForeignKeyConstraint,
    Integer,
    UniqueConstraint,
)
from sqlmodel import Field
from sqlmodel.sql.sqltypes import UTCDateTime

# SQLite numbers a row by itself only when its key is declared INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")


class Instant(UTCDateTime):
    """An instant in UTC. PostgreSQL answers in UTC already, and most are null: each is left as the driver gives it."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """What is done to each that is read."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


def key() -> Any:
    """The primary key of a table that numbers its rows."""
    return Field(default=None, primary_key=True, sa_type=Key)


def number(*, null: bool = False, default: Any = ..., index: bool = False) -> Any:
    """A 64-bit number, such as the key of another row."""
    if null:
        return Field(default=None, nullable=True, sa_type=Key, index=index)
    return Field(default=default, nullable=False, sa_type=Key, index=index)


def derived(condition: str) -> Any:
    """A column that the database itself derives from others of its row: whether a condition holds. Nobody sets it."""
    return Field(default=None, sa_column=Column(Boolean, Computed(condition)))


def of_publication(table: str) -> UniqueConstraint:
    """What lets other tables refer to a row together with its publication."""
    return UniqueConstraint("publication_id", "id", name=f"uq_{table}_publication_id")


def refers(table: str, column: str, target: str) -> ForeignKeyConstraint:
    """A foreign key that carries the publication, so that no row points into another one."""
    return ForeignKeyConstraint(
        ["publication_id", column],
        [f"{target}.publication_id", f"{target}.id"],
        name=f"fk_{table}_{column}",
    )


def one_of(table: str, column: str, values: type[StrEnum]) -> CheckConstraint:
    """The column holds one of an enumeration's values, or null."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")
