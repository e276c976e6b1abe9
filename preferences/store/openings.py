"""The stored copy of when caps open. Planning and forecasts read it; it is brought up to date with every count.

Derived and replaceable: `recompute` makes it from terms and history at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select

from preferences.cadence import LONGEST_DAYS, BoundCap, Opening, opening
from preferences.calendar import MOMENT
from preferences.decision import evidence_of
from preferences.expectation import Arrives, Terms
from preferences.history import History, Instants
from preferences.reach import Reach
from preferences.store.among import among_named
from preferences.store.bulk import put_rows
from preferences.store.evidence import evidence_text
from preferences.store.expectations import terms_of
from preferences.store.histories import histories_of
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import OPENING

TOTAL = 0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_O = OPENING.c
# What follows from terms and history.
_DERIVED = (
    *("current_id", "opens_at", "free_at", "longest_days", "longest_until", "next_days", "next_until", "last_days"),
    *("evidence", "counted"),
)
_OPENS_AT = _DERIVED.index("opens_at")


def recompute(connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime) -> None:
    """Compute the openings of these subscribers anew from their terms and histories."""
    terms = terms_of(connection, publication_id, subscriber_ids)
    histories = histories_of(connection, subscriber_ids, now)
    store(connection, publication_id, {one: (terms.get(one), histories[one]) for one in subscriber_ids}, now)


def store(
    connection: Connection,
    publication_id: int,
    known: Mapping[int, tuple[Terms | None, History]],
    now: datetime,
) -> None:
    """Replace the openings of these subscribers by those that follow from terms and history."""
    if not known:
        return
    rows = [
        (subscriber, topic, publication_id, *row)
        for subscriber, (terms, history) in known.items()
        if terms is not None
        for topic, row in _rows(terms, history, now)
    ]
    put_rows(connection, OPENING, ("subscriber_id", "topic_key"), ("publication_id", *_DERIVED), rows)
    # All of these are there now; nearly always nothing else is, and then to count is enough.
    if connection.execute(_HOW_MANY, {"numbers": known}).scalar_one() > len(rows):
        _delete_others(connection, known, {row[:2] for row in rows})


def _delete_others(connection: Connection, subscribers: Collection[int], kept: Collection[tuple[int, int]]) -> None:
    there = connection.execute(_THERE, {"numbers": subscribers}).all()
    for subscriber, topic in sorted(set(map(tuple, there)).difference(kept)):
        connection.execute(delete(OPENING).where((_O.subscriber_id == subscriber) & (_O.topic_key == topic)))


# Asked for each group, and writing the statement takes longer than running it.
_OF_THEM = among_named(_O.subscriber_id, "numbers")
_HOW_MANY = select(func.count()).select_from(OPENING).where(_OF_THEM)
_THERE = select(_O.subscriber_id, _O.topic_key).where(_OF_THEM)


def opens_at(terms: Terms, history: History, now: datetime) -> dict[int, datetime | None]:
    """When the total (`TOTAL`) and each topic by mail under which anything was counted allow one more mail; None: now."""
    return {topic: row[_OPENS_AT] for topic, row in _rows(terms, history, now)}


def _rows(terms: Terms, history: History, now: datetime) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """By topic, what is derived for the total and each topic by mail under which anything was counted."""
    kept: Instants = ()
    text = instants_text(kept)
    if terms.total_caps and history.total:
        kept = history.total[: terms.total_reach.longest_count]
        text = instants_text(kept)
        yield TOTAL, (None, *_row(terms, terms.total_caps, terms.total_reach, kept, text, now))
    for topic in terms.topics.values():
        counted = history.charged.get(topic.topic, ())
        if counted and topic.arrives is Arrives.EACH:
            before, kept = kept, counted[: topic.reach.longest_count]
            if kept != before:  # who reads one topic had the same in total
                text = instants_text(kept)
            yield topic.topic, (topic.cadences.current.id, *_row(terms, topic.caps, topic.reach, kept, text, now))


def _row(
    terms: Terms, caps: tuple[BoundCap, ...], reach: Reach, kept: Instants, text: str, now: datetime
) -> tuple[Any, ...]:
    """In the order of `_DERIVED`, without the cadence; `text` is what is `kept` of the counted instants, spelled."""
    if reach.are_surely_open(kept, now):
        return (None, None, *_NO_PERIODS, None, text)
    full = [found for cap in caps if (found := opening(cap, kept, terms.zone, now)) is not None]
    last: Opening | None = None
    for found in full:
        if last is None or found.until > last.until:
            last = found
    if last is None:
        return (None, None, *_NO_PERIODS, None, text)
    return (last.until, terms.next_free(last.until), *_periods(full), evidence_text(evidence_of(last)), text)


def _periods(full: Sequence[Opening]) -> tuple[Any, ...]:
    """The longest period among the full caps, as a function of time in at most three steps: days, and until when."""
    until_of: dict[int, datetime] = {}
    for found in full:
        days = LONGEST_DAYS[found.bound.cap.per]
        until_of[days] = max(found.until, until_of.get(days, found.until))
    steps: list[tuple[int, datetime]] = []
    for days in sorted(until_of, reverse=True):
        if not steps or until_of[days] > steps[-1][1]:
            steps.append((days, until_of[days]))
    said = [value for step in steps[:_STEPS] for value in step]
    # Of the last step only the days are said: it goes on until the caps open.
    return (*said, *_NO_PERIODS)[: len(_NO_PERIODS)]


_STEPS = 3
_NO_PERIODS = (None,) * (2 * _STEPS - 1)


def instants_text(instants: Instants) -> str:
    """Counted instants as a basis has them, so that planning copies them: whole microseconds since 1970, newest first."""
    return f"[{','.join([str((instant - _EPOCH) // MOMENT) for instant in instants])}]"


def refresh_stale(
    connection: Connection, publication_id: int, current: dict[int, int], now: datetime, limit: int = 500
) -> int:
    """Recompute up to `limit` subscribers whose openings were computed under another current cadence of a topic.

    `current` maps topics to their current cadences. Answers how many were recomputed; 0 when none is stale.
    """
    if not current:
        return 0
    stale = or_(*(and_(_O.topic_key == topic, _O.current_id != cadence) for topic, cadence in current.items()))
    ids = (
        connection.execute(select(_O.subscriber_id).where(stale).distinct().order_by(_O.subscriber_id).limit(limit))
        .scalars()
        .all()
    )
    lock_subscribers(connection, ids)
    recompute(connection, publication_id, ids, now)
    return len(ids)
