"""The rows of one expectation: itself, its topics, its pattern."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from preferences.expectation import Expectation, Terms, TopicChoice
from preferences.quiet import Hours
from preferences.store.events import By
from preferences.store.rows import inserted_key
from preferences.store.tables import EXPECTATION, EXPECTATION_TOPIC, PATTERN
from preferences.store.topics import day_mask

_P = PATTERN.c


def insert_expectation(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    terms: Terms,
    by: By,
    now: datetime,
    *,
    carried_over: bool,
) -> int:
    """Insert the expectation of these terms, open from `now` on; answers its number."""
    value = terms.expectation
    result = connection.execute(
        insert(EXPECTATION).values(
            publication_id=publication_id,
            subscriber_id=subscriber_id,
            pattern_id=pattern_id(connection, publication_id, value),
            since=now,
            zone_assumed=value.zone_assumed,
            total_count=None if value.total is None else value.total.count,
            total_per=None if value.total is None else value.total.per.value,
            overflow=value.overflow.value,
            **_pause_columns(terms),
            carried_over=carried_over,
            made_by=by.made_by.value,
            route=by.route.value,
            recorded_at=now,
        )
    )
    expectation_id = inserted_key(result)
    if value.topics:
        rows = [_topic_row(publication_id, expectation_id, *placed) for placed in enumerate(value.topics)]
        connection.execute(insert(EXPECTATION_TOPIC), rows)
    return expectation_id


def _pause_columns(terms: Terms) -> dict[str, Any]:
    """The pause as dates and as instants, so that SQL needs no zone; nothing where there is none."""
    paused, pause = terms.expectation.paused, terms.pause
    if paused is None or pause is None:
        return {}
    return {
        "paused_since": paused.since,
        "paused_until": paused.until,
        "pause_since_at": pause[0],
        "pause_until_at": pause[1],
        "pause_free_at": terms.next_free(pause[1]),
    }


def _topic_row(publication_id: int, expectation_id: int, position: int, choice: TopicChoice) -> dict[str, Any]:
    return {
        "expectation_id": expectation_id,
        "topic_id": choice.topic,
        "publication_id": publication_id,
        "position": position,
        "arrives": choice.arrives.value,
        "own_count": None if choice.at_most is None else choice.at_most.count,
        "own_per": None if choice.at_most is None else choice.at_most.per.value,
        "accepted_id": choice.accepted,
    }


def hours_text(hours: Hours | None) -> str:
    """Hours as they are stored."""
    return "" if hours is None else f"{hours.since:%H:%M}-{hours.until:%H:%M}"


def pattern_id(connection: Connection, publication_id: int, value: Expectation) -> int:
    """The number of the pattern of an expectation, made where it is new."""
    columns = {
        "zone": value.zone,
        "days": day_mask(value.days),
        "hours": hours_text(value.hours),
        "digest_hour": f"{value.digest_times.hour:%H:%M}",
        "digest_weekday": int(value.digest_times.weekday),
        "digest_day": value.digest_times.day,
    }
    same = _P.publication_id == publication_id
    for name, wanted in columns.items():
        same &= _P[name] == wanted
    found: int | None = connection.execute(select(_P.id).where(same)).scalar()
    if found is None:
        connection.execute(_insert_ignoring(connection, {"publication_id": publication_id, **columns}))
        found = connection.execute(select(_P.id).where(same)).scalar_one()
    return found


def _insert_ignoring(connection: Connection, values: Mapping[str, Any]) -> Any:
    """An insert that leaves a row alone that somebody else made at the same moment."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_into
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_into  # type: ignore[assignment]
    return insert_into(PATTERN).values(**values).on_conflict_do_nothing()
