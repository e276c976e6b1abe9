"""Caps and cadences: how many mails in which windows. Windows are half-open and contain the instant asked about.

The table of periods is the specification's; a change here is a decision record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import IntEnum, StrEnum
from functools import lru_cache

from preferences.calendar import first_instant, local_date
from preferences.errors import Said


class Weekday(IntEnum):
    """Days as `date.weekday()` numbers them."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


EVERY_DAY = frozenset(Weekday)


class Period(StrEnum):
    """The periods a promise can be about."""

    DAY = "day"
    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


# How long the longest calendar window of a period lasts; expiry of what a cap holds follows from it.
LONGEST_DAYS = {
    Period.DAY: 1,
    Period.WEEK: 7,
    Period.TWO_WEEKS: 14,
    Period.MONTH: 31,
    Period.QUARTER: 92,
    Period.YEAR: 366,
}

# Rolling windows: elapsed time, and how many times the cap's count it may hold.
ROLLING = {
    Period.DAY: ((timedelta(hours=6), 1),),
    Period.WEEK: ((timedelta(days=4), 1),),
    Period.TWO_WEEKS: ((timedelta(days=11), 1), (timedelta(days=24), 2)),
    Period.MONTH: ((timedelta(days=21), 1),),
    Period.QUARTER: ((timedelta(days=63), 1),),
    Period.YEAR: (),
}


