"""Windows, days, hours and pauses, computed with nothing but dates: the audit's own reading of the table of caps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from preferences.audit.ledger import Cap, Expectation

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
PERIOD_NAMES = {
    "day": "a day",
    "week": "a week",
    "two_weeks": "in two weeks",
    "month": "a month",
    "quarter": "a quarter",
    "year": "a year",
}

# Elapsed time, and how many times the cap's count it may hold.
ROLLING = {
    "day": ((timedelta(hours=6), 1),),
    "week": ((timedelta(days=4), 1),),
    "two_weeks": ((timedelta(days=11), 1), (timedelta(days=24), 2)),
    "month": ((timedelta(days=21), 1),),
    "quarter": ((timedelta(days=63), 1),),
    "year": (),
}

# Which window a local date is in; two dates are in the same one when the answers are equal.
WindowOf = Callable[[date], Hashable]


def _week_from(first: int) -> WindowOf:
    return lambda on: on - timedelta(days=(on.weekday() - first) % 7)


_DATE: tuple[str, WindowOf] = ("date", lambda on: on)
_MONTH: tuple[str, WindowOf] = ("month", lambda on: (on.year, on.month))
_QUARTER: tuple[str, WindowOf] = ("quarter", lambda on: (on.year, (on.month + 2) // 3))
_YEAR: tuple[str, WindowOf] = ("year", lambda on: on.year)


def calendar_windows(cap: Cap) -> tuple[tuple[str, WindowOf], ...]:
    """The calendar windows in which a cap is read, by name. A week that names its first usual day has only that one."""
    if cap.per == "week":
        firsts = (0, 6) if cap.week_from is None else (cap.week_from,)
        return tuple((f"week from {DAY_NAMES[first]}", _week_from(first)) for first in firsts)
    return {"day": (_DATE,), "two_weeks": (), "month": (_MONTH,), "quarter": (_QUARTER,), "year": (_YEAR,)}[cap.per]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfull:
    """A window that holds one mail too many: `held` of at most `most`, and which window it is, in words."""

    held: int
    most: int
    window: str


def overfull(cap: Cap, others: Sequence[datetime], zone: tzinfo, at: datetime) -> Overfull | None:
    """The first window of a cap that contains `at` and had no room for one more mail; None where all had.

    `others` are the other counted instants, in any order; those later than `at` count as if at `at`.
    """
    seen = [min(other, at) for other in others]
    today = at.astimezone(zone).date()
    dates = [other.astimezone(zone).date() for other in seen]
    for name, window_of in calendar_windows(cap):
        held = sum(1 for on in dates if window_of(on) == window_of(today))
        if held >= cap.count:
            return Overfull(held=held + 1, most=cap.count, window=_said(name, window_of(today)))
    for length, times in ROLLING[cap.per]:
        held = sum(1 for other in seen if at - other < length)
        if held >= cap.count * times:
            hours = int(length.total_seconds()) // 3600
            window = f"within {hours} hours" if hours < 24 else f"within {hours // 24} days"
            return Overfull(held=held + 1, most=cap.count * times, window=window)
    return None


def _said(name: str, window: Hashable) -> str:
    if isinstance(window, date):
        return f"on {window}" if name == "date" else f"in the {name} {window}"
    if isinstance(window, tuple):
        year, number = window
        return f"in quarter {number} of {year}" if name == "quarter" else f"in {MONTH_NAMES[number - 1]} {year}"
    return f"in {window}"


def quiet_because(expectation: Expectation, at: datetime) -> str | None:
    """Why nothing may arrive at an instant: the pause, the day or the hour; None where it may."""
    local = at.astimezone(expectation.zone)
    if expectation.paused is not None:
        since, until = expectation.paused
        if since <= local.date() < until:
            return f"during the pause from {since} until {until}"
    if local.weekday() not in expectation.days:
        allowed = ", ".join(DAY_NAMES[day] for day in sorted(expectation.days))
        return f"on a {DAY_NAMES[local.weekday()]}, but only {allowed} was asked for"
    if expectation.hours is not None and not _is_within(local.time(), *expectation.hours):
        since_hour, until_hour = expectation.hours
        return f"at {local:%H:%M}, but only {since_hour:%H:%M} to {until_hour:%H:%M} was asked for"
    return None


def _is_within(at: time, since: time, until: time) -> bool:
    """Half-open, and past midnight where it ends before it begins."""
    if since < until:
        return since <= at < until
    return at >= since or at < until
