"""Leaving a topic or everything: recorded with what it is attributed to, in effect before the caller answers anybody.

Everything here is idempotent: leaving twice is leaving once. The cause is asked afterwards and never required.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from preferences.address import Address
from preferences.errors import Invalid, Said
from preferences.opt_down import without_topic
from preferences.store.attributions import Circumstances, circumstances, is_under_way
from preferences.store.changes import end_expectation, in_details, locked_subscriber, settle, slugs
from preferences.store.consents import record_withdrawal, topics_in_proof
from preferences.store.events import By, record
from preferences.store.expectations import asked_of, begin_expectation, terms_at, terms_of
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.standings import change_standing
from preferences.store.subscribers import SubscriberRow, next_version
from preferences.store.tables import UNSUBSCRIBE
from preferences.store.topics import topics
from preferences.store.unsubscribe_rows import (
    UnsubscribeRow,
    checked_words,
    insert_unsubscribe,
    last_unsubscribe,
    last_unsubscribe_of,
    the_unsubscribe,
)
from preferences.unsubscribe import ASKED, Cause, Route, Scope

__all__ = [
    "UnsubscribeRow",
    "Unsubscribed",
    "last_unsubscribe",
    "state_cause",
    "the_unsubscribe",
    "unsubscribe",
]


# Who leaves by a button of the mail program or by mail sees no page that says what ended.
GOODBYE_AFTER = frozenset({Route.HEADER_ONE_CLICK, Route.MAILTO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """What an unsubscribe did. `id` is None only where there was nothing to leave and nothing had been left.

    `scope` is what ended: leaving the last topic leaves everything. `was_new` is False where it had ended before.
    `is_under_way`: a mail of what was left was being handed over already, and may still arrive.
    """

    id: int | None
    scope: Scope
    topic_id: int | None
    was_new: bool
    is_under_way: bool


def unsubscribe(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    scope: Scope,
    by: By,
    now: datetime,
    *,
    topic_id: int | None = None,
    delivery_id: int | None = None,
    cause: Cause = Cause.UNSTATED,
    words: str = "",
) -> Unsubscribed:
    """End one topic or everything for a subscriber. Idempotent. Raises `NotFound`, and `Invalid` without a topic."""
    if scope is Scope.TOPIC and topic_id is None:
        raise Invalid.one("topic", Said("say which topic ends"))
    person = locked_subscriber(connection, publication_id, subscriber_id)
    topic_id = topic_id if scope is Scope.TOPIC else None
    under_way = is_under_way(connection, subscriber_id, topic_id)
    left = _what_is_left(connection, person, topic_id) if scope is Scope.TOPIC else 0
    if person.unsubscribed_at is not None or left is None:
        return _ended_before(connection, person, scope, topic_id, is_under_way=under_way)
    ended = Scope.TOPIC if left else Scope.ALL
    around = circumstances(connection, person, delivery_id, now)
    unsubscribe_id = insert_unsubscribe(connection, person, ended, topic_id, around, by, now, cause, words)
    _withdraw(connection, person, ended, topic_id, by, now)
    _take_effect(connection, person, ended, topic_id, by, now)
    _record(connection, person, ended, topic_id, unsubscribe_id, around, by, now)
    settle(connection, publication_id, [subscriber_id], now)
    if by.route in GOODBYE_AFTER:
        _say_goodbye(connection, person, ended, topic_id, around, now)
    return Unsubscribed(id=unsubscribe_id, scope=ended, topic_id=topic_id, was_new=True, is_under_way=under_way)


def _withdraw(
    connection: Connection, person: SubscriberRow, scope: Scope, topic_id: int | None, by: By, now: datetime
) -> None:
    """The proof of consent says what of it has ended, and by which route."""
    terms = terms_of(connection, person.publication_id, [person.id]).get(person.id)
    names = slugs(connection, person.publication_id)
    asked = () if terms is None else topics_in_proof(asked_of(terms, names))
    ended = tuple(one for one in asked if scope is Scope.ALL or one[0] == names.get(topic_id or 0))
    record_withdrawal(connection, person, ended, "unsubscribed", by, now)


def _say_goodbye(
    connection: Connection,
    person: SubscriberRow,
    scope: Scope,
    topic_id: int | None,
    around: Circumstances,
    now: datetime,
) -> None:
    """Who left without seeing a page is told what ended."""
    if person.address is None or person.address_normalised is None:
        return
    ended = terms_at(connection, person.publication_id, [around.expectation_id or 0]).values()
    numbers = [choice.topic for terms in ended for choice in terms.expectation.topics]
    names = {topic.id: topic.name for topic in topics(connection, person.publication_id)}
    told = [names[number] for number in numbers if scope is Scope.ALL or number == topic_id]
    queue(
        connection,
        person.publication_id,
        ServiceKind.GOODBYE,
        Address(spelled=person.address, normalised=person.address_normalised),
        now,
        subscriber_id=person.id,
        details={"ended": told},
    )


def _ended_before(
    connection: Connection, person: SubscriberRow, scope: Scope, topic_id: int | None, *, is_under_way: bool
) -> Unsubscribed:
    last = last_unsubscribe_of(connection, person.publication_id, person.id, topic_id)
    return Unsubscribed(
        id=None if last is None else last.id,
        scope=scope if last is None else last.scope,
        topic_id=topic_id,
        was_new=False,
        is_under_way=is_under_way,
    )


def _what_is_left(connection: Connection, person: SubscriberRow, topic_id: int | None) -> int | None:
    """How many topics are left without this one; None where it is not expected."""
    terms = terms_of(connection, person.publication_id, [person.id]).get(person.id)
    if terms is None or topic_id not in terms.topics:
        return None
    return len(terms.topics) - 1


def _take_effect(
    connection: Connection, person: SubscriberRow, scope: Scope, topic_id: int | None, by: By, now: datetime
) -> None:
    if scope is Scope.ALL:
        end_expectation(connection, person.id, now)
        return
    terms = terms_of(connection, person.publication_id, [person.id])[person.id]
    names = slugs(connection, person.publication_id)
    asked = without_topic(asked_of(terms, names), names[topic_id or 0])
    zone, assumed = terms.expectation.zone, terms.expectation.zone_assumed
    begin_expectation(connection, person.publication_id, person.id, asked, by, now, zone=zone, zone_assumed=assumed)
    next_version(connection, person.id)


def _record(
    connection: Connection,
    person: SubscriberRow,
    scope: Scope,
    topic_id: int | None,
    unsubscribe_id: int,
    around: Circumstances,
    by: By,
    now: datetime,
) -> None:
    details = {"unsubscribe": unsubscribe_id, "scope": scope.value, "topic": topic_id, **in_details(around)}
    about = {"subscriber_id": person.id, "delivery_id": around.delivery_id, "details": details}
    if scope is Scope.TOPIC:
        record(connection, person.publication_id, "unsubscribed", by, now, **about)  # type: ignore[arg-type]
        return
    change_standing(
        connection,
        person.publication_id,
        person.id,
        "unsubscribed",
        by,
        now,
        columns={"unsubscribed_at": now},
        delivery_id=around.delivery_id,
        details=details,
    )


def state_cause(
    connection: Connection,
    publication_id: int,
    unsubscribe_id: int,
    cause: Cause,
    words: str,
    shuffle: tuple[Cause, ...],
    by: By,
    now: datetime,
) -> None:
    """Keep why somebody left, in the order in which it was asked; it may be said again and otherwise.

    Raises `Invalid` for a cause that only a machine may state, and `NotFound`, also once erased.
    """
    if cause not in ASKED:
        raise Invalid.one("cause", f"must be one of {', '.join(ASKED)}")
    whose = the_unsubscribe(connection, publication_id, unsubscribe_id).subscriber_id
    locked_subscriber(connection, publication_id, whose)
    before = the_unsubscribe(connection, publication_id, unsubscribe_id)
    connection.execute(
        update(UNSUBSCRIBE)
        .where(UNSUBSCRIBE.c.id == unsubscribe_id)
        .values(
            cause=cause.value, cause_at=now, words=checked_words(words), shuffle=",".join(one.value for one in shuffle)
        )
    )
    details = {"unsubscribe": unsubscribe_id, "cause": cause.value, "before": before.cause.value}
    about = {"subscriber_id": before.subscriber_id, "delivery_id": before.delivery_id}
    record(connection, publication_id, "cause_stated", by, now, details=details, **about)
