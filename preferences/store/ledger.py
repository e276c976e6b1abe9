"""The ledger of one subscriber: every decision, hand-over, event and mail of another system, newest first."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, literal, or_, select, union_all

from preferences.store.decisions import DecisionRow, decisions, decisions_elsewhere
from preferences.store.tables import ATTEMPT, DECISION, DELIVERY, EVENT, FOREIGN_MAIL


class Kind(IntEnum):
    """What an entry is about, in the order in which those of one instant happen."""

    DECISION = 1
    ATTEMPT = 2
    EVENT = 3
    MAIL_ELSEWHERE = 4


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where an entry stands in the ledger."""

    at: datetime
    kind: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `decision` is there for a decision and for a mail of another system; `values` are the row's others."""

    place: Place
    delivery_id: int | None = None
    campaign_id: int | None = None
    decision: DecisionRow | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def ledger(connection: Connection, subscriber_id: int, limit: int, before: Place | None = None) -> list[Entry]:
    """At most `limit` entries of a subscriber, newest first, older than `before`."""
    places = _places(connection, subscriber_id, limit, before)
    found: dict[tuple[int, int], Entry] = {}
    for kind, read in _READERS.items():
        mine = [place for place in places if place.kind == kind]
        if mine:
            found.update({(kind, entry.place.id): entry for entry in read(connection, mine)})
    return [found[place.kind, place.id] for place in places]


def _places(connection: Connection, subscriber_id: int, limit: int, before: Place | None) -> list[Place]:
    of_delivery = DELIVERY.c.subscriber_id == subscriber_id
    entries = union_all(
        select(DECISION.c.decided_at.label("at"), literal(int(Kind.DECISION)).label("kind"), DECISION.c.id.label("id"))
        .join(DELIVERY, DELIVERY.c.id == DECISION.c.delivery_id)
        .where(of_delivery),
        select(ATTEMPT.c.committed_at, literal(int(Kind.ATTEMPT)), ATTEMPT.c.id)
        .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
        .where(of_delivery),
        select(EVENT.c.occurred_at, literal(int(Kind.EVENT)), EVENT.c.id).where(EVENT.c.subscriber_id == subscriber_id),
        select(FOREIGN_MAIL.c.occurred_at, literal(int(Kind.MAIL_ELSEWHERE)), FOREIGN_MAIL.c.id).where(
            FOREIGN_MAIL.c.subscriber_id == subscriber_id
        ),
    ).subquery()
    chosen = select(entries).order_by(entries.c.at.desc(), entries.c.kind.desc(), entries.c.id.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(_is_before(entries.c, before))
    return [Place(at=row.at, kind=row.kind, id=row.id) for row in connection.execute(chosen)]


def _is_before(columns: Any, place: Place) -> ColumnElement[bool]:
    same_kind = and_(columns.kind == place.kind, columns.id < place.id)
    return or_(columns.at < place.at, and_(columns.at == place.at, or_(columns.kind < place.kind, same_kind)))


def _of_deliveries(connection: Connection, delivery_ids: Collection[int]) -> dict[int, int | None]:
    rows = connection.execute(
        select(DELIVERY.c.id, DELIVERY.c.campaign_id).where(DELIVERY.c.id.in_(sorted(set(delivery_ids))))
    )
    return {row.id: row.campaign_id for row in rows}


def _decisions(connection: Connection, places: Sequence[Place]) -> list[Entry]:
    rows = decisions(connection, [place.id for place in places])
    campaigns = _of_deliveries(connection, [row.about for row in rows.values()])
    return [
        Entry(
            place=place,
            delivery_id=rows[place.id].about,
            campaign_id=campaigns[rows[place.id].about],
            decision=rows[place.id],
        )
        for place in places
    ]


def _attempts(connection: Connection, places: Sequence[Place]) -> list[Entry]:
    chosen = select(ATTEMPT).where(ATTEMPT.c.id.in_([place.id for place in places]))
    rows = {row["id"]: row for row in connection.execute(chosen).mappings()}
    campaigns = _of_deliveries(connection, [row["delivery_id"] for row in rows.values()])
    return [
        Entry(
            place=place,
            delivery_id=rows[place.id]["delivery_id"],
            campaign_id=campaigns[rows[place.id]["delivery_id"]],
            values={name: rows[place.id][name] for name in ("outcome", "ended_at", "code", "reply", "revision")},
        )
        for place in places
    ]


def _events(connection: Connection, places: Sequence[Place]) -> list[Entry]:
    chosen = select(EVENT).where(EVENT.c.id.in_([place.id for place in places]))
    rows = {row["id"]: row for row in connection.execute(chosen).mappings()}
    return [
        Entry(
            place=place,
            delivery_id=rows[place.id]["delivery_id"],
            campaign_id=rows[place.id]["campaign_id"],
            values={
                **{name: rows[place.id][name] for name in ("kind", "made_by", "route")},
                "details": json.loads(rows[place.id]["details"]),
            },
        )
        for place in places
    ]


def _mails_elsewhere(connection: Connection, places: Sequence[Place]) -> list[Entry]:
    ids = [place.id for place in places]
    decided = decisions_elsewhere(connection, ids)
    chosen = select(FOREIGN_MAIL).where(FOREIGN_MAIL.c.id.in_(ids))
    rows = {row["id"]: row for row in connection.execute(chosen).mappings()}
    return [
        Entry(
            place=place,
            decision=decided[place.id],
            values={name: rows[place.id][name] for name in ("state", "external_id", "broken")},
        )
        for place in places
    ]


_READERS = {
    Kind.DECISION: _decisions,
    Kind.ATTEMPT: _attempts,
    Kind.EVENT: _events,
    Kind.MAIL_ELSEWHERE: _mails_elsewhere,
}
