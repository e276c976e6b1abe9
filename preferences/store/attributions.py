"""What stands beside every unsubscribe and opt-down: which mail it belongs to, and how much came before it.

A link names its delivery, so the attribution is exact; otherwise the last counted mail within seven days is inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from preferences.delivery import State
from preferences.store.subscribers import SubscriberRow
from preferences.store.tables import ATTEMPT, COUNTED, DELIVERY, EXPECTATION, FOREIGN_MAIL, UNCOUNTED
from preferences.unsubscribe import Attribution

INFERRED_WITHIN = timedelta(days=7)

_C, _D, _U = COUNTED.c, DELIVERY.c, UNCOUNTED.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Under which circumstances somebody asked for less or left. Counts are mails, tenure is from the confirmation.

    A campaign has a charged topic; a digest has the topics of all its items instead.
    """

    attribution: Attribution
    delivery_id: int | None = None
    charged_topic_id: int | None = None
    digest_topics: tuple[int, ...] = ()
    expectation_id: int | None
    counted_in_7_days: int
    counted_in_28_days: int
    broken_before: bool
    tenure_days: int
    tenure_mails: int


def circumstances(
    connection: Connection, subscriber: SubscriberRow, delivery_id: int | None, now: datetime
) -> Circumstances:
    """The circumstances at `now`, before anything is changed. A delivery of somebody else is not attributed to."""
    entered_at = subscriber.confirmed_at or subscriber.created_at
    return Circumstances(
        **_attributed(connection, subscriber, delivery_id, now),
        expectation_id=expectation_in_force(connection, subscriber.id),
        counted_in_7_days=_mails_since(connection, subscriber.id, now - timedelta(days=7)),
        counted_in_28_days=_mails_since(connection, subscriber.id, now - timedelta(days=28)),
        broken_before=was_promise_broken(connection, subscriber.id, now),
        tenure_days=max(0, (now - entered_at).days),
        tenure_mails=_mails_since(connection, subscriber.id, entered_at),
    )


def expectation_in_force(connection: Connection, subscriber_id: int) -> int | None:
    """The number of the open expectation, if there is one."""
    found: int | None = connection.execute(
        select(EXPECTATION.c.id).where((EXPECTATION.c.subscriber_id == subscriber_id) & EXPECTATION.c.until.is_(None))
    ).scalar()
    return found


def _attributed(
    connection: Connection, subscriber: SubscriberRow, delivery_id: int | None, now: datetime
) -> dict[str, Any]:
    named = None if delivery_id is None else _delivery(connection, subscriber, delivery_id)
    if named is not None:
        return {"attribution": Attribution.EXACT, **_subject(connection, named)}
    last = _last_counted(connection, subscriber.id, now)
    if last is None:
        return {"attribution": Attribution.NONE}
    if last["delivery_id"] is None:
        return {"attribution": Attribution.INFERRED, "charged_topic_id": last["topic_id"]}
    inferred = _delivery(connection, subscriber, last["delivery_id"])
    return {"attribution": Attribution.INFERRED, **({} if inferred is None else _subject(connection, inferred))}


def _delivery(connection: Connection, subscriber: SubscriberRow, delivery_id: int) -> Mapping[Any, Any] | None:
    return (
        connection.execute(
            select(_D.id, _D.topic_id, _D.rhythm).where(
                (_D.id == delivery_id)
                & (_D.subscriber_id == subscriber.id)
                & (_D.publication_id == subscriber.publication_id)
            )
        )
        .mappings()
        .first()
    )


def _subject(connection: Connection, delivery: Mapping[Any, Any]) -> dict[str, Any]:
    if delivery["rhythm"] is None:
        return {"delivery_id": delivery["id"], "charged_topic_id": delivery["topic_id"]}
    items = select(_D.topic_id).where((_D.carrier_id == delivery["id"]) & _D.topic_id.is_not(None)).distinct()
    topics = tuple(sorted(connection.execute(items).scalars()))
    return {"delivery_id": delivery["id"], "digest_topics": topics}


def _last_counted(connection: Connection, subscriber_id: int, now: datetime) -> Mapping[Any, Any] | None:
    """The newest counted mail within seven days: its delivery, or the topic of a mail of another system."""
    return (
        connection.execute(
            select(ATTEMPT.c.delivery_id, _C.topic_id)
            .select_from(COUNTED)
            .outerjoin(ATTEMPT, ATTEMPT.c.id == _C.attempt_id)
            .outerjoin(UNCOUNTED, _U.counted_id == _C.id)
            .where(
                (_C.subscriber_id == subscriber_id)
                & (_C.counted_at > now - INFERRED_WITHIN)
                & (_C.counted_at <= now)
                & _C.along.is_(False)
                & _U.counted_id.is_(None)
            )
            .order_by(_C.counted_at.desc(), _C.id)
            .limit(1)
        )
        .mappings()
        .first()
    )


def _mails_since(connection: Connection, subscriber_id: int, since: datetime) -> int:
    """How many mails were counted after `since`; a mail with several topics is one."""
    mails = (
        select(func.count(func.distinct(_C.attempt_id)), func.count(func.distinct(_C.foreign_mail_id)))
        .outerjoin(UNCOUNTED, _U.counted_id == _C.id)
        .where((_C.subscriber_id == subscriber_id) & (_C.counted_at > since) & _U.counted_id.is_(None))
    )
    own, foreign = connection.execute(mails).one()
    return int(own) + int(foreign)


def was_promise_broken(connection: Connection, subscriber_id: int, before: datetime) -> bool:
    """Whether a counted mail that the terms did not allow came before. What was handed over here never is one."""
    broken = select(FOREIGN_MAIL.c.id).where(
        (FOREIGN_MAIL.c.subscriber_id == subscriber_id)
        & FOREIGN_MAIL.c.broken.is_(True)
        & (FOREIGN_MAIL.c.occurred_at <= before)
    )
    return connection.execute(broken.limit(1)).first() is not None


def is_under_way(connection: Connection, subscriber_id: int, topic_id: int | None = None) -> bool:
    """Whether a mail to this subscriber is being handed over now; with a topic, one with that topic in it.

    What was committed before a change of mind is not called back, and the page says so.
    """
    under_way = select(_D.id).where((_D.subscriber_id == subscriber_id) & (_D.state == State.HANDING_OVER.value))
    if topic_id is not None:
        under_way = under_way.where(_D.topic_id == topic_id)
    return connection.execute(under_way.limit(1)).first() is not None
