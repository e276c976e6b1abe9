"""How much of a promise one mail uses up: "1 of at most 1 this week"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

from preferences.cadence import LONGEST_DAYS, BoundCap, CalendarWindow, Cap, window
from preferences.expectation import Arrives, Terms
from preferences.history import History, Instants


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The how-manieth counted mail this is of what a cap allows, in the cap's window around it."""

    number: int
    cap: Cap


def count_of(
    terms: Terms, history: History, now: datetime, *, topic: int | None = None, rhythm: Arrives | None = None
) -> Count | None:
    """The count of a mail that was counted at `now` and is in the history, by the cap that a reader knows best.

    That is the total; for a notice and without a total the topic's strictest cap; for a digest without a total its
    rhythm. None where nothing binds it.
    """
    judged = None if topic is None else terms.topics.get(topic)
    if terms.total_caps and not (judged is not None and judged.notice):
        return _count(terms, terms.total_caps[0], history.total, now)
    if rhythm is not None:
        return _count(terms, terms.rhythm_caps[rhythm][0], history.digests.get(rhythm, ()), now)
    if judged is None:
        return None
    strictest = min(judged.caps, key=lambda bound: bound.cap.count / LONGEST_DAYS[bound.cap.per])
    return _count(terms, strictest, history.charged.get(judged.topic, ()), now)


def _count(terms: Terms, bound: BoundCap, counted: Instants, now: datetime) -> Count:
    if bound.calendar:
        since = _window_begins(terms.zone, bound.calendar[0], now)
        number = sum([at >= since for at in counted])
    else:
        since = now - bound.rolling[0][0]
        number = sum([at > since for at in counted])
    return Count(number=number, cap=bound.cap)


# Those of one group are counted at one instant, in some zones and windows.
@lru_cache(maxsize=1024)
def _window_begins(zone: tzinfo, kind: CalendarWindow, now: datetime) -> datetime:
    return window(zone, kind, now)[0]
