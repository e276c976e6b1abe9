"""Decisions as they are to be made again: about deliveries, and about mails that other systems asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from preferences.audit import Recorded
from preferences.store.auditing.ledgers import REPORTED
from preferences.store.tables import CAMPAIGN, DECISION, DELIVERY, FOREIGN_MAIL, SUBSCRIBER

_ERASED = SUBSCRIBER.c.erased_at.is_not(None).label("is_erased")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionToMake:
    """One recorded decision, what it was about, and whether the person it was about is erased."""

    id: int
    subscriber: int
    name: str
    decided_at: datetime
    is_erased: bool
    recorded: Recorded


def decisions_after(connection: Connection, publication_id: int, after: int, limit: int) -> list[DecisionToMake]:
    """At most `limit` decisions about deliveries with numbers above `after`, in order."""
    rows = connection.execute(
        select(DECISION, DELIVERY.c.subscriber_id, DELIVERY.c.rhythm, DELIVERY.c.slot_on, CAMPAIGN.c.name, _ERASED)
        .join(DELIVERY, DELIVERY.c.id == DECISION.c.delivery_id)
        .join(SUBSCRIBER, SUBSCRIBER.c.id == DELIVERY.c.subscriber_id)
        .outerjoin(CAMPAIGN, CAMPAIGN.c.id == DELIVERY.c.campaign_id)
        .where((DECISION.c.publication_id == publication_id) & (DECISION.c.id > after))
        .order_by(DECISION.c.id)
        .limit(limit)
    ).mappings()
    return [
        DecisionToMake(
            id=row["id"],
            subscriber=row["subscriber_id"],
            name=f"decision {row['id']} about {_name(row)}",
            decided_at=row["decided_at"],
            is_erased=row["is_erased"],
            recorded=Recorded(opens_at=row["opens_at"], **_said(row)),
        )
        for row in rows
    ]


def _name(row: Mapping[Any, Any]) -> str:
    return f"the {row['rhythm']} digest of {row['slot_on']}" if row["name"] is None else f"campaign {row['name']!r}"


def decisions_elsewhere_after(
    connection: Connection, publication_id: int, after: int, limit: int
) -> list[DecisionToMake]:
    """At most `limit` decisions about mails that other systems asked for, with numbers above `after`, in order."""
    of = FOREIGN_MAIL.c
    rows = connection.execute(
        select(FOREIGN_MAIL, _ERASED)
        .join(SUBSCRIBER, SUBSCRIBER.c.id == of.subscriber_id)
        .where((of.publication_id == publication_id) & (of.state != REPORTED) & (of.id > after))
        .order_by(of.id)
        .limit(limit)
    ).mappings()
    return [
        DecisionToMake(
            id=row["id"],
            subscriber=row["subscriber_id"],
            name=f"the decision about mail {row['external_id'] or row['id']} of another system",
            decided_at=row["occurred_at"],
            is_erased=row["is_erased"],
            recorded=Recorded(opens_at=None, keeps_opening=False, **_said(row)),
        )
        for row in rows
    ]


def _said(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "outcome": row["outcome"],
        "reason": row["reason"],
        "topic": row["topic_id"],
        "expectation": row["expectation_id"],
        "evidence": row["evidence"],
        "basis": row["basis"],
    }
