"""How far caps look back: which counted instants can keep them full, and when they are surely open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from preferences.cadence import LONGEST_DAYS, SURELY_OVER, BoundCap


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How much of what was counted some caps look at, computed once for a set of them.

    `longest_count` is how many of the newest counted instants can keep one full, and no window of theirs is longer than
    `longest`. They are surely open, in whatever zone, where for each of `surely_open` the n-th newest instant, from
    nought, is longer ago than that.
    """

    longest_count: int
    longest: timedelta
    surely_open: tuple[tuple[int, timedelta], ...]

    def are_surely_open(self, counted: Sequence[datetime], now: datetime) -> bool:
        """Whether all are open whatever the zone; False says nothing. `counted` are the counted instants, newest first."""
        held = len(counted)
        for nth, ago in self.surely_open:  # noqa: SIM110  (asked for every mail, and a generator is slower)
            if nth < held and now - counted[nth] <= ago:
                return False
        return True


# Longer than any window is over its longest day count: rolling windows of two weeks (24 days), skipped dates.
_MARGIN = timedelta(days=12)


@lru_cache(maxsize=4096)
def reach_of(caps: tuple[BoundCap, ...]) -> Reach:
    """How far these caps look back."""
    strictest: dict[int, timedelta] = {}
    for cap in caps:
        ends = [(cap.cap.count - 1, SURELY_OVER[kind]) for kind in cap.calendar]
        for nth, ago in (*ends, *((held - 1, length) for length, held in cap.rolling)):
            strictest[nth] = max(ago, strictest.get(nth, ago))
    return Reach(
        longest_count=max((cap.longest_count for cap in caps), default=0),
        longest=timedelta(days=max((LONGEST_DAYS[cap.cap.per] for cap in caps), default=0)) + _MARGIN,
        surely_open=tuple(strictest.items()),
    )
