"""The promise: the terms as clauses, from the value that is enforced. How a language says them stands in `wording`.

A clause names a cap unless another one makes it empty: two versions of a cadence of which one is stricter are one cap,
and a total of 2 a week needs no word about a topic's 3 a week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from preferences.cadence import EVERY_DAY, LONGEST_DAYS, BoundCap, CalendarWindow, Cap, Period, Weekday
from preferences.calendar import local_date
from preferences.expectation import DIGESTS, Arrives, Overflow, Terms, TopicTerms
from preferences.quiet import Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNamed:
    """A topic and the name under which readers know it, on one line."""

    topic: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapClause:
    """A cap that is enforced. A weekly one is read in weeks from `week_from`, or, where None, from Monday and Sunday."""

    cap: Cap
    week_from: Weekday | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicClause:
    """A topic that arrives as each message: its caps that no other one makes empty, and the sender's usual days."""

    topic: TopicNamed
    caps: tuple[CapClause, ...]
    usual: frozenset[Weekday]

    def __hash__(self) -> int:
        # A promise has one for each topic; that it is about this topic tells enough of them apart.
        return hash((self.topic.topic, self.topic.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestClause:
    """A digest: at most one mail per day, week or month. `weekday` is a weekly one's, `day` a monthly one's."""

    rhythm: Arrives
    hour: time
    weekday: Weekday | None
    day: int | None
    topics: tuple[TopicNamed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseClause:
    """What is left of a pause: local dates `[since, until)`; `since` is None once it has begun."""

    since: date | None
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What is enforced for one subscriber, as it stands on the local date `said_on`; all times are of `zone`.

    `days`, `hours` and `pause` are at their widest where nothing comes by mail, for then they hold nothing back;
    `overflow` is None where no campaign comes by itself. The order of topics is the reader's.
    """

    said_on: date
    zone: str
    total: Cap | None
    each: tuple[TopicClause, ...]
    digests: tuple[DigestClause, ...]
    web: tuple[TopicNamed, ...]
    notices: tuple[TopicClause, ...]
    days: frozenset[Weekday]
    hours: Hours | None
    pause: PauseClause | None
    overflow: Overflow | None

    @property
    def in_total(self) -> tuple[TopicNamed, ...]:
        """The topics that the total binds: each message and digests, in that order."""
        return (*(clause.topic for clause in self.each), *(topic for one in self.digests for topic in one.topics))


def clauses(terms: Terms, names: Mapping[int, str], now: datetime) -> Promise:
    """The promise that these terms enforce from `now` on. `names` has a name for each topic, else KeyError.

    The cadence of a topic that comes in a digest binds no mail, only lines that come along in one; it is not said.
    """
    asked = terms.expectation
    each = tuple(topic for topic in terms.topics.values() if topic.arrives is Arrives.EACH)
    by_mail = any(topic.arrives is not Arrives.WEB for topic in terms.topics.values())
    campaigns = tuple(_topic_clause(one, names[one.topic], terms.total_caps) for one in each if not one.notice)
    digests = tuple(_digest_clauses(terms, names))
    return Promise(
        said_on=local_date(terms.zone, now),
        zone=asked.zone,
        total=asked.total if campaigns or digests else None,
        each=campaigns,
        digests=digests,
        web=_named((topic for topic in terms.topics.values() if topic.arrives is Arrives.WEB), names),
        notices=tuple(_topic_clause(one, names[one.topic], ()) for one in each if one.notice),
        days=asked.days if by_mail else EVERY_DAY,
        hours=asked.hours if by_mail else None,
        pause=_pause_clause(terms, now) if by_mail else None,
        overflow=asked.overflow if campaigns else None,
    )


# Most readers of a topic chose it in the same way.
@lru_cache(maxsize=8192)
def _topic_clause(topic: TopicTerms, name: str, total: tuple[BoundCap, ...]) -> TopicClause:
    caps = tuple(_cap_clause(bound) for bound in strictest(topic.caps, total))
    return TopicClause(topic=_topic_named(topic, name), caps=caps, usual=topic.cadences.current.days)


def _named(topics: Iterable[TopicTerms], names: Mapping[int, str]) -> tuple[TopicNamed, ...]:
    return tuple(_topic_named(one, names[one.topic]) for one in topics)


def _topic_named(topic: TopicTerms, name: str) -> TopicNamed:
    return TopicNamed(topic=topic.topic, name=" ".join(name.split()))


_WEEKS = {CalendarWindow(f"week_from_{day.value}"): day for day in Weekday}


def _cap_clause(bound: BoundCap) -> CapClause:
    one_week = bound.cap.per is Period.WEEK and len(bound.calendar) == 1
    return CapClause(cap=bound.cap, week_from=_WEEKS[bound.calendar[0]] if one_week else None)


def _digest_clauses(terms: Terms, names: Mapping[int, str]) -> Iterable[DigestClause]:
    times = terms.expectation.digest_times
    for rhythm in (one for one in Arrives if one in DIGESTS):
        topics = _named((topic for topic in terms.topics.values() if topic.arrives is rhythm), names)
        if topics:
            yield DigestClause(
                rhythm=rhythm,
                hour=times.hour,
                weekday=times.weekday if rhythm is Arrives.WEEKLY else None,
                day=times.day if rhythm is Arrives.MONTHLY else None,
                topics=topics,
            )


def _pause_clause(terms: Terms, now: datetime) -> PauseClause | None:
    paused = terms.expectation.paused
    if paused is None or terms.pause is None or now >= terms.pause[1]:
        return None
    return PauseClause(since=None if now >= terms.pause[0] else paused.since, until=paused.until)


def strictest(caps: Sequence[BoundCap], total: Sequence[BoundCap] = ()) -> tuple[BoundCap, ...]:
    """The caps that neither the total nor another of them makes empty, in their order; of equal ones the first.

    What is left allows exactly what all of them allow, to a history that they have been kept in.
    """
    return _strictest(tuple(caps), tuple(total))


# Readers differ less than their pages are looked at.
@lru_cache(maxsize=4096)
def _strictest(caps: tuple[BoundCap, ...], total: tuple[BoundCap, ...]) -> tuple[BoundCap, ...]:
    kept: list[BoundCap] = []
    for place, cap in enumerate(caps):
        stricter = any(implies(other, cap) and not implies(cap, other) for other in caps)
        again = any(implies(other, cap) for other in caps[:place])
        if not stricter and not again and not any(implies(one, cap) for one in total):
            kept.append(cap)
    return tuple(kept)


def implies(one: BoundCap, other: BoundCap) -> bool:
    """Whether a history kept within `one` is within `other`, because its windows cover the other's.

    True is certain; False may leave out a case in which it takes more than counting windows to see it.
    """
    return all(_is_covered(window, most, one) for window, most in _windows(other))


_Window = CalendarWindow | timedelta


def _windows(bound: BoundCap) -> list[tuple[_Window, int]]:
    return [*((kind, bound.cap.count) for kind in bound.calendar), *bound.rolling]


def _is_covered(window: _Window, most: int, by: BoundCap) -> bool:
    for part, held in _windows(by):
        if isinstance(part, timedelta):
            if -(-_longest(window) // part) * held <= most:
                return True
        elif (part is window or (window, part) in _INSIDE) and held <= most:
            return True
    return False


# One calendar window that always lies inside another; a week lies in no month.
_INSIDE = {
    *((CalendarWindow.DATE, larger) for larger in CalendarWindow),
    *((CalendarWindow.MONTH, larger) for larger in (CalendarWindow.QUARTER, CalendarWindow.YEAR)),
    (CalendarWindow.QUARTER, CalendarWindow.YEAR),
}
_LENGTH = {
    CalendarWindow.DATE: Period.DAY,
    CalendarWindow.MONTH: Period.MONTH,
    CalendarWindow.QUARTER: Period.QUARTER,
    CalendarWindow.YEAR: Period.YEAR,
}


def _longest(window: _Window) -> timedelta:
    """How long a window can last; a day more than its dates, for clocks that are turned back."""
    if isinstance(window, timedelta):
        return window
    return timedelta(days=LONGEST_DAYS[_LENGTH.get(window, Period.WEEK)] + 1)
