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
    asking = _Asking(asked, now)
    rows = [row for pattern in patterns for row in asking.rows_or_doubt(pattern)]
    if rows:
        connection.execute(insert(MOMENTS), rows)
    yield
    MOMENTS.drop(connection)


class _Asking:
    """Asks the law about patterns, and where several patterns or slots have the same answer only once."""

    def __init__(self, asked: Question, now: datetime) -> None:
        self._in_slots = [asked.in_slot(slot) for slot in asked.slots]
        self._now = now
        self._pieces: dict[tuple[datetime, datetime], dict[str, str]] = {}
        self._quiet: dict[tuple[Any, ...], dict[str, Any]] = {}

    def rows_or_doubt(self, pattern: Mapping[Any, Any]) -> list[dict[str, Any]]:
        """A row for each slot; where the pattern cannot be read (a zone that is unknown by now) rows that say no more."""
        try:
            return self._rows(pattern, _terms(pattern), is_in_doubt=False)
        except ValueError:
            plain = Terms(expectation=Expectation(id=0, zone="UTC", topics=()), cadences={})
            return self._rows({"id": pattern["id"], "zone": None, "days": None, "hours": None}, plain, is_in_doubt=True)

    def _rows(self, pattern: Mapping[Any, Any], terms: Terms, *, is_in_doubt: bool) -> list[dict[str, Any]]:
        # What comes in a digest has no turn: it is in the first slot, and only there its next slot is asked for.
        digests = self._digests(terms)
        return [
            {"pattern_id": pattern["id"], "slot": slot, "is_in_doubt": is_in_doubt}
            | digests
            | self._instants(in_slot, pattern, terms)
            for slot, in_slot in enumerate(self._in_slots)
        ]

    def _digests(self, terms: Terms) -> dict[str, datetime]:
        judged_at = max(self._now, self._in_slots[0].scheduled_in(terms.zone))
        return {f"{rhythm.value}_at": next_slot(terms, rhythm, judged_at).at for rhythm in _RHYTHMS}

    def _instants(self, asked: Question, pattern: Mapping[Any, Any], terms: Terms) -> dict[str, Any]:
        scheduled_at = asked.scheduled_in(terms.zone)
        judged_at = max(self._now, scheduled_at)
        expires_at = asked.expires_after(scheduled_at)
        extended = {
            f"expires_{days}_at": max(expires_at, scheduled_at + timedelta(days=days + 1)) for days in EXTENDING_DAYS
        }
        if (scheduled_at, judged_at) not in self._pieces:
            pieces = written(asked, terms.zone, judged_at)
            names = Written.__dataclass_fields__
            self._pieces[scheduled_at, judged_at] = {name: getattr(pieces, name) for name in names}
        return {
            "scheduled_at": scheduled_at,
            "judged_at": judged_at,
            "expires_at": expires_at,
            **extended,
            **self._pieces[scheduled_at, judged_at],
            **self._allowed(pattern, terms, judged_at),
        }

    def _allowed(self, pattern: Mapping[Any, Any], terms: Terms, judged_at: datetime) -> dict[str, Any]:
        """What days and hours say of an instant, which is the same whenever digests come."""
        key = (pattern["zone"], pattern["days"], pattern["hours"], judged_at)
        if key not in self._quiet:
            quiet = quiet_reason(terms, judged_at)
            reason = None if quiet is None else quiet.value
            self._quiet[key] = {"allowed_at": terms.next_free(judged_at), "quiet_reason": reason}
        return self._quiet[key]


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


_RHYTHMS: tuple[Arrives, ...] = tuple(sorted(DIGESTS))
