"""Silence: the weeks, months or quarters in which a topic stated that it writes, and nothing came.

A cadence has a floor where it states *at least m*; usual days state one issue in each of its periods. What a reader's
own pause kept away is no silence, nor what is not over yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from preferences.cadence import Cadence, CalendarWindow, Period, window_dates
from preferences.calendar import local_date
from preferences.expectation import Arrives, Terms

_WINDOWS = {
    Period.DAY: CalendarWindow.WEEK_FROM_MON,
    Period.WEEK: CalendarWindow.WEEK_FROM_MON,
    Period.MONTH: CalendarWindow.MONTH,
    Period.QUARTER: CalendarWindow.QUARTER,
    Period.YEAR: CalendarWindow.YEAR,
}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What was expected in `[since, until)`, instants in UTC; `until` None is still in force."""

    since: datetime
    until: datetime | None
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Local dates `[since, until)`: whole periods of `cadence` in which nothing came about a topic."""

    topic: int
    cadence: Cadence
    since: date
    until: date


def states_a_floor(cadence: Cadence) -> bool:
    """Whether something is to come in each of its periods."""
    return cadence.at_least is not None or bool(cadence.days)


def silences(
    promised: Sequence[Promised], came: Collection[tuple[int, date]], since: date, until: date
) -> list[Silence]:
    """The silences that end in `[since, until)`, local dates, newest first; periods that follow each other are one.

    `promised` are all expectations that touch that time, and `came` says on which local dates which topic wrote, by
    mail or otherwise, as far back as the longest period before `since`.
    """
    found: list[Silence] = []
    for one in promised:
        for choice in one.terms.expectation.topics:
            cadence = one.terms.cadences[choice.topic].accepted
            if choice.arrives is not Arrives.WEB and states_a_floor(cadence):
                dates = {on for topic, on in came if topic == choice.topic}
                found += _of_topic(one, choice.topic, cadence, dates, since, until)
    return sorted(found, key=lambda silence: (silence.until, silence.since, -silence.topic), reverse=True)


def _of_topic(
    one: Promised, topic: int, cadence: Cadence, came: Collection[date], since: date, until: date
) -> list[Silence]:
    runs: list[Silence] = []
    for first, after in _periods(cadence, one, since, until):
        if any(first <= on < after for on in came):
            continue
        begun = runs.pop().since if runs and runs[-1].until == first else first
        runs.append(Silence(topic=topic, cadence=cadence, since=begun, until=after))
    return runs


def _periods(cadence: Cadence, one: Promised, since: date, until: date) -> Iterator[tuple[date, date]]:
    """The whole periods that end in `[since, until)` in which this was expected all the time, and was not paused."""
    zone, paused = one.terms.zone, one.terms.expectation.paused
    begun = local_date(zone, one.since)
    over = until if one.until is None else min(until, local_date(zone, one.until) + _DAY)
    first, after = _period(cadence.at_most.per, max(since - _DAY, begun))
    while after < over:
        is_paused = paused is not None and first < paused.until and paused.since < after
        if first > begun and after >= since and not is_paused:
            yield first, after
        first, after = _period(cadence.at_most.per, after)


def _period(per: Period, on: date) -> tuple[date, date]:
    """The period that contains a date. Two weeks are counted from the even ones, so that all of them are alike."""
    if per is not Period.TWO_WEEKS:
        return window_dates(_WINDOWS[per], on)
    monday = on - on.weekday() * _DAY
    first = monday - (monday.toordinal() // 7 % 2) * 7 * _DAY
    return first, first + 14 * _DAY
