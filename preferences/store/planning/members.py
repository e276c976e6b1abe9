"""The members of an audience with what was decided about them, and the rows that they become.

They are kept in a temporary table between deciding and writing, without what can be looked up again by their numbers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlmodel.sql.sqltypes import UTCDateTime

from preferences.decision import HELD, Outcome, Reason
from preferences.delivery import State
from preferences.store.columns import Key
from preferences.store.openings import TOTAL
from preferences.store.planning.audience import OF_TOPIC, OF_TOTAL
from preferences.store.planning.moments import MOMENTS
from preferences.store.planning.question import Question
from preferences.store.planning.writing import basis_text
from preferences.store.tables import DECISION, DELIVERY

PLANNED = Table(
    "planning_member",
    MetaData(),
    *(Column(name, Key) for name in ("delivery_id", "subscriber_id", "expectation_id", "pattern_id", "slot")),
    *(Column(name, Key) for name in ("topic_id", "full_key")),
    *(Column(name, UTCDateTime()) for name in ("scheduled_at", "judged_at", "opens_at", "expires_at")),
    *(Column(name, Text) for name in ("expiry", "outcome", "reason", "cadences", "standing")),
    prefixes=["TEMPORARY"],
)
_P = PLANNED.c
_STATES = {
    Outcome.SEND: State.DUE,
    Outcome.WAIT: State.WAITING,
    Outcome.DIGEST: State.DIGEST_TO_COME,
    Outcome.WEB: State.WEB,
    Outcome.NOT_SENT: State.NOT_SENT,
}


def insert_members(decided: Subquery, dialect: str) -> Any:
    """A row of `PLANNED` for everybody who was decided about, with the number that their delivery will have.

    So the decisions need not look for the deliveries, of which the database knows nothing yet.
    """
    names = [column.name for column in PLANNED.columns if column is not _P.delivery_id]
    order = decided.c.subscriber_id
    rows = select(_delivery_id(order, dialect), *(decided.c[name] for name in names)).order_by(order)
    return insert(PLANNED).from_select(["delivery_id", *names], rows)


def _delivery_id(order: ColumnElement[int], dialect: str) -> ColumnElement[int]:
    if dialect == "postgresql":
        return func.nextval(f"{DELIVERY.name}_id_seq", type_=Key)
    # Nobody else writes until the transaction ends.
    highest = select(func.coalesce(func.max(DELIVERY.c.id), 0)).scalar_subquery()
    return highest + func.row_number().over(order_by=order)


def insert_deliveries(asked: Question) -> Any:
    """A delivery for every member, in the state that the decision leaves it in."""
    # What is in doubt is looked at again at once, and then from time to time, by the gate.
    is_due = or_(_P.outcome == Outcome.SEND.value, _P.reason == Reason.ANY_DOUBT.value)
    is_open = _P.outcome.in_((Outcome.WAIT.value, Outcome.DIGEST.value))
    columns: dict[str, ColumnElement[Any]] = {
        "id": _P.delivery_id,
        "publication_id": literal(asked.publication_id, Key),
        "subscriber_id": _P.subscriber_id,
        "campaign_id": literal(asked.id, Key),
        "state": case({outcome.value: state.value for outcome, state in _STATES.items()}, value=_P.outcome),
        "reason": _P.reason,
        "topic_id": _P.topic_id,
        "scheduled_at": _P.scheduled_at,
        "wakes_at": case((is_due, _P.judged_at), (is_open, _P.opens_at)),
        "opens_at": _P.opens_at,
        "expires_at": _P.expires_at,
        "expiry": _P.expiry,
        "has_waited": and_(_P.outcome == Outcome.WAIT.value, _P.reason.in_(sorted(reason.value for reason in HELD))),
        "digest_stopped": literal(False, Boolean),
        "tries": literal(0, Integer),
        "revision": literal(asked.revision, Integer),
    }
    return _insert(DELIVERY, columns, select(*columns.values()).order_by(_P.delivery_id))


def insert_decisions(asked: Question, now: datetime) -> Any:
    """A decision for every delivery, with the basis from which it can be made again."""
    topic, total = OF_TOPIC.c, OF_TOTAL.c
    columns: dict[str, ColumnElement[Any]] = {
        "publication_id": literal(asked.publication_id, Key),
        "delivery_id": _P.delivery_id,
        "decided_at": literal(now, UTCDateTime()),
        "outcome": _P.outcome,
        "reason": _P.reason,
        "topic_id": _P.topic_id,
        "opens_at": _P.opens_at,
        "expectation_id": _P.expectation_id,
        "evidence": case((_P.full_key == TOTAL, total.evidence), (_P.full_key.is_not(None), topic.evidence)),
        # Without the terms nothing was decided from them, and nothing can be decided again.
        "basis": case((_P.reason == Reason.ANY_DOUBT.value, "{}"), else_=basis_text(_P, _P.delivery_id)),
    }
    tables = (
        PLANNED.join(MOMENTS, and_(MOMENTS.c.pattern_id == _P.pattern_id, MOMENTS.c.slot == _P.slot))
        .outerjoin(OF_TOPIC, and_(topic.subscriber_id == _P.subscriber_id, topic.topic_key == _P.topic_id))
        .outerjoin(OF_TOTAL, and_(total.subscriber_id == _P.subscriber_id, total.topic_key == TOTAL))
    )
    rows = select(*columns.values()).select_from(tables).order_by(_P.delivery_id)
    return _insert(DECISION, columns, rows)


def _insert(table: Table, columns: dict[str, ColumnElement[Any]], rows: Select[Any]) -> Any:
    return insert(table).from_select(list(columns), rows)
