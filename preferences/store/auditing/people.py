"""What was asked for, what the standing was and who left, as the audit's values; by subscriber."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, tzinfo
from typing import Any

from sqlalchemy import Connection, select

from preferences.audit import ledger
from preferences.calendar import UnknownZone, zone_named
from preferences.store.tables import EVENT, EXPECTATION, EXPECTATION_TOPIC, PATTERN, SUBSCRIBER, UNSUBSCRIBE
from preferences.store.topics import days_of
from preferences.unsubscribe import Cause, Scope

# Events that say the standing from then on hold it under this name.
_STANDING = "standing"


def read_expectations(connection: Connection, ids: Collection[int]) -> dict[int, tuple[ledger.Expectation, ...]]:
    """Every expectation these subscribers ever had, in order."""
    chosen = EXPECTATION.c.subscriber_id.in_(sorted(ids))
    choices: dict[int, dict[int, ledger.Choice]] = {}
    for row in connection.execute(
        select(EXPECTATION_TOPIC)
        .join(EXPECTATION, EXPECTATION.c.id == EXPECTATION_TOPIC.c.expectation_id)
        .where(chosen)
        .order_by(EXPECTATION_TOPIC.c.expectation_id, EXPECTATION_TOPIC.c.position)
    ).mappings():
        choices.setdefault(row["expectation_id"], {})[row["topic_id"]] = ledger.Choice(
            topic=row["topic_id"],
            arrives=row["arrives"],
            accepted=row["accepted_id"],
            own=None if row["own_count"] is None else (row["own_count"], row["own_per"]),
        )
    found: dict[int, tuple[ledger.Expectation, ...]] = {}
    for row in connection.execute(
        select(EXPECTATION, PATTERN.c.zone, PATTERN.c.days, PATTERN.c.hours)
        .join(PATTERN, PATTERN.c.id == EXPECTATION.c.pattern_id)
        .where(chosen)
        .order_by(EXPECTATION.c.since, EXPECTATION.c.id)
    ).mappings():
        value = _expectation(row, choices.get(row["id"], {}))
        found[row["subscriber_id"]] = (*found.get(row["subscriber_id"], ()), value)
    return found


def _expectation(row: Mapping[Any, Any], choices: Mapping[int, ledger.Choice]) -> ledger.Expectation:
    hours = tuple(time.fromisoformat(at) for at in row["hours"].split("-")) if row["hours"] else None
    return ledger.Expectation(
        id=row["id"],
        since=row["since"],
        until=row["until"],
        zone=_zone(row["zone"]),
        zone_name=row["zone"],
        choices=choices,
        total=None if row["total_count"] is None else (row["total_count"], row["total_per"]),
        days=frozenset(int(day) for day in days_of(row["days"])),
        hours=None if hours is None else (hours[0], hours[1]),
        paused=None if row["paused_since"] is None else (row["paused_since"], row["paused_until"]),
        overflow=row["overflow"],
    )


def _zone(name: str) -> tzinfo:
    """The zone of that name; of what is none, UTC: that such an expectation cannot be read is said elsewhere."""
    try:
        return zone_named(name)
    except UnknownZone:
        return UTC


def read_unsubscribes(connection: Connection, ids: Collection[int]) -> dict[int, tuple[ledger.Unsubscribe, ...]]:
    """Who left what and when, in order. A bounce is recorded in the same place, but nobody said a word."""
    of = UNSUBSCRIBE.c
    found: dict[int, tuple[ledger.Unsubscribe, ...]] = {}
    for row in connection.execute(
        select(of.subscriber_id, of.scope, of.topic_id, of.expectation_id, of.occurred_at, of.undone_at)
        .where(of.subscriber_id.in_(sorted(ids)) & (of.cause != Cause.BOUNCE.value))
        .order_by(of.occurred_at, of.id)
    ).mappings():
        value = ledger.Unsubscribe(
            topic=row["topic_id"] if row["scope"] == Scope.TOPIC.value else None,
            expectation=row["expectation_id"],
            occurred_at=row["occurred_at"],
            undone_at=row["undone_at"],
        )
        found[row["subscriber_id"]] = (*found.get(row["subscriber_id"], ()), value)
    return found


def read_erased(connection: Connection, ids: Collection[int]) -> frozenset[int]:
    """Which of these subscribers were erased."""
    of = SUBSCRIBER.c
    chosen = of.id.in_(sorted(ids)) & of.erased_at.is_not(None)
    return frozenset(connection.execute(select(of.id).where(chosen)).scalars())


Standings = tuple[tuple[datetime, ledger.Standing], ...]


def read_standings(connection: Connection, ids: Collection[int]) -> dict[int, Standings]:
    """The standing from each event that changed it, in order, after the one that these people began with."""
    changes: dict[int, list[tuple[datetime, ledger.Standing]]] = {}
    events = connection.execute(
        select(EVENT.c.subscriber_id, EVENT.c.occurred_at, EVENT.c.details)
        .where(EVENT.c.subscriber_id.in_(sorted(ids)) & EVENT.c.details.like(f'%"{_STANDING}":%'))
        .order_by(EVENT.c.id)
    ).mappings()
    for row in events:
        said = json.loads(row["details"]).get(_STANDING)
        if isinstance(said, dict):
            changes.setdefault(row["subscriber_id"], []).append((row["occurred_at"], _standing(said)))
    rows = connection.execute(select(SUBSCRIBER).where(SUBSCRIBER.c.id.in_(sorted(ids)))).mappings()
    return {row["id"]: (*_first(row, changes.get(row["id"], [])), *changes.get(row["id"], [])) for row in rows}


def _standing(said: Mapping[str, Any]) -> ledger.Standing:
    ends_at = said.get("consent_ends_at")
    return ledger.Standing(
        confirmed=said["confirmed"],
        unsubscribed=said.get("unsubscribed", False),
        suppressed=said.get("suppressed"),
        consent_ends_at=None if ends_at is None else datetime.fromisoformat(ends_at),
    )


def _first(row: Mapping[Any, Any], changes: Collection[tuple[datetime, ledger.Standing]]) -> Standings:
    """What somebody began with: the columns, which say nothing of the time before the first change of the standing."""
    if row["confirmed_at"] is None:
        return ()
    unchanged = not changes
    first = ledger.Standing(
        confirmed=True,
        unsubscribed=unchanged and row["unsubscribed_at"] is not None,
        suppressed=row["suppressed"] if unchanged else None,
        consent_ends_at=row["consent_ends_at"] if unchanged else None,
    )
    return ((min(row["confirmed_at"], row["created_at"]), first),)
