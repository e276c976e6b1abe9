"""What the law says about a campaign for each distinct pattern, computed once and put beside SQL's own tables.

SQL never computes a local date: the reader's scheduled instant, the next allowed instant and the next slots of
digests come from the law's own functions, once for each set of zone, days, hours and digest times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, MetaData, Table, Text, insert, select
from sqlmodel.sql.sqltypes import UTCDateTime

from preferences.cadence import LONGEST_DAYS, Weekday
from preferences.decision import quiet_reason
from preferences.digest import next_slot
from preferences.expectation import DIGESTS, Arrives, DigestTimes, Expectation, Terms
from preferences.store.columns import Key
from preferences.store.expectations import hours_of
from preferences.store.planning.pieces import Written, written
from preferences.store.planning.question import Question
from preferences.store.tables import PATTERN
from preferences.store.topics import days_of

# The longest periods that move a default expiry: those of up to a week end before its eight days do.
EXTENDING_DAYS = tuple(sorted({days for days in LONGEST_DAYS.values() if days > 7}))

MOMENTS = Table(
    "planning_moment",
    MetaData(),
    Column("pattern_id", Key, primary_key=True, autoincrement=False),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("scheduled_at", UTCDateTime(), nullable=False),
    Column("judged_at", UTCDateTime(), nullable=False),
    Column("allowed_at", UTCDateTime(), nullable=False),
    Column("quiet_reason", Text),
    Column("is_in_doubt", Boolean, nullable=False),
    *(Column(f"{rhythm.value}_at", UTCDateTime(), nullable=False) for rhythm in sorted(DIGESTS)),
    Column("expires_at", UTCDateTime(), nullable=False),
    *(Column(f"expires_{days}_at", UTCDateTime(), nullable=False) for days in EXTENDING_DAYS),
    *(Column(name, Text, nullable=False) for name in Written.__dataclass_fields__),
    prefixes=["TEMPORARY"],
)


@contextmanager
def moments(connection: Connection, asked: Question, now: datetime) -> Iterator[None]:
    """While it lasts, the temporary table `MOMENTS` holds a row for every pattern of the publication and every slot.

    Nobody is judged before `now`, nor before the scheduled instant in their own zone.
    """
    MOMENTS.create(connection)
    patterns = connection.execute(
        select(PATTERN).where(PATTERN.c.publication_id == asked.publication_id).order_by(PATTERN.c.id)
    ).mappings()
    in_slots = [(slot, asked.in_slot(slot)) for slot in asked.slots]
    rows = [
        {"pattern_id": pattern["id"], "slot": slot, **_moments_or_doubt(in_slot, pattern, now)}
        for pattern in patterns
        for slot, in_slot in in_slots
    ]
    if rows:
        connection.execute(insert(MOMENTS), rows)
    yield
    MOMENTS.drop(connection)


def _moments_or_doubt(asked: Question, pattern: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    """The row of a pattern; where it cannot be read (a zone that is unknown by now) one that says so, and no more."""
    try:
        return {**_moments(asked, _terms(pattern), now), "is_in_doubt": False}
    except ValueError:
        plain = Terms(expectation=Expectation(id=0, zone="UTC", topics=()), cadences={})
        return {**_moments(asked, plain, now), "is_in_doubt": True}


def _terms(pattern: Mapping[Any, Any]) -> Terms:
    """Terms with nothing in them but what the pattern says."""
    expectation = Expectation(
        id=0,
        zone=pattern["zone"],
        topics=(),
        days=days_of(pattern["days"]),
        hours=hours_of(pattern["hours"]),
        digest=DigestTimes(
            hour=time.fromisoformat(pattern["digest_hour"]),
            weekday=Weekday(pattern["digest_weekday"]),
            day=pattern["digest_day"],
        ),
    )
    return Terms(expectation=expectation, cadences={})


def _moments(asked: Question, terms: Terms, now: datetime) -> dict[str, Any]:
    scheduled_at = asked.scheduled_in(terms.zone)
    judged_at = max(now, scheduled_at)
    expires_at = asked.expires_after(scheduled_at)
    quiet = quiet_reason(terms, judged_at)
    pieces = written(asked, terms.zone, judged_at)
    return {
        "scheduled_at": scheduled_at,
        "judged_at": judged_at,
        "allowed_at": terms.next_free(judged_at),
        "quiet_reason": None if quiet is None else quiet.value,
        **{f"{rhythm.value}_at": next_slot(terms, rhythm, judged_at).at for rhythm in _RHYTHMS},
        "expires_at": expires_at,
        **{f"expires_{days}_at": max(expires_at, scheduled_at + timedelta(days=days + 1)) for days in EXTENDING_DAYS},
        **{name: getattr(pieces, name) for name in Written.__dataclass_fields__},
    }


_RHYTHMS: tuple[Arrives, ...] = tuple(sorted(DIGESTS))
