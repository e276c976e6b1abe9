"""Decisions become rows: what is appended to the ledger, and where the delivery stands afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from preferences.basis import Basis, to_json
from preferences.campaign import Candidate
from preferences.decision import HELD, Decision, Outcome, Reason
from preferences.delivery import State
from preferences.expectation import Terms
from preferences.own_time import next_own_time
from preferences.store.bulk import insert_rows
from preferences.store.evidence import evidence_text
from preferences.store.tables import DECISION

_MOMENT = timedelta(microseconds=1)
# A waiting delivery is looked at once more right after it has expired, to say so.
_AFTER_EXPIRY = timedelta(seconds=1)


OF_DECISION = (
    *("publication_id", "delivery_id", "decided_at", "outcome", "reason", "topic_id", "opens_at", "expectation_id"),
    *("attempt_id", "evidence", "basis"),
)
OF_ATTEMPT = OF_DECISION.index("attempt_id")


def decision_row(publication_id: int, delivery_id: int, decision: Decision, basis: Basis, now: datetime) -> list[Any]:
    """The row of the ledger for one decision, in the order of `OF_DECISION`; whoever hands over names the attempt in it."""
    return [
        *(publication_id, delivery_id, now, decision.outcome.value, decision.reason.value, decision.topic),
        *(decision.opens_at, basis.expectation or None, None),
        None if decision.evidence is None else evidence_text(decision.evidence),
        to_json(basis),
    ]


def append_decisions(connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Append the rows of decisions to the ledger, in their order."""
    insert_rows(connection, DECISION, OF_DECISION, rows)


def standing_of_delivery(decision: Decision, terms: Terms, candidate: Candidate, now: datetime) -> dict[str, Any]:
    """Where a campaign's delivery stands after a decision that sends nothing; for *send* it is due now."""
    values: dict[str, Any] = {
        "reason": decision.reason.value,
        "topic_id": decision.topic,
        "expires_at": decision.expires_at,
        "expiry": decision.expiry.value,
        "opens_at": decision.opens_at,
        "wakes_at": None,
        "has_waited": candidate.has_waited,
        "digest_stopped": False,
        "carrier_id": None,
    }
    match decision.outcome:
        case Outcome.WEB:
            return {**values, "state": State.WEB.value}
        case Outcome.NOT_SENT:
            return {**values, "state": State.NOT_SENT.value}
        case Outcome.DIGEST:
            stopped = candidate.digest_stopped
            return {
                **values,
                "state": State.DIGEST_TO_COME.value,
                "wakes_at": decision.opens_at,
                "digest_stopped": stopped,
            }
        case Outcome.WAIT:
            held = decision.reason in HELD
            wakes_at = _wakes_at(decision, terms, candidate, now) if held else decision.opens_at
            return {
                **values,
                "state": State.WAITING.value,
                "wakes_at": wakes_at,
                "has_waited": candidate.has_waited or held,
            }
        case Outcome.SEND:
            return {**values, "state": State.DUE.value, "wakes_at": now}


def _wakes_at(decision: Decision, terms: Terms, candidate: Candidate, now: datetime) -> datetime:
    """What waits for a cap or a pause is decided again at each own time of day, from when its caps open."""
    later = now + _MOMENT
    since = later if decision.reason is Reason.NEXT_MAIL or decision.opens_at is None else max(decision.opens_at, later)
    own = next_own_time(terms, candidate, since)
    return own if decision.expires_at is None else min(own, decision.expires_at + _AFTER_EXPIRY)


def is_the_same(decision: Decision, state: State, reason: Reason, opens_at: datetime | None, topic: int | None) -> bool:
    """Whether a decision says what the delivery says already, so that nothing new is appended."""
    expected = {
        State.WAITING: Outcome.WAIT,
        State.DIGEST_TO_COME: Outcome.DIGEST,
        State.DUE: Outcome.SEND,
        State.DEFERRED: Outcome.SEND,
    }
    same = expected.get(state) is decision.outcome
    return same and (
        state is State.DEFERRED
        or (decision.reason is reason and decision.topic == topic and decision.opens_at == opens_at)
    )