class CalendarWindow(StrEnum):
    """The calendar windows that exist; weeks are named by the weekday they begin on."""

    DATE = "date"
    WEEK_FROM_MON = "week_from_0"
    WEEK_FROM_TUE = "week_from_1"
    WEEK_FROM_WED = "week_from_2"
    WEEK_FROM_THU = "week_from_3"
    WEEK_FROM_FRI = "week_from_4"
    WEEK_FROM_SAT = "week_from_5"
    WEEK_FROM_SUN = "week_from_6"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_CALENDAR = {
    Period.DAY: (CalendarWindow.DATE,),
    Period.WEEK: (CalendarWindow.WEEK_FROM_MON, CalendarWindow.WEEK_FROM_SUN),
    Period.TWO_WEEKS: (),
    Period.MONTH: (CalendarWindow.MONTH,),
    Period.QUARTER: (CalendarWindow.QUARTER,),
    Period.YEAR: (CalendarWindow.YEAR,),
}
_WEEKS = tuple(CalendarWindow(f"week_from_{day}") for day in range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `count` mails per `per`."""

    count: int
    per: Period

    def __post_init__(self) -> None:
        if type(self.count) is not int or not 1 <= self.count <= 1000:
            raise ValueError(Said("a cap needs a whole number from 1 to 1000, not {count}", count=repr(self.count)))
        object.__setattr__(self, "per", Period(self.per))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """One version of a topic's stated frequency. Never edited; `days` are usual days and bind nothing else."""

    id: int
    at_most: Cap
    at_least: int | None = None
    days: frozenset[Weekday] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", frozenset(Weekday(day) for day in self.days))
        if self.at_least is not None and not 1 <= self.at_least <= self.at_most.count:
            raise ValueError(f"at least {self.at_least} does not fit at most {self.at_most.count}")

    def __hash__(self) -> int:
        # Versions are never edited: the number tells them apart.
        return hash(self.id)


class Whose(StrEnum):
    """Whose cap it is, in the order that breaks ties."""

    OWN = "own"
    ACCEPTED = "accepted"
    CURRENT = "current"
    TOTAL = "total"
    RHYTHM = "rhythm"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCap:
    """A cap with the windows in which it is read: what `opening` needs, computed once for a set of terms."""

    whose: Whose
    cap: Cap
    calendar: tuple[CalendarWindow, ...]
    rolling: tuple[tuple[timedelta, int], ...]

    def __hash__(self) -> int:
        # Of the few caps that there are this tells most apart.
        return hash((self.cap.count, self.rolling))

    @classmethod
    def of(cls, whose: Whose, cap: Cap, usual_days: frozenset[Weekday] = frozenset()) -> BoundCap:
        """The windows of a cap; a weekly cadence that names its days is read only in weeks from the first of them."""
        calendar = _CALENDAR[cap.per]
        if cap.per is Period.WEEK and usual_days:
            calendar = (_WEEKS[min(usual_days)],)
        rolling = tuple((length, cap.count * times) for length, times in ROLLING[cap.per])
        return cls(whose=whose, cap=cap, calendar=calendar, rolling=rolling)

    @property
    def longest_count(self) -> int:
        """How many of the newest counted instants decide whether this cap is full."""
        return max([self.cap.count, *(count for _, count in self.rolling)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When one cap allows one more mail, and which window of it opens last. `until` is that instant."""

    bound: BoundCap
    calendar: CalendarWindow | None
    since: datetime
    until: datetime
    counted: int


def opening(bound: BoundCap, counted: Sequence[datetime], zone: tzinfo, now: datetime) -> Opening | None:
    """What keeps `bound` full at `now`, or None when it is open.

    `counted` are the counted instants, newest first; those later than `now` count as if at `now`. A window holds
    too many as long as the n-th newest instant is in it or later, so the cap opens when the last window that contains
    that instant ends: no search is needed, and once open it stays open until something else is counted.
    """
    best: Opening | None = None
    nth = bound.cap.count
    if len(counted) >= nth:
        last = counted[nth - 1]
        for calendar in bound.calendar:
            if last < now - SURELY_OVER[calendar]:
                continue
            since, until = window(zone, calendar, last)
            if until > now and (best is None or until > best.until):
                best = Opening(bound=bound, calendar=calendar, since=since, until=until, counted=nth)
    for length, held in bound.rolling:
        if len(counted) >= held:
            until = counted[held - 1] + length
            if until > now and (best is None or until > best.until):
                best = Opening(bound=bound, calendar=None, since=counted[held - 1], until=until, counted=held)
    return best


# A counted instant older than this is in no window that contains now; saves asking the zone.
SURELY_OVER = {
    kind: timedelta(days=days)
    for kind, days in [
        (CalendarWindow.DATE, 3),
        *((week, 9) for week in _WEEKS),
        (CalendarWindow.MONTH, 33),
        (CalendarWindow.QUARTER, 94),
        (CalendarWindow.YEAR, 368),
    ]
}


def window(zone: tzinfo, kind: CalendarWindow, instant: datetime) -> tuple[datetime, datetime]:
    """The calendar window `[since, until)` that contains `instant`, in UTC."""
    return _window_of_date(zone, kind, local_date(zone, instant))


@lru_cache(maxsize=65536)
def _window_of_date(zone: tzinfo, kind: CalendarWindow, on: date) -> tuple[datetime, datetime]:
    first, after = window_dates(kind, on)
    return first_instant(zone, first), first_instant(zone, after)


def window_dates(kind: CalendarWindow, on: date) -> tuple[date, date]:
    """The local dates `[first, after)` of the calendar window that contains the date `on`."""
    match kind:
        case CalendarWindow.DATE:
            return on, on + timedelta(days=1)
        case CalendarWindow.MONTH:
            return _months(on.year, on.month, 1)
        case CalendarWindow.QUARTER:
            return _months(on.year, (on.month - 1) // 3 * 3 + 1, 3)
        case CalendarWindow.YEAR:
            return date(on.year, 1, 1), date(on.year + 1, 1, 1)
        case _:
            first = on - timedelta(days=(on.weekday() - _WEEKS.index(kind)) % 7)
            return first, first + timedelta(days=7)


def _months(year: int, month: int, length: int) -> tuple[date, date]:
    after = month + length
    return date(year, month, 1), date(year + (after > 12), after - 12 if after > 12 else after, 1)
