"""Where a page of a long list was cut: an instant in the address of the next page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import request

from preferences.errors import NotFound

# Around an instant weeks and silences are counted, so there must be years on both sides of it.
_MARGIN = timedelta(days=3660)
_FIRST = datetime.min.replace(tzinfo=UTC) + _MARGIN
_LAST = datetime.max.replace(tzinfo=UTC) - _MARGIN


def cut_at() -> datetime | None:
    """Where the page before was cut (`?until=`), aware; None for the first page.

    Raises `NotFound` for what no page links to.
    """
    text = request.args.get("until", "")
    if not text:
        return None
    try:
        until = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotFound("there is no such page") from error
    # Compared as they are: near the ends of the calendar a change of zone is an overflow.
    if until.utcoffset() is None or not _FIRST < until < _LAST:
        raise NotFound("there is no such page")
    return until
