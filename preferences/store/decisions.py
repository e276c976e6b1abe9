"""Decisions as they stand in the ledger, with their evidence and the zone in which its windows are to be read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from preferences.store.tables import DECISION, EXPECTATION, FOREIGN_MAIL, PATTERN

_D, _F = DECISION.c, FOREIGN_MAIL.c


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A decision as stored. `id` and `about` are numbers: of the decision and its delivery, or twice of the mail that
    another system wanted to send. `evidence` is as it was written. `zone` is the expectation's, None without one.
    """

    id: int
    about: int
    decided_at: datetime
    outcome: str
    reason: str
    topic_id: int | None
    opens_at: datetime | None
    expectation_id: int | None
    evidence: Mapping[str, Any] | None
    rules: int | None
    zone: str | None


def decisions(connection: Connection, ids: Collection[int]) -> dict[int, DecisionRow]:
    """The decisions of these numbers, by number."""
    return {row.id: row for row in _decisions(connection, _D.id.in_(sorted(ids)))}


def decisions_about(connection: Connection, delivery_id: int) -> list[DecisionRow]:
    """Every decision about one delivery, oldest first."""
    return _decisions(connection, _D.delivery_id == delivery_id)


def _decisions(connection: Connection, which: ColumnElement[bool]) -> list[DecisionRow]:
    rows = connection.execute(
        select(
            _D.id,
            _D.delivery_id.label("about"),
            _D.decided_at,
            _D.outcome,
            _D.reason,
            _D.topic_id,
            _D.opens_at,
            _D.expectation_id,
            _D.evidence,
            _D.basis,
            PATTERN.c.zone,
        )
        .outerjoin(EXPECTATION, EXPECTATION.c.id == _D.expectation_id)
        .outerjoin(PATTERN, PATTERN.c.id == EXPECTATION.c.pattern_id)
        .where(which)
        .order_by(_D.id)
    ).mappings()
    return [_row(row) for row in rows]


def decisions_elsewhere(connection: Connection, ids: Collection[int]) -> dict[int, DecisionRow]:
    """What was decided about these mails of other systems, by the mail's number."""
    rows = connection.execute(
        select(
            _F.id,
            _F.id.label("about"),
            _F.occurred_at.label("decided_at"),
            _F.outcome,
            _F.reason,
            _F.topic_id,
            _F.expectation_id,
            _F.evidence,
            _F.basis,
            PATTERN.c.zone,
        )
        .outerjoin(EXPECTATION, EXPECTATION.c.id == _F.expectation_id)
        .outerjoin(PATTERN, PATTERN.c.id == EXPECTATION.c.pattern_id)
        .where(_F.id.in_(sorted(ids)))
    ).mappings()
    return {row["id"]: _row({**row, "opens_at": None}) for row in rows}


def _row(row: Mapping[Any, Any]) -> DecisionRow:
    values = {name: row[name] for name in DecisionRow.__dataclass_fields__ if name != "rules"}
    values["evidence"] = None if row["evidence"] is None else json.loads(row["evidence"])
    return DecisionRow(**values, rules=json.loads(row["basis"]).get("rules"))
