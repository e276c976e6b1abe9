"""When digests come: the slots of a rhythm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from preferences.cadence import Weekday
from preferences.calendar import first_instant, local_date
from preferences.expectation import Arrives, DigestTimes, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One slot: its local date (after moving to an allowed day) and its instant."""

    on: date
    at: datetime


def next_slot(terms: Terms, rhythm: Arrives, instant: datetime) -> Slot:
    """The first slot of a rhythm at `instant` or later. A pause does not move slots; it stops digests at them."""
    times = terms.expectation.digest_times
    days = terms.expectation.days
    start = local_date(terms.zone, instant) - timedelta(days=8)
    for on in _dates(rhythm, times, days, start):
        at = first_instant(terms.zone, on, times.hour)
        if at >= instant:
            return Slot(on=on, at=at)
    raise AssertionError("the dates of a rhythm never end")


def _dates(rhythm: Arrives, times: DigestTimes, days: frozenset[Weekday], start: date) -> Iterator[date]:
    """The local dates of a rhythm in order, from somewhere before `start` plus eight days, without end."""
    match rhythm:
        case Arrives.DAILY | Arrives.WEEKLY:
            on = start
            while True:
                if on.weekday() in days if rhythm is Arrives.DAILY else on.weekday() == times.weekday:
                    yield on
                on += timedelta(days=1)
        case Arrives.MONTHLY:
            year, month = start.year, start.month
            while True:
                yield _on_allowed_day(_day_of_month(year, month, times.day), days)
                year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        case _:
            raise ValueError(f"{rhythm} is no rhythm of a digest")


def _day_of_month(year: int, month: int, day: int) -> date:
    after = date(year + (month == 12), month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), after - timedelta(days=1))


def _on_allowed_day(on: date, days: frozenset[Weekday]) -> date:
    while on.weekday() not in days:
        on += timedelta(days=1)
    return on
