"""The mail history of a subscriber, from the ledger: what was promised since when, and what became of everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from preferences.cadence import Cap, Period, Whose
from preferences.campaign import ExpiryBasis
from preferences.decision import Decision, Evidence, Outcome, Reason
from preferences.delivery import State
from preferences.expectation import Arrives, Terms
from preferences.store.expectations import terms_at
from preferences.store.tables import CAMPAIGN_CONTENT, DECISION, DELIVERY, EXPECTATION, FOREIGN_MAIL

_D, _C, _X = DELIVERY.c, CAMPAIGN_CONTENT.c, DECISION.c


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One delivery in a mail history, with its latest decision and when that was made; a digest has no title."""

    delivery_id: int
    title: str | None
    rhythm: Arrives | None
    state: State
    topic_id: int | None
    scheduled_at: datetime
    decided_at: datetime
    decision: Decision


def mail_history(
    connection: Connection, publication_id: int, subscriber_id: int, limit: int = 200, delivery_id: int | None = None
) -> list[HistoryEntry]:
    """What became of everything meant for a subscriber, newest first; with a delivery, that one alone."""
    later = DECISION.alias()
    latest = select(func.max(later.c.id)).where(later.c.delivery_id == _D.id).correlate(DELIVERY).scalar_subquery()
    chosen = (
        select(
            *(_D[name] for name in _OF_DELIVERY),
            *(_X[name].label(f"decided_{name}") for name in _OF_DECISION),
            _C.title,
            _C.subject,
        )
        .select_from(DELIVERY)
        .join(DECISION, _X.id == latest)
        .outerjoin(CAMPAIGN_CONTENT, (_C.campaign_id == _D.campaign_id) & (_C.revision == _D.revision))
        .where((_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id))
        .order_by(_D.scheduled_at.desc(), _D.id.desc())
        .limit(limit)
    )
    if delivery_id is not None:
        chosen = chosen.where(_D.id == delivery_id)
    return [_entry(row) for row in connection.execute(chosen).mappings()]


_OF_DELIVERY = ("id", "rhythm", "state", "scheduled_at", "expires_at", "expiry", "carrier_id")
_OF_DECISION = ("decided_at", "outcome", "reason", "topic_id", "opens_at", "evidence")


def _entry(row: Mapping[Any, Any]) -> HistoryEntry:
    return HistoryEntry(
        delivery_id=row["id"],
        title=row["title"] or row["subject"],
        rhythm=None if row["rhythm"] is None else Arrives(row["rhythm"]),
        state=State(row["state"]),
        topic_id=row["decided_topic_id"],
        scheduled_at=row["scheduled_at"],
        decided_at=row["decided_decided_at"],
        decision=Decision(
            outcome=Outcome(row["decided_outcome"]),
            reason=Reason(row["decided_reason"]),
            topic=row["decided_topic_id"],
            expires_at=row["expires_at"],
            expiry=ExpiryBasis(row["expiry"]),
            opens_at=row["decided_opens_at"],
            evidence=evidence_from_text(row["decided_evidence"]),
            carrier=row["carrier_id"],
        ),
    )


def evidence_from_text(text: str | None) -> Evidence | None:
    """Evidence as it was stored beside a decision."""
    if text is None:
        return None
    stored = json.loads(text)
    return Evidence(
        whose=Whose(stored["whose"]),
        cap=Cap(count=stored["count"], per=Period(stored["per"])),
        counted=stored["counted"],
        calendar=stored["calendar"],
        since=datetime.fromisoformat(stored["since"]),
        until=datetime.fromisoformat(stored["until"]),
    )


def promised_since(
    connection: Connection, publication_id: int, subscriber_id: int, limit: int = 20
) -> list[tuple[datetime, datetime | None, Terms]]:
    """What was expected since when and until when, newest first; None is still in force."""
    chosen = (
        select(EXPECTATION.c.id, EXPECTATION.c.since, EXPECTATION.c.until)
        .where((EXPECTATION.c.publication_id == publication_id) & (EXPECTATION.c.subscriber_id == subscriber_id))
        .order_by(EXPECTATION.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(chosen).all()
    terms = terms_at(connection, publication_id, [row.id for row in rows])
    return [(row.since, row.until, terms[row.id]) for row in rows]


def broken_promises(connection: Connection, publication_id: int, subscriber_id: int, limit: int = 50) -> list[datetime]:
    """When a mail came that the terms did not allow, newest first; only other systems can send one."""
    chosen = (
        select(FOREIGN_MAIL.c.occurred_at)
        .where(
            (FOREIGN_MAIL.c.publication_id == publication_id)
            & (FOREIGN_MAIL.c.subscriber_id == subscriber_id)
            & FOREIGN_MAIL.c.broken.is_(True)
        )
        .order_by(FOREIGN_MAIL.c.occurred_at.desc())
        .limit(limit)
    )
    return list(connection.execute(chosen).scalars())
