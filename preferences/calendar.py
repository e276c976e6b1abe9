"""Local time and instants: the one place where a zone is asked anything.

Instants are aware datetimes in UTC. A local date is an interval of instants, from the first instant at or after its
midnight to that of the next date, so that every instant belongs to exactly one date even where clocks are turned back
across midnight (which no zone has done since 2011). Must not import anything of this program.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from preferences.errors import Said

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)
# The shortest time between two different instants.
MOMENT = timedelta(microseconds=1)
# Years outside these are mistakes, and close to the ends of the calendar nothing can be computed any more.
FIRST_YEAR, LAST_YEAR = 1900, 9000


class UnknownZone(ValueError):
    """A name that is no IANA time zone; the caller shows the message beside the field."""


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name, from the locked package `tzdata`, whatever the machine has.

    Only where that package is missing is the machine asked. Raises `UnknownZone` for anything else, paths included.
    """
    names = _names_in_package()
    try:
        if names is None:
            return ZoneInfo(name)
        if name in names:
            return _zone_in_package(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _unknown(name) from error
    raise _unknown(name)


def zone_data_version() -> str:
    """The version of the zone data, such as 2026b: it stands in every decision. "system" without the package."""
    return "system" if _names_in_package() is None else str(import_module("tzdata").IANA_VERSION)


@lru_cache(maxsize=1)
def _names_in_package() -> frozenset[str] | None:
    try:
        return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())
    except (ModuleNotFoundError, FileNotFoundError):
        return None


def _zone_in_package(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as compiled:
        return ZoneInfo.from_file(compiled, key=name)


def _unknown(name: str) -> UnknownZone:
    return UnknownZone(Said("{name} is not a time zone; use an IANA name such as Europe/Berlin", name=repr(name)))


def as_instant(value: datetime, what: str) -> datetime:
    """`value` in UTC. Raises ValueError for a naive datetime, which could mean any of 26 hours, and for absurd years."""
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError(f"{what} has no time zone: {value.isoformat()}; give an offset, such as {value.isoformat()}Z")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"{what} is not between the years {FIRST_YEAR} and {LAST_YEAR}: {value.isoformat()}")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


@lru_cache(maxsize=65536)
def first_instant(zone: tzinfo, on: date, at: time = MIDNIGHT) -> datetime:
    """The first instant whose local clock shows `on`, `at` or later; in a gap, the instant at which the gap ends."""
    wall = datetime.combine(on, at)
    early = _utc(wall, zone, fold=0)
    late = _utc(wall, zone, fold=1)
    if early <= late:  # the clock shows it once, or twice, and fold 0 is the first time
        return early
    return _transition_between(zone, late, early)


def wall_instants(zone: tzinfo, on: date, at: time) -> tuple[datetime, ...]:
    """Every instant at which the local clock shows `on`, `at`: two in a fold; in a gap the instant at which it ends."""
    wall = datetime.combine(on, at)
    early, late = _utc(wall, zone, fold=0), _utc(wall, zone, fold=1)
    return (early, late) if early < late else (first_instant(zone, on, at),)


def _utc(wall: datetime, zone: tzinfo, *, fold: int) -> datetime:
    """The instant of a wall-clock time; overflowing the calendar's ends is clamped by the caller's dates."""
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _transition_between(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The instant at which the offset changes, `before` < answer <= `after`, to the second (zone data has no finer)."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > ONE_SECOND:
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def local_date(zone: tzinfo, instant: datetime) -> date:
    """The local date to which an instant belongs (see the module's first lines for clocks turned back at midnight)."""
    local = instant.astimezone(zone)
    on = local.date()
    # Only an hour or so before midnight can belong to the next date already; everything else needs no second look.
    if local.hour >= 21 and instant >= first_instant(zone, on + ONE_DAY):
        return on + ONE_DAY
    return on


@lru_cache(maxsize=65536)
def pieces_of_utc_day(zone: tzinfo, ordinal: int) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """One UTC day as `(since, until, offset)` pieces in which the zone's offset does not change, in order."""
    since = datetime.combine(date.fromordinal(ordinal), MIDNIGHT, UTC)
    pieces: list[tuple[datetime, datetime, timedelta]] = []
    for hour in range(24):
        start = since + timedelta(hours=hour)
        _extend(pieces, zone, start, start + timedelta(hours=1))
    return tuple(pieces)


def _extend(pieces: list[tuple[datetime, datetime, timedelta]], zone: tzinfo, since: datetime, until: datetime) -> None:
    """Append an hour to the pieces, split where a transition falls inside it, joined where the offset goes on."""
    first = _offset(zone, since)
    last = _offset(zone, until - ONE_SECOND)
    if first == last:
        _join(pieces, since, until, first)
        return
    change = _transition_between(zone, since, until - ONE_SECOND)
    _join(pieces, since, change, first)
    _join(pieces, change, until, last)


def _join(
    pieces: list[tuple[datetime, datetime, timedelta]], since: datetime, until: datetime, offset: timedelta
) -> None:
    if pieces and pieces[-1][2] == offset:
        pieces[-1] = (pieces[-1][0], until, offset)
    else:
        pieces.append((since, until, offset))


def _offset(zone: tzinfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
