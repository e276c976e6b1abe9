"""The slots of digests, read off the wording of the law."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime

from tests.properties.page import DAY, Reader


def slots(reader: Reader, rhythm: str, since: datetime) -> Iterator[tuple[date, datetime]]:
    """The slots of a rhythm at `since` or later: the local date and the instant, in order, without end."""
    times = reader.asked.digest_times
    on = since.astimezone(reader.zone).date() - 2 * DAY
    while True:
        if _has_slot(reader, rhythm, on):
            at = reader.reached(on, times.hour)
            if at >= since:
                yield on, at
        on += DAY


def _has_slot(reader: Reader, rhythm: str, on: date) -> bool:
    allowed = {int(day) for day in reader.asked.days}
    if rhythm == "daily":
        return on.weekday() in allowed
    if rhythm == "weekly":
        return on.weekday() == int(reader.asked.digest_times.weekday)
    return on.weekday() in allowed and any(_moved(nominal, allowed) == on for nominal in _nominal(reader, on))


def _nominal(reader: Reader, on: date) -> Iterator[date]:
    """The days of the month that can have been moved to `on`: that day and the six before it."""
    for back in range(7):
        day = on - back * DAY
        if day.day == min(reader.asked.digest_times.day, monthrange(day.year, day.month)[1]):
            yield day


def _moved(on: date, allowed: set[int]) -> date:
    return on if on.weekday() in allowed else _moved(on + DAY, allowed)
