"""Transactions as their callers outside the store name them: the connection in hand, and a part that may fail alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy import Connection

Transaction: TypeAlias = Connection


@contextmanager
def part_of(connection: Transaction) -> Iterator[None]:
    """A part of a transaction: what is raised inside undoes the part, and leaves the rest as it was."""
    with connection.begin_nested():
        yield
