"""The law read off its wording, slowly: an oracle that shares no code with the rules it judges.

It reads the plain fields of what readers asked for and looks for instants by trying them one after the other, on a
grid and at every boundary there can be. Local dates are what the clock shows (no clock has been turned back across
midnight since 2011; what holds before that stands in a test of its own).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from preferences.cadence import Cadence, Cap
from preferences.expectation import Expectation, TopicCadences, TopicChoice
from preferences.history import CountedMail

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

# Calendar windows as the weekday a week begins on or the name of the unit; rolling ones as length and multiple of n.
CALENDAR: dict[str, tuple[int | str, ...]] = {
    "day": ("date",),
    "week": (0, 6),
    "two_weeks": (),
    "month": ("month",),
    "quarter": ("quarter",),
    "year": ("year",),
}
ROLLING: dict[str, tuple[tuple[timedelta, int], ...]] = {
    "day": ((6 * HOUR, 1),),
    "week": ((4 * DAY, 1),),
    "two_weeks": ((11 * DAY, 1), (24 * DAY, 2)),
    "month": ((21 * DAY, 1),),
    "quarter": ((63 * DAY, 1),),
    "year": (),
}
LONGEST = {"day": 1, "week": 7, "two_weeks": 14, "month": 31, "quarter": 92, "year": 366}
Window = int | str | tuple[timedelta, int]


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The zone from the same data as the law uses, loaded by hand."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as compiled:
        return ZoneInfo.from_file(compiled, key=name)


def unit(kind: int | str, on: date) -> tuple[object, ...]:
    """The calendar unit to which a date belongs, as something to compare."""
    if isinstance(kind, int):
        return (on - timedelta(days=(on.weekday() - kind) % 7),)
    return {
        "date": (on,),
        "month": (on.year, on.month),
        "quarter": (on.year, (on.month + 2) // 3),
        "year": (on.year,),
    }[kind]


@dataclass(frozen=True)
class Bound:
    """One cap that binds: whose, how many, and the windows in which it is read."""

    whose: str
    cap: Cap
    calendar: tuple[int | str, ...]

    @classmethod
    def own(cls, cap: Cap, whose: str = "own") -> Bound:
        return cls(whose, cap, CALENDAR[cap.per])

    @classmethod
    def stated(cls, cadence: Cadence, whose: str) -> Bound:
        """A weekly cadence that names its days: only weeks from the first of them."""
        if cadence.at_most.per == "week" and cadence.days:
            return cls(whose, cadence.at_most, (min(int(day) for day in cadence.days),))
        return cls.own(cadence.at_most, whose)

    def windows(self) -> tuple[Window, ...]:
        return (*self.calendar, *ROLLING[self.cap.per])


def held(window: Window, bound: Bound, counted: Iterable[datetime], at: datetime, zone: ZoneInfo) -> bool:
    """Whether a window that contains `at` holds as many as the cap allows, so that one more would be too many."""
    before = [min(one, at) for one in counted]  # those later count as if at that instant
    if isinstance(window, tuple):
        length, times = window
        return sum(at - length < one for one in before) >= bound.cap.count * times
    here = unit(window, at.astimezone(zone).date())
    return sum(unit(window, one.astimezone(zone).date()) == here for one in before) >= bound.cap.count


def allows(bound: Bound, counted: Sequence[datetime], at: datetime, zone: ZoneInfo) -> bool:
    """Whether a cap allows one more mail at an instant."""
    return not any(held(window, bound, counted, at, zone) for window in bound.windows())


@dataclass(frozen=True)
class Reader:
    """One reader: what was asked for, the cadences, and what was counted."""

    asked: Expectation
    cadences: dict[int, TopicCadences]
    mails: tuple[CountedMail, ...] = ()
    had: frozenset[int] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.asked.zone)

    def choice(self, topic: int) -> TopicChoice | None:
        return next((choice for choice in self.asked.topics if choice.topic == topic), None)

    def topic_caps(self, topic: int) -> list[Bound]:
        choice, stated = self.choice(topic), self.cadences[topic]
        own = [] if choice is None or choice.at_most is None else [Bound.own(choice.at_most)]
        accepted = Bound.stated(stated.accepted, "accepted")
        return [*own, accepted, Bound.stated(stated.current, "current")]

    def total_caps(self) -> list[Bound]:
        return [] if self.asked.total is None else [Bound.own(self.asked.total, "total")]

    def charged_to(self, topic: int) -> list[datetime]:
        return [mail.at for mail in self.mails if topic in mail.topics]

    def carried(self, topic: int) -> list[datetime]:
        return [mail.at for mail in self.mails if topic in mail.topics or topic in mail.along]

    def in_total(self) -> list[datetime]:
        return [mail.at for mail in self.mails if not mail.notice]

    def topic_is_open(self, topic: int, at: datetime) -> bool:
        return all(allows(bound, self.charged_to(topic), at, self.zone) for bound in self.topic_caps(topic))

    def total_is_open(self, at: datetime) -> bool:
        return all(allows(bound, self.in_total(), at, self.zone) for bound in self.total_caps())

    def is_paused(self, at: datetime) -> bool:
        pause = self.asked.paused
        return pause is not None and pause.since <= at.astimezone(self.zone).date() < pause.until

    def is_day(self, at: datetime) -> bool:
        return at.astimezone(self.zone).weekday() in {int(day) for day in self.asked.days}

    def is_hour(self, at: datetime) -> bool:
        return self.within_hours(at.astimezone(self.zone).time())

    def within_hours(self, clock: time) -> bool:
        hours = self.asked.hours
        if hours is None:
            return True
        if hours.since < hours.until:
            return hours.since <= clock < hours.until
        return not hours.until <= clock < hours.since

    def own_time(self, scheduled_at: datetime) -> time:
        """The local time of day of the scheduled instant; outside the hours, their first."""
        clock = scheduled_at.astimezone(self.zone).time()
        return clock if self.within_hours(clock) or self.asked.hours is None else self.asked.hours.since

    def reached(self, on: date, clock: time) -> datetime:
        """The first instant at which the clock shows that date and that time, or later: where a gap ends, if in one."""
        walls = {datetime.combine(on, clock, self.zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
        locals_at = {at: at.astimezone(self.zone) for at in walls.union(transitions(self.asked.zone, on))}
        return min(at for at, local in locals_at.items() if (local.date(), local.time()) >= (on, clock))

    def boundaries(self, since: datetime, clocks: Iterable[time], days: int) -> Iterator[datetime]:
        """Every instant from `since` on at which an answer can change, in order, within that many days."""
        rolled = {mail.at + length for mail in self.mails for windows in ROLLING.values() for length, _ in windows}
        rolled |= {mail.at for mail in self.mails}
        hours = self.asked.hours
        walls = {time(0), *clocks, *(() if hours is None else (hours.since, hours.until))}
        first = since.astimezone(self.zone).date() - DAY
        found = {one for one in rolled if one > since}
        yield since
        for day in range(days):
            found |= {one for one in self._clock_instants(first + day * DAY, walls) if one > since}
            # No later date begins anywhere before this.
            settled = {one for one in found if one < datetime.combine(first + day * DAY, time(9), UTC)}
            yield from sorted(settled)
            found -= settled

    def _clock_instants(self, on: date, walls: set[time]) -> Iterator[datetime]:
        for wall in walls:
            for fold in (0, 1):
                yield datetime.combine(on, wall, self.zone).replace(fold=fold).astimezone(UTC)
        yield from transitions(self.asked.zone, on)


@lru_cache(maxsize=65536)
def transitions(zone: str, on: date) -> tuple[datetime, ...]:
    """The instants around one date at which the clocks of a zone are changed."""
    start = datetime.combine(on, time(0), UTC) - 15 * HOUR
    hours = [start + hour * HOUR for hour in range(55)]
    offsets = [_offset(zone, at) for at in hours]
    found = []
    for since, before, after in zip(hours, offsets, offsets[1:], strict=False):
        if before != after:
            seconds = (since + timedelta(seconds=second) for second in range(1, 3601))
            found.append(next(at for at in seconds if _offset(zone, at) != before))
    return tuple(found)


def _offset(zone: str, at: datetime) -> timedelta | None:
    return at.astimezone(zone_of(zone)).utcoffset()
