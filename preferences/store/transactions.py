"""Transactions as their callers outside the store name them, with what two callers at once do to each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from preferences.errors import Conflict
from preferences.store.database import Database, DatabaseAway

Transaction: TypeAlias = Connection


@contextmanager
def writing(database: Database) -> Iterator[Transaction]:
    """A transaction that commits at its end. Raises `DatabaseAway`, also for two that waited for each other, and
    `Conflict` where somebody else made the same thing at the same moment; nothing is changed then.
    """
    with _met(), database.write() as connection:
        yield connection


@contextmanager
def part_of(connection: Transaction) -> Iterator[None]:
    """A part of a transaction: what is raised inside undoes the part, and leaves the rest as it was. As above."""
    with _met(), connection.begin_nested():
        yield


@contextmanager
def _met() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if not _is_there_already(error):
            raise
        raise Conflict("somebody else made the same at the same moment: repeat it") from error
    except DBAPIError as error:
        if type(error.orig).__name__ != "DeadlockDetected":
            raise
        raise DatabaseAway("two changes waited for each other, and this one was given up") from error


def _is_there_already(error: IntegrityError) -> bool:
    return type(error.orig).__name__ == "UniqueViolation" or "UNIQUE constraint failed" in str(error.orig)
