"""Deciding again whatever waits, in the transaction that changed terms or standing or un-counted a mail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from preferences.basis import basis_of
from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import DEFAULT_EXPIRY, Outcome, charged_topic, decide
from preferences.delivery import State
from preferences.expectation import DIGESTS, Arrives
from preferences.store.bulk import update_rows
from preferences.store.open_deliveries import RUNNING_OR_PAUSED, OpenDelivery, Situation, situations
from preferences.store.prospects import AnySchedule, ScheduleWhenAsked, coming_for
from preferences.store.tables import DELIVERY
from preferences.store.verdicts import append_decisions, decision_row, is_the_same, standing_of_delivery


def decide_waiting_again(
    connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime
) -> None:
    """Decide again what waits for these subscribers, alone or for a digest, and what is due. They must be locked.

    Nothing is sent here: what may go becomes due, and is decided once more before its hand-over. *Not sent* is final.
    """
    if not subscriber_ids:
        return
    schedule = ScheduleWhenAsked(connection, publication_id)
    changes = Changes(publication_id, now)
    for situation in situations(connection, publication_id, subscriber_ids, now, RUNNING_OR_PAUSED).values():
        for delivery in situation.open:
            if delivery.campaign_id is not None:
                _decide(situation, schedule, delivery, changes)
    changes.write(connection)


class Changes:
    """The rows that deciding again appends and the deliveries it moves, written at once."""

    def __init__(self, publication_id: int, now: datetime) -> None:
        self.publication_id = publication_id
        self.now = now
        self.decisions: list[list[Any]] = []
        self.deliveries: list[dict[str, Any]] = []

    def write(self, connection: Connection) -> None:
        """Write everything."""
        if self.decisions:
            append_decisions(connection, self.decisions)
        if self.deliveries:
            move_deliveries(connection, self.deliveries)


def move_deliveries(connection: Connection, values: list[dict[str, Any]]) -> None:
    """Set columns of deliveries, one statement for each set of columns; each entry names its `delivery`."""
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for one in values:
        # In one order, so that what is said of a delivery twice is written in the order in which it was said.
        columns = tuple(sorted(one.keys() - {"delivery"}))
        by_columns.setdefault(columns, []).append((*(one[name] for name in columns), one["delivery"]))
    for columns, moved in by_columns.items():
        update_rows(connection, DELIVERY, ("id",), columns, moved)


def _decide(situation: Situation, schedule: AnySchedule, delivery: OpenDelivery, changes: Changes) -> None:
    now = changes.now
    if delivery.state in (State.DUE, State.WAITING):
        now = max(now, delivery.scheduled_at)  # a reader's own time that is still to come is judged at that time
    if delivery.state is State.DUE and delivery.wakes_at is not None:
        now = max(now, delivery.wakes_at)
    kept = _kept_digest(situation, delivery)
    if kept is not None:
        now = min(now, kept.scheduled_at)  # its slot has come, and the digest of that slot is to be tried again
    candidate = candidate_of(situation, schedule, delivery, now)
    standing = situation.subscriber.standing
    decision = decide(standing, situation.terms, situation.history, candidate, now)
    same = is_the_same(decision, delivery.state, delivery.reason, delivery.opens_at, delivery.topic_id)
    if same and delivery.wakes_at is not None:
        return
    if decision.outcome is Outcome.SEND and delivery.state in (State.DUE, State.DEFERRED):
        return  # it leaves when it was to leave anyway, and is decided once more then
    basis = basis_of(situation.terms, situation.history, candidate, standing, now)
    changes.decisions.append(decision_row(changes.publication_id, delivery.id, decision, basis, changes.now))
    values = standing_of_delivery(decision, situation.terms, candidate, now)
    if kept is not None and decision.outcome is Outcome.DIGEST:
        values["wakes_at"] = kept.wakes_at
    changes.deliveries.append({"delivery": delivery.id, **values})


def _kept_digest(situation: Situation, delivery: OpenDelivery) -> OpenDelivery | None:
    """The digest that is to be tried again and in which an item stands."""
    topic = charged_topic(situation.terms, delivery.topics) if delivery.state is State.DIGEST_TO_COME else None
    return None if topic is None or topic.arrives not in DIGESTS else situation.kept_digest(topic.arrives)


def candidate_of(situation: Situation, schedule: AnySchedule, delivery: OpenDelivery, now: datetime) -> Candidate:
    """The delivery as the law sees it now: what left a digest counts as having waited; what waits is told what comes."""
    has_waited = delivery.has_waited or _has_left_its_digest(situation, delivery)
    if has_waited and not delivery.has_waited:
        delivery = _with_time_to_go(delivery, now)
    coming_at = coming_for(situation, schedule, delivery, now) if has_waited else None
    return delivery.candidate(coming_at, has_waited=has_waited)


def _with_time_to_go(delivery: OpenDelivery, now: datetime) -> OpenDelivery:
    """An item of a digest had no expiry of its own; from when it left its digest it has the usual one."""
    if delivery.expiry is ExpiryBasis.MARKETER:
        return delivery
    usual = now + DEFAULT_EXPIRY
    return replace(delivery, expires_at=usual if delivery.expires_at is None else max(delivery.expires_at, usual))


def _has_left_its_digest(situation: Situation, delivery: OpenDelivery) -> bool:
    topic = charged_topic(situation.terms, delivery.topics)
    left = delivery.state is State.DIGEST_TO_COME and topic is not None
    return left and topic is not None and topic.arrives not in DIGESTS and topic.arrives is Arrives.EACH
