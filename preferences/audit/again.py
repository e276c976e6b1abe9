"""Invariant 7: deciding again from what a decision stored. Alone in the audit, this uses the code that decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from preferences.basis import OtherVersion, decide_again, from_json
from preferences.basis_record import Basis
from preferences.expectation import Terms
from preferences.outcome import Decision, Evidence

# These come from elsewhere than the ordered rules: no arguments of the law lead to them.
MADE_ELSEWHERE = frozenset(
    {"campaign_ended", "template_failed", "not_deliverable_here", "any_doubt", "held_for_a_person", "read_on_web"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision as the ledger has it; `evidence` and `basis` are JSON. Not everything that decides keeps the opening."""

    outcome: str
    reason: str
    topic: int | None
    opens_at: datetime | None
    expectation: int | None
    evidence: str | None
    basis: str
    keeps_opening: bool = True


def decided_differently(recorded: Recorded, terms_of: Callable[[Basis], Terms]) -> Iterator[str]:
    """What deciding again says otherwise, one reason each; also where it cannot be decided again.

    `terms_of` gives the terms a basis names. Raises `OtherVersion` for a decision under other rules or zone data.
    """
    try:
        basis = from_json(recorded.basis)
        if (basis.expectation or None) != recorded.expectation:
            yield f"it names expectation {recorded.expectation}, and its basis {basis.expectation}"
        again = decide_again(basis, terms_of(basis))
    except OtherVersion:
        raise
    except (ValueError, KeyError) as error:
        yield f"it cannot be decided again: {error}"
        return
    said, now_said = _as_recorded(recorded), _as_decided(again)
    for name, value in said.items():
        if now_said[name] != value and (name != "opening" or recorded.keeps_opening):
            yield f"its {name} is {value}, and deciding again says {now_said[name]}"


def _as_recorded(recorded: Recorded) -> Mapping[str, object]:
    evidence = None if recorded.evidence is None else json.loads(recorded.evidence)
    if evidence is not None:
        for name in ("since", "until"):
            evidence[name] = datetime.fromisoformat(evidence[name])
    return {
        "outcome": recorded.outcome,
        "reason": recorded.reason,
        "topic": recorded.topic,
        "opening": recorded.opens_at,
        "evidence": evidence,
    }


def _as_decided(decision: Decision) -> Mapping[str, object]:
    return {
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "topic": decision.topic,
        "opening": decision.opens_at,
        "evidence": None if decision.evidence is None else _evidence(decision.evidence),
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "whose": evidence.whose.value,
        "count": evidence.cap.count,
        "per": evidence.cap.per.value,
        "counted": evidence.counted,
        "calendar": evidence.calendar,
        "since": evidence.since,
        "until": evidence.until,
    }
