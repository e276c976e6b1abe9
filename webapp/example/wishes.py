"""What the readers of the example ask for: in shares that a small publication could have."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from typing import TypeVar

from preferences.asked import Asked, AskedTopic
from preferences.cadence import EVERY_DAY, Cap, Period, Weekday
from preferences.expectation import Arrives, DigestTimes, Overflow
from preferences.quiet import Hours, Pause

_Choice = TypeVar("_Choice")

ONCE_A_WEEK = Cap(count=1, per=Period.WEEK)
TWICE_A_WEEK = Cap(count=2, per=Period.WEEK)

_WORKDAYS = frozenset({Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI})
_DAYS: Mapping[frozenset[Weekday], int] = {
    EVERY_DAY: 80,
    _WORKDAYS: 12,
    frozenset({Weekday.SAT, Weekday.SUN}): 4,
    frozenset({Weekday.TUE, Weekday.FRI}): 4,
}
_HOURS: Mapping[Hours | None, int] = {
    None: 74,
    Hours(since=time(7), until=time(21)): 12,
    Hours(since=time(17), until=time(22)): 7,
    Hours(since=time(6), until=time(9)): 5,
    Hours(since=time(21), until=time(1)): 2,
}
# How events arrive, by the total that goes with it: who wants little mail mostly has them gathered.
_EVENTS: Mapping[str | None, Mapping[Arrives, int]] = {
    None: {Arrives.EACH: 62, Arrives.WEEKLY: 22, Arrives.DAILY: 6, Arrives.MONTHLY: 4, Arrives.WEB: 6},
    "one": {Arrives.EACH: 13, Arrives.WEEKLY: 52, Arrives.MONTHLY: 17, Arrives.WEB: 18},
    "two": {Arrives.EACH: 12, Arrives.WEEKLY: 58, Arrives.DAILY: 8, Arrives.WEB: 22},
    "more": {Arrives.EACH: 80, Arrives.WEEKLY: 10, Arrives.DAILY: 10},
}
_TOTALS = {"one": ONCE_A_WEEK, "two": TWICE_A_WEEK}
_MORE = (Cap(count=3, per=Period.WEEK), Cap(count=10, per=Period.MONTH))


def wish(chance: random.Random, today: date) -> Asked:
    """Everything that one reader asks for, as the form would let them."""
    total = chance.choices((None, "one", "two", "more"), (41, 31, 19, 9))[0]
    cap = chance.choice(_MORE) if total == "more" else _TOTALS.get(total or "")
    days, hours = _one_of(chance, _DAYS), _one_of(chance, _HOURS)
    asked = Asked(topics=_topics(chance, total), at_most=cap, days=days, hours=hours)
    if any(topic.arrives in (Arrives.DAILY, Arrives.WEEKLY, Arrives.MONTHLY) for topic in asked.topics):
        asked = replace(asked, digest=_digest(chance, days, hours))
    if chance.random() < 0.12:
        asked = replace(asked, overflow=Overflow.LEAVE_OUT)
    if chance.random() < 0.05:
        asked = replace(asked, paused=pause(chance, today))
    return asked


def pause(chance: random.Random, today: date) -> Pause:
    """One to five weeks, from today or some weeks on."""
    since = today + timedelta(days=chance.choice((0, 0, 0, 9, 24, 45)))
    return Pause(since=since, until=since + timedelta(days=chance.randint(7, 35)))


def _topics(chance: random.Random, total: str | None) -> tuple[AskedTopic, ...]:
    topics = []
    if chance.random() < 0.9:
        letter = _one_of(chance, {Arrives.EACH: 90, Arrives.WEEKLY: 4, Arrives.MONTHLY: 4, Arrives.WEB: 2})
        topics.append(AskedTopic(topic="tuesday-letter", arrives=letter))
    if chance.random() < 0.58 or not topics:
        topics.append(_events(chance, total))
    if chance.random() < 0.36:
        essays = _one_of(chance, {Arrives.EACH: 78, Arrives.MONTHLY: 12, Arrives.WEB: 10})
        topics.append(AskedTopic(topic="monthly-essay", arrives=essays))
    if chance.random() < 0.4:
        topics.append(AskedTopic(topic="cannot-wait"))
    return tuple(topics)


def _events(chance: random.Random, total: str | None) -> AskedTopic:
    arrives = _one_of(chance, _EVENTS[total])
    own = None
    if arrives is Arrives.EACH and chance.random() < 0.14:
        own = chance.choice((ONCE_A_WEEK, Cap(count=3, per=Period.MONTH)))
    return AskedTopic(topic="evenings", arrives=arrives, at_most=own)


def _digest(chance: random.Random, days: frozenset[Weekday], hours: Hours | None) -> DigestTimes | None:
    """Mostly Friday evening; what does not fit the days and hours is left to the default."""
    at = time(chance.choice((18, 18, 18, 8)))
    if Weekday.FRI not in days or (hours is not None and not hours.has(at)):
        return None
    return DigestTimes(hour=at, weekday=Weekday.FRI, day=1)


def _one_of(chance: random.Random, shares: Mapping[_Choice, int]) -> _Choice:
    return chance.choices(list(shares), list(shares.values()))[0]
