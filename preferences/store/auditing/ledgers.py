"""What was handed over, counted and decided, as the audit's values; by subscriber."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select, text

from preferences.audit import ledger
from preferences.decision import Outcome
from preferences.store.auditing.people import read_erased, read_expectations, read_standings, read_unsubscribes
from preferences.store.tables import ATTEMPT, COUNTED, DECISION, DELIVERY, FOREIGN_MAIL, UNCOUNTED

_Value = TypeVar("_Value")

REPORTED = "reported"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Word for word what the partial index says, so that both databases use it.
_MAY_STAND = text("(attempt.outcome IS NULL OR attempt.outcome IN ('accepted', 'in_doubt'))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The ledgers of some subscribers, by number, and the campaigns that stand in them."""

    ledgers: Mapping[int, ledger.SubscriberLedger]
    campaigns: frozenset[int]


def read_chunk(connection: Connection, subscriber_ids: Collection[int]) -> Chunk:
    """Everything that the ledger says about these subscribers."""
    deliveries = _deliveries(connection, subscriber_ids)
    counted = _counted(connection, subscriber_ids)
    attempts = _attempts(connection, subscriber_ids)
    foreign = _foreign(connection, {row.foreign for rows in counted.values() for row in rows if row.foreign})
    sent = _sent(connection, subscriber_ids)
    expectations = read_expectations(connection, subscriber_ids)
    standings = read_standings(connection, subscriber_ids)
    unsubscribes = read_unsubscribes(connection, subscriber_ids)
    erased = read_erased(connection, subscriber_ids)
    ledgers = {
        one: ledger.SubscriberLedger(
            subscriber=one,
            expectations=expectations.get(one, ()),
            standings=standings.get(one, ()),
            unsubscribes=unsubscribes.get(one, ()),
            deliveries={delivery.id: delivery for delivery in deliveries.get(one, ())},
            attempts={attempt.id: attempt for attempt in attempts.get(one, ())},
            foreign=foreign,
            counted=tuple(counted.get(one, ())),
            sent=tuple(sent.get(one, ())),
            is_erased=one in erased,
        )
        for one in subscriber_ids
    }
    found = {delivery.campaign for rows in deliveries.values() for delivery in rows}
    return Chunk(ledgers=ledgers, campaigns=frozenset(one for one in found if one is not None))


def _deliveries(connection: Connection, ids: Collection[int]) -> dict[int, list[ledger.Delivery]]:
    of = DELIVERY.c
    last = select(func.max(DECISION.c.id)).where(DECISION.c.delivery_id == of.id).correlate(DELIVERY).scalar_subquery()
    columns = [of[name] for name in ("id", "subscriber_id", "campaign_id", "rhythm", "slot_on", "state", "carrier_id")]
    rows = connection.execute(
        select(*columns, DECISION.c.outcome.label("last_outcome"))
        .outerjoin(DECISION, DECISION.c.id == last)
        .where(of.subscriber_id.in_(sorted(ids)))
        .order_by(of.id)
    ).mappings()
    return _by_subscriber(
        rows,
        lambda row: ledger.Delivery(
            id=row["id"],
            campaign=row["campaign_id"],
            rhythm=row["rhythm"],
            slot_on=row["slot_on"],
            state=row["state"],
            carrier=row["carrier_id"],
            last_outcome=row["last_outcome"],
        ),
    )


def _counted(connection: Connection, ids: Collection[int]) -> dict[int, list[ledger.Counted]]:
    rows = connection.execute(
        select(COUNTED, UNCOUNTED.c.recorded_at.label("uncounted_at"))
        .outerjoin(UNCOUNTED, UNCOUNTED.c.counted_id == COUNTED.c.id)
        .where(COUNTED.c.subscriber_id.in_(sorted(ids)))
        .order_by(COUNTED.c.id)
    ).mappings()
    return _by_subscriber(
        rows,
        lambda row: ledger.Counted(
            id=row["id"],
            attempt=row["attempt_id"],
            foreign=row["foreign_mail_id"],
            topic=row["topic_id"],
            counted_at=row["counted_at"],
            in_total=row["in_total"],
            along=row["along"],
            rhythm=row["rhythm"],
            uncounted_at=row["uncounted_at"],
        ),
    )


