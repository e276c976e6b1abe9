"""Small helpers around rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import CursorResult

_Value = TypeVar("_Value")


def filled(kind: type[_Value], values: Mapping[str, Any]) -> _Value:
    """A frozen value with these for all of its fields, of a class without slots that checks and derives nothing.

    Calling the class sets each field by itself, and a send makes thousands a second.
    """
    made = object.__new__(kind)
    made.__dict__.update(values)
    return made


def inserted_key(result: CursorResult[Any]) -> int:
    """The number that a single inserted row was given."""
    key = result.inserted_primary_key
    if key is None:
        raise AssertionError("the statement inserted no row of its own")
    return int(key[0])
