"""What readers read again: the web version of one mail, as it stands in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from preferences.decision import Reason
from preferences.delivery import State
from preferences.errors import NotFound
from preferences.expectation import Arrives, Terms
from preferences.store.expectations import terms_at
from preferences.store.tables import (
    CAMPAIGN_CONTENT,
    DECISION,
    DELIVERY,
    OBSERVATION,
)

_D, _C, _X = DELIVERY.c, CAMPAIGN_CONTENT.c, DECISION.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A campaign as one line: in a digest, or come along."""

    delivery_id: int
    topic_id: int | None
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMail:
    """One delivery as it can be read: of a campaign, or of a digest, whose `items` are what it carried.

    `terms` are those it was last decided under; None where nothing was decided yet.
    """

    id: int
    subscriber_id: int
    campaign_id: int | None
    revision: int
    rhythm: Arrives | None
    topic_id: int | None
    state: State
    reason: Reason
    scheduled_at: datetime
    items: tuple[Item, ...]
    terms: Terms | None


def mail_to_read(connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int) -> ReadMail:
    """The delivery of that number to that subscriber. Raises `NotFound`."""
    row = _delivery(connection, publication_id, subscriber_id, delivery_id)
    decided = select(_X.expectation_id).where((_X.delivery_id == delivery_id) & _X.expectation_id.is_not(None))
    expectation: int | None = connection.execute(decided.order_by(_X.id.desc()).limit(1)).scalar()
    terms = {} if expectation is None else terms_at(connection, publication_id, [expectation])
    return ReadMail(
        id=row["id"],
        subscriber_id=subscriber_id,
        campaign_id=row["campaign_id"],
        revision=row["revision"],
        rhythm=None if row["rhythm"] is None else Arrives(row["rhythm"]),
        topic_id=row["topic_id"],
        state=State(row["state"]),
        reason=Reason(row["reason"]),
        scheduled_at=row["scheduled_at"],
        items=_items(connection, delivery_id),
        terms=terms.get(expectation or 0),
    )


def _delivery(connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int) -> Mapping[Any, Any]:
    row = (
        connection.execute(
            select(DELIVERY).where(
                (_D.id == delivery_id) & (_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id)
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("there is no such mail any more")
    return row


def _items(connection: Connection, carrier_id: int) -> tuple[Item, ...]:
    carried = (
        select(_D.id.label("delivery_id"), _D.topic_id, _C.title, _C.subject, _C.summary)
        .join(CAMPAIGN_CONTENT, (_C.campaign_id == _D.campaign_id) & (_C.revision == _D.revision))
        .where(_D.carrier_id == carrier_id)
        .order_by(_D.id)
    )
    return tuple(
        Item(
            delivery_id=row["delivery_id"],
            topic_id=row["topic_id"],
            title=row["title"] or row["subject"],
            summary=row["summary"],
        )
        for row in connection.execute(carried).mappings()
    )


def observe_read(connection: Connection, publication_id: int, mail: ReadMail, now: datetime) -> None:
    """Append that somebody, or something, looked at it. It reaches no decision and no page of the subscriber."""
    connection.execute(
        insert(OBSERVATION).values(
            publication_id=publication_id,
            delivery_id=mail.id,
            campaign_id=mail.campaign_id,
            kind="read",
            occurred_at=now,
            recorded_at=now,
        )
    )