def _attempts(connection: Connection, ids: Collection[int]) -> dict[int, list[ledger.Attempt]]:
    """The attempts that were counted, and those that stand: each is reached by an index."""
    columns = [ATTEMPT.c[name] for name in ("id", "delivery_id", "committed_at", "begun_at", "outcome")]
    theirs = DELIVERY.c.subscriber_id.in_(sorted(ids))
    chosen = select(DELIVERY.c.subscriber_id, *columns).join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
    counted = select(COUNTED.c.attempt_id).where(COUNTED.c.subscriber_id.in_(sorted(ids)))
    found: dict[int, dict[int, ledger.Attempt]] = {}
    for statement in (chosen.where(theirs & ATTEMPT.c.id.in_(counted)), chosen.where(theirs, _MAY_STAND)):
        for subscriber, attempt in _read_attempts(connection, statement):
            found.setdefault(subscriber, {})[attempt.id] = attempt
    return {subscriber: [attempts[key] for key in sorted(attempts)] for subscriber, attempts in found.items()}


def _read_attempts(connection: Connection, statement: Select[Any]) -> Iterable[tuple[int, ledger.Attempt]]:
    for row in connection.execute(statement).mappings():
        yield (
            row["subscriber_id"],
            ledger.Attempt(
                id=row["id"],
                delivery=row["delivery_id"],
                committed_at=row["committed_at"],
                begun_at=row["begun_at"],
                outcome=row["outcome"],
            ),
        )


def _foreign(connection: Connection, ids: Collection[int]) -> dict[int, ledger.ForeignMail]:
    rows = connection.execute(select(FOREIGN_MAIL).where(FOREIGN_MAIL.c.id.in_(sorted(ids)))).mappings()
    return {
        row["id"]: ledger.ForeignMail(
            id=row["id"],
            reserved=row["state"] != REPORTED,
            topics=tuple(json.loads(row["topics"])),
            name=f"mail {row['external_id'] or row['id']} of another system",
            sent=_sent_as(0, row["occurred_at"], row["expectation_id"], row["basis"]),
        )
        for row in rows
    }


def _sent(connection: Connection, ids: Collection[int]) -> dict[int, list[ledger.Sent]]:
    of = DECISION.c
    rows = connection.execute(
        select(DELIVERY.c.subscriber_id, of.delivery_id, of.decided_at, of.expectation_id, of.basis, of.attempt_id)
        .join(DELIVERY, DELIVERY.c.id == of.delivery_id)
        .where(DELIVERY.c.subscriber_id.in_(sorted(ids)) & (of.outcome == Outcome.SEND.value))
        .order_by(of.id)
    ).mappings()
    return _by_subscriber(
        rows,
        lambda row: _sent_as(
            row["delivery_id"], row["decided_at"], row["expectation_id"], row["basis"], row["attempt_id"]
        ),
    )


def _by_subscriber(
    rows: Iterable[Mapping[Any, Any]], value_of: Callable[[Mapping[Any, Any]], _Value]
) -> dict[int, list[_Value]]:
    """The values of rows, in order, by subscriber."""
    found: dict[int, list[_Value]] = {}
    for row in rows:
        found.setdefault(row["subscriber_id"], []).append(value_of(row))
    return found


def _sent_as(
    delivery: int, decided_at: datetime, expectation: int | None, basis: str, attempt: int | None = None
) -> ledger.Sent:
    said = json.loads(basis)
    return ledger.Sent(
        delivery=delivery,
        decided_at=decided_at,
        judged_at=_EPOCH + timedelta(microseconds=said["now"]) if "now" in said else None,
        expectation=expectation,
        current={topic: current for topic, _, current in said.get("cadences", ())},
        standing=_standing(said["standing"]) if "standing" in said else None,
        carrier=said.get("carrier"),
        attempt=attempt,
    )


def _standing(said: Mapping[str, Any]) -> ledger.Standing:
    """A standing as a basis has it: instants in microseconds since 1970."""
    ends_at = said.get("consent_ends")
    return ledger.Standing(
        confirmed=said["confirmed"],
        unsubscribed=said.get("unsubscribed", False),
        suppressed=said.get("suppressed"),
        consent_ends_at=None if ends_at is None else _EPOCH + timedelta(microseconds=ends_at),
    )
