"""A decision with its evidence: calendar windows as local dates, rolling ones as instants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from preferences.calendar import local_date, zone_named
from preferences.decision import RULES_VERSION
from preferences.links import Kind
from preferences.store.decisions import DecisionRow
from preferences.store.evidence import evidence_text
from preferences.store.foreign import Judged
from webapp.api.calls import Call
from webapp.api.schemas.common import instant_or_none, instant_text


def told_decision(call: Call, row: DecisionRow | None, slugs: Mapping[int, str]) -> dict[str, Any] | None:
    """The document of a decision; None stays None."""
    if row is None:
        return None
    return {
        "outcome": row.outcome,
        "reason": row.reason,
        "topic": None if row.topic_id is None else slugs.get(row.topic_id),
        "opens_at": instant_or_none(row.opens_at),
        "evidence": _evidence(row),
        "decided_at": instant_text(row.decided_at),
        "expectation": call.id(Kind.EXPECTATION, row.expectation_id),
        "rules": row.rules,
    }


def _evidence(row: DecisionRow) -> dict[str, Any] | None:
    found = row.evidence
    if found is None:
        return None
    instants = [datetime.fromisoformat(found["since"]), datetime.fromisoformat(found["until"])]
    if found["calendar"] is not None and row.zone is not None:
        zone = zone_named(row.zone)
        window = [local_date(zone, instant).isoformat() for instant in instants]
    else:
        window = [instant_text(instant) for instant in instants]
    cap = {"count": found["count"], "per": found["per"]}
    return {"whose": found["whose"], "cap": cap, "counted": found["counted"], "window": window}


def row_of(judged: Judged) -> DecisionRow:
    """A decision that was only asked for, in the shape of one that is stored."""
    decision = judged.decision
    return DecisionRow(
        id=0,
        about=0,
        decided_at=judged.at,
        outcome=decision.outcome.value,
        reason=decision.reason.value,
        topic_id=decision.topic,
        opens_at=decision.opens_at,
        expectation_id=judged.terms.expectation.id or None,
        evidence=None if decision.evidence is None else json.loads(evidence_text(decision.evidence)),
        rules=RULES_VERSION,
        zone=judged.terms.expectation.zone,
    )
