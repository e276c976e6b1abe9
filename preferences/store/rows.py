"""Small helpers around rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CursorResult


def inserted_key(result: CursorResult[Any]) -> int:
    """The number that a single inserted row was given."""
    key = result.inserted_primary_key
    if key is None:
        raise AssertionError("the statement inserted no row of its own")
    return int(key[0])
