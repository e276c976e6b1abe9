"""Planning: the audience of a campaign is fixed, and everybody in it gets a delivery and a decision, by SQL alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlmodel.sql.sqltypes import UTCDateTime

from preferences.decision import HELD, Outcome
from preferences.delivery import CampaignStatus, State
from preferences.store.columns import Key
from preferences.store.openings import refresh_stale
from preferences.store.planning.audience import Audience
from preferences.store.planning.functions import joined
from preferences.store.planning.moments import moments
from preferences.store.planning.question import Question, question
from preferences.store.planning.rules import answers
from preferences.store.planning.writing import texts
from preferences.store.tables import CAMPAIGN, DECISION, DELIVERY

_PLANNED = Table(
    "planning_member",
    MetaData(),
    Column("subscriber_id", Key, primary_key=True, autoincrement=False),
    *(Column(name, Key) for name in ("expectation_id", "topic_id")),
    *(Column(name, UTCDateTime()) for name in ("scheduled_at", "judged_at", "opens_at", "expires_at")),
    *(Column(name, Text) for name in ("expiry", "outcome", "reason", "evidence", "before_delivery", "after_delivery")),
    prefixes=["TEMPORARY"],
)
_P = _PLANNED.c
_STATES = {
    Outcome.SEND: State.DUE,
    Outcome.WAIT: State.WAITING,
    Outcome.DIGEST: State.DIGEST_TO_COME,
    Outcome.WEB: State.WEB,
    Outcome.NOT_SENT: State.NOT_SENT,
}


def plan_campaign(connection: Connection, campaign_id: int, now: datetime) -> int:
    """Fix the audience of a scheduled campaign and decide about everybody in it; answers how many they are.

    Belongs into a transaction that writes, at the scheduled instant; for a local time when the first zone reaches it
    (every reader is then judged at their own scheduled instant). The campaign becomes *sending*. Repeating it changes
    nothing and answers the same number; so does planning what is not scheduled. Raises `NotFound`.
    """
    asked = question(connection, campaign_id)
    if asked.status is not CampaignStatus.SCHEDULED:
        return asked.audience or 0
    audience = _plan(connection, asked, now) if asked.topics else 0
    connection.execute(
        update(CAMPAIGN)
        .where(CAMPAIGN.c.id == asked.id)
        .values(status=CampaignStatus.SENDING.value, planned_at=now, audience=audience)
    )
    return audience


def _plan(connection: Connection, asked: Question, now: datetime) -> int:
    audience = Audience(asked, connection.dialect.name)
    audience.lock(connection)
    while refresh_stale(connection, asked.publication_id, asked.currents, now):
        pass
    with moments(connection, asked, now):
        _PLANNED.create(connection)
        decided = answers(audience, *texts(audience)).subquery()
        names = [column.name for column in _P]
        connection.execute(insert(_PLANNED).from_select(names, select(*(decided.c[name] for name in names))))
        connection.execute(_insert_deliveries(asked))
        connection.execute(_insert_decisions(asked, now))
        size: int = connection.execute(select(func.count()).select_from(_PLANNED)).scalar_one()
        _PLANNED.drop(connection)
    return size


def _insert_deliveries(asked: Question) -> Any:
    """A delivery for every member, in the state that the decision leaves it in."""
    is_open = _P.outcome.in_((Outcome.WAIT.value, Outcome.DIGEST.value))
    columns: dict[str, ColumnElement[Any]] = {
        "publication_id": literal(asked.publication_id, Key),
        "subscriber_id": _P.subscriber_id,
        "campaign_id": literal(asked.id, Key),
        "state": case({outcome.value: state.value for outcome, state in _STATES.items()}, value=_P.outcome),
        "reason": _P.reason,
        "topic_id": _P.topic_id,
        "scheduled_at": _P.scheduled_at,
        "wakes_at": case((_P.outcome == Outcome.SEND.value, _P.judged_at), (is_open, _P.opens_at)),
        "opens_at": _P.opens_at,
        "expires_at": _P.expires_at,
        "expiry": _P.expiry,
        "has_waited": and_(_P.outcome == Outcome.WAIT.value, _P.reason.in_(sorted(reason.value for reason in HELD))),
        "digest_stopped": literal(False, Boolean),
        "tries": literal(0, Integer),
        "revision": literal(asked.revision, Integer),
    }
    return _insert(DELIVERY, columns, select(*columns.values()).order_by(_P.subscriber_id))


def _insert_decisions(asked: Question, now: datetime) -> Any:
    """A decision for every delivery, with the basis from which it can be made again."""
    delivery = DELIVERY.c
    columns: dict[str, ColumnElement[Any]] = {
        "publication_id": literal(asked.publication_id, Key),
        "delivery_id": delivery.id,
        "decided_at": literal(now, UTCDateTime()),
        "outcome": _P.outcome,
        "reason": _P.reason,
        "topic_id": _P.topic_id,
        "opens_at": _P.opens_at,
        "expectation_id": _P.expectation_id,
        "evidence": _P.evidence,
        "basis": joined(_P.before_delivery, cast(delivery.id, Text), _P.after_delivery),
    }
    of_member = and_(delivery.campaign_id == asked.id, delivery.subscriber_id == _P.subscriber_id)
    rows = select(*columns.values()).select_from(_PLANNED.join(DELIVERY, of_member)).order_by(delivery.id)
    return _insert(DECISION, columns, rows)


def _insert(table: Table, columns: dict[str, ColumnElement[Any]], rows: Select[Any]) -> Any:
    return insert(table).from_select(list(columns), rows)
