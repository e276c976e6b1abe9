"""The rows of unsubscribes: reading and appending them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from preferences.errors import Invalid, NotFound
from preferences.store.attributions import Circumstances
from preferences.store.events import By
from preferences.store.rows import inserted_key
from preferences.store.subscribers import SubscriberRow
from preferences.store.tables import UNSUBSCRIBE
from preferences.unsubscribe import Attribution, Cause, Route, Scope

_U = UNSUBSCRIBE.c


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeRow:
    """An unsubscribe as stored."""

    id: int
    publication_id: int
    subscriber_id: int
    scope: Scope
    topic_id: int | None
    route: Route
    cause: Cause
    shuffle: str
    words: str
    delivery_id: int | None
    attribution: Attribution
    charged_topic_id: int | None
    digest_topics: str
    expectation_id: int | None
    counted_in_7_days: int
    counted_in_28_days: int
    broken_before: bool
    tenure_days: int
    tenure_mails: int
    undone_at: datetime | None
    occurred_at: datetime


_COLUMNS = tuple(_U[name] for name in UnsubscribeRow.__dataclass_fields__)


def _row(row: Mapping[Any, Any]) -> UnsubscribeRow:
    kinds: dict[str, type[StrEnum]] = {"scope": Scope, "route": Route, "cause": Cause, "attribution": Attribution}
    values: dict[str, Any] = {name: kinds[name](row[name]) if name in kinds else row[name] for name in row}
    return UnsubscribeRow(**values)


def the_unsubscribe(connection: Connection, publication_id: int, unsubscribe_id: int) -> UnsubscribeRow:
    """The unsubscribe of that number. Raises `NotFound`."""
    chosen = select(*_COLUMNS).where((_U.id == unsubscribe_id) & (_U.publication_id == publication_id))
    row = connection.execute(chosen).mappings().first()
    if row is None:
        raise NotFound("there is no such unsubscribe in this publication")
    return _row(row)


def last_unsubscribe(connection: Connection, publication_id: int, subscriber_id: int) -> UnsubscribeRow | None:
    """The newest unsubscribe of a subscriber that was not undone."""
    return last_unsubscribe_of(connection, publication_id, subscriber_id, None)


def last_unsubscribe_of(
    connection: Connection, publication_id: int, subscriber_id: int, topic_id: int | None
) -> UnsubscribeRow | None:
    """The newest unsubscribe that ended a topic, or with None any; undone ones do not count."""
    chosen = select(*_COLUMNS).where(
        (_U.publication_id == publication_id) & (_U.subscriber_id == subscriber_id) & _U.undone_at.is_(None)
    )
    if topic_id is not None:
        chosen = chosen.where((_U.topic_id == topic_id) | (_U.scope == Scope.ALL.value))
    row = connection.execute(chosen.order_by(_U.id.desc()).limit(1)).mappings().first()
    return None if row is None else _row(row)


def insert_unsubscribe(
    connection: Connection,
    person: SubscriberRow,
    scope: Scope,
    topic_id: int | None,
    around: Circumstances,
    by: By,
    now: datetime,
    cause: Cause,
    words: str,
) -> int:
    """Append an unsubscribe; answers its number. What it ends is the caller's to end."""
    result = connection.execute(
        insert(UNSUBSCRIBE).values(
            publication_id=person.publication_id,
            subscriber_id=person.id,
            scope=scope.value,
            topic_id=topic_id,
            route=by.route.value,
            made_by=by.made_by.value,
            cause=cause.value,
            cause_at=None if cause is Cause.UNSTATED else now,
            words=checked_words(words),
            delivery_id=around.delivery_id,
            attribution=around.attribution.value,
            charged_topic_id=around.charged_topic_id,
            digest_topics=",".join(str(topic) for topic in around.digest_topics),
            expectation_id=around.expectation_id,
            counted_in_7_days=around.counted_in_7_days,
            counted_in_28_days=around.counted_in_28_days,
            broken_before=around.broken_before,
            tenure_days=around.tenure_days,
            tenure_mails=around.tenure_mails,
            occurred_at=now,
            recorded_at=now,
        )
    )
    return inserted_key(result)


def checked_words(words: str) -> str:
    """What somebody wrote about leaving: at most 2,000 characters without NUL. Raises `Invalid`."""
    text = words.strip()
    if "\x00" in text or len(text) > 2000:
        raise Invalid.one("words", "must be at most 2000 characters")
    return text
