"""Lists by the page: a cursor says after what to go on, and means nothing to anybody else."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from preferences.errors import Invalid
from preferences.links import Kind
from webapp.api.calls import Answer, Call
from webapp.api.schemas.common import Page

_Row = TypeVar("_Row")


def page_answer(
    page: Page, rows: Sequence[_Row], told: Callable[[_Row], Any], cursor_of: Callable[[_Row], str | None]
) -> Answer:
    """A page of at most `page.limit` of these rows, of which one more was asked for to know whether more follow."""
    shown = rows[: page.limit]
    following = cursor_of(shown[-1]) if len(rows) > page.limit else None
    return Answer(body={"items": [told(row) for row in shown], "next": following})


def number_after(call: Call, page: Page, kind: Kind) -> int | None:
    """The number that a cursor names, None at the beginning. Raises `Invalid`."""
    if page.cursor is None:
        return None
    number = call.ids.number_of(kind, page.cursor)
    if number is None:
        raise not_a_cursor()
    return number


def not_a_cursor() -> Invalid:
    """What to raise for a cursor that no list has given."""
    return Invalid.one("cursor", "take it from `next` of the page before")


def packed(*parts: str | int) -> str:
    """A cursor of several parts."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def unpacked(cursor: str) -> list[Any]:
    """The parts of a cursor. Raises `Invalid`."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise not_a_cursor() from error
    if not isinstance(parts, list):
        raise not_a_cursor()
    return parts
