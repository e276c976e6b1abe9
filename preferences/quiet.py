"""Days and hours, and the pause: when mail may arrive at all, whatever the caps say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from preferences.cadence import EVERY_DAY, Weekday
from preferences.calendar import FIRST_YEAR, LAST_YEAR, first_instant, pieces_of_utc_day
from preferences.errors import Said

# A week has an allowed day, a gap can swallow its hours, a skipped date the day: four weeks are never all quiet.
SEARCH_DAYS = 35
_MIDNIGHT = time(0)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A local interval `[since, until)` of the day; it may wrap past midnight, and `until` 00:00 is the day's end."""

    since: time
    until: time

    def __post_init__(self) -> None:
        if self.since == self.until:
            raise ValueError(Said("hours need two different times; leave them out to allow the whole day"))
        if any(at.tzinfo is not None or at.second or at.microsecond for at in (self.since, self.until)):
            raise ValueError(Said("hours are local times in whole minutes, such as 07:00"))

    def has(self, at: time) -> bool:
        """Whether a local time of day is within the hours."""
        if self.since < self.until:
            return self.since <= at < self.until
        return at >= self.since or at < self.until

    def intervals(self, on: date) -> tuple[tuple[datetime, datetime], ...]:
        """The hours as naive local intervals on one local date, in order."""
        start, since, until = (datetime.combine(on, at) for at in (_MIDNIGHT, self.since, self.until))
        end = start + _DAY
        if self.since < self.until:
            return ((since, until),)
        return ((start, until), (since, end)) if until > start else ((since, end),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Local dates `[since, until)`: it always ends by itself."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError(
                Said("a pause must end after it begins: {since} to {until}", since=self.since, until=self.until)
            )
        if not FIRST_YEAR <= self.since.year <= self.until.year <= LAST_YEAR:
            raise ValueError(
                Said(
                    "a pause lies between the years {first} and {last}: {since} to {until}",
                    first=FIRST_YEAR,
                    last=LAST_YEAR,
                    since=self.since,
                    until=self.until,
                )
            )

    def instants(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """The pause as instants `[since, until)` in a zone."""
        return first_instant(zone, self.since), first_instant(zone, self.until)


def is_allowed(zone: tzinfo, days: frozenset[Weekday], hours: Hours | None, instant: datetime) -> bool:
    """Whether an instant's own local weekday is among the days and its own local time within the hours."""
    if hours is None and len(days) == len(EVERY_DAY):
        return True
    local = instant.astimezone(zone)
    return local.weekday() in days and (hours is None or hours.has(local.time()))


def next_allowed(zone: tzinfo, days: frozenset[Weekday], hours: Hours | None, instant: datetime) -> datetime:
    """The earliest instant, `instant` or later, that days and hours allow.

    Raises OverflowError when there is none in five weeks, which no real zone has.
    """
    if hours is None and len(days) == len(EVERY_DAY):
        return instant
    mask = sum(1 << day for day in days)
    first = (instant - _EPOCH).days + _EPOCH_ORDINAL
    for ordinal in range(first, first + SEARCH_DAYS):
        for since, until in allowed_spans(zone, ordinal, mask, hours):
            if until > instant:
                return max(since, instant)
    raise OverflowError(f"no allowed instant within {SEARCH_DAYS} days of {instant.isoformat()}")


@lru_cache(maxsize=65536)
def allowed_spans(
    zone: tzinfo, ordinal: int, days_mask: int, hours: Hours | None
) -> tuple[tuple[datetime, datetime], ...]:
    """What days and hours allow of one UTC day, as instants `[since, until)` in order."""
    spans: list[tuple[datetime, datetime]] = []
    for since, until, offset in pieces_of_utc_day(zone, ordinal):
        local_since = (since + offset).replace(tzinfo=None)
        local_until = (until + offset).replace(tzinfo=None)
        for back in range((local_until.date() - local_since.date()).days + 1):
            on = local_since.date() + timedelta(days=back)
            if not days_mask >> on.weekday() & 1:
                continue
            for start, end in _whole_day(on) if hours is None else hours.intervals(on):
                start_at, end_at = max(start, local_since) - offset, min(end, local_until) - offset
                if start_at < end_at:
                    spans.append((start_at.replace(tzinfo=UTC), end_at.replace(tzinfo=UTC)))
    return tuple(spans)


def _whole_day(on: date) -> tuple[tuple[datetime, datetime], ...]:
    start = datetime.combine(on, _MIDNIGHT)
    return ((start, start + _DAY),)
