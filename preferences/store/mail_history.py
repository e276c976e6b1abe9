"""The mail history of a subscriber, from the ledger: what became of everything, page by page, newest first.

What was promised meanwhile, and what else came or did not, is read in `promised`; the whole story of one delivery in
`stories`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from preferences.campaign import ExpiryBasis
from preferences.decision import Decision, Outcome, Reason
from preferences.delivery import State
from preferences.expectation import Arrives
from preferences.store.away import IS_MISSED, Away
from preferences.store.evidence import evidence_of_text
from preferences.store.promised import broken_promises, promised_since
from preferences.store.tables import ATTEMPT, ATTEMPT_STANDS, CAMPAIGN_CONTENT, DECISION, DELIVERY

__all__ = [
    "HistoryEntry",
    "HistoryPage",
    "broken_promises",
    "history_page",
    "mail_history",
    "missed_between",
    "promised_since",
]

ON_A_PAGE = 50
_D, _C, _X = DELIVERY.c, CAMPAIGN_CONTENT.c, DECISION.c


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One delivery in a mail history, with its latest decision and when that was made; a digest has no title.

    `came_at` is when the mail it was in was handed over, None where none was. That mail is `carrier`, with its title
    or its rhythm, where it is not this one. `holds` is how much stands in a digest.
    """

    delivery_id: int
    title: str | None
    rhythm: Arrives | None
    state: State
    reason: Reason
    topic_id: int | None
    scheduled_at: datetime
    decided_at: datetime
    decision: Decision
    came_at: datetime | None = None
    carrier_title: str | None = None
    carrier_rhythm: Arrives | None = None
    holds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """The entries scheduled in `[since, until)`, newest first; `since` None goes back to the beginning."""

    entries: list[HistoryEntry]
    since: datetime | None
    until: datetime | None


def history_page(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    until: datetime | None = None,
    limit: int = ON_A_PAGE,
) -> HistoryPage:
    """The newest entries, or the newest of those scheduled before `until`; what belongs to one instant stays together."""
    chosen = _history(publication_id, subscriber_id).limit(limit + 1)
    if until is not None:
        chosen = chosen.where(_D.scheduled_at < until)
    found = _entries(connection, chosen)
    if len(found) <= limit:
        return HistoryPage(entries=found, since=None, until=until)
    entries = found[:limit]
    # The instant at which the page is cut begins the next one, unless it fills a whole page by itself.
    whole = [entry for entry in entries if entry.scheduled_at != found[limit].scheduled_at] or entries
    return HistoryPage(entries=whole, since=whole[-1].scheduled_at, until=until)


def mail_history(
    connection: Connection, publication_id: int, subscriber_id: int, limit: int = 200, delivery_id: int | None = None
) -> list[HistoryEntry]:
    """What became of everything meant for a subscriber, newest first; with a delivery, that one alone."""
    chosen = _history(publication_id, subscriber_id).limit(limit)
    return _entries(connection, chosen if delivery_id is None else chosen.where(_D.id == delivery_id))


def missed_between(connection: Connection, publication_id: int, subscriber_id: int, away: Away) -> list[HistoryEntry]:
    """What a pause kept away from a subscriber, newest first, at most 200."""
    within = (_D.scheduled_at >= away.since) & (_D.scheduled_at < away.until)
    return _entries(connection, _history(publication_id, subscriber_id).where(IS_MISSED & within).limit(200))


_OF_DELIVERY = ("id", "rhythm", "state", "reason", "scheduled_at", "expires_at", "expiry", "carrier_id")
_OF_DECISION = ("decided_at", "outcome", "reason", "topic_id", "opens_at", "evidence")


def _history(publication_id: int, subscriber_id: int) -> Select[Any]:
    later, carrier, carried = DECISION.alias(), DELIVERY.alias("carrier"), DELIVERY.alias("carried")
    its_content = CAMPAIGN_CONTENT.alias("carrier_content")
    latest = select(func.max(later.c.id)).where(later.c.delivery_id == _D.id).correlate(DELIVERY).scalar_subquery()
    holds = select(func.count()).where(carried.c.carrier_id == _D.id).correlate(DELIVERY).scalar_subquery()
    attempt = (ATTEMPT.c.delivery_id == func.coalesce(_D.carrier_id, _D.id)) & ATTEMPT_STANDS
    return (
        select(
            *(_D[name] for name in _OF_DELIVERY),
            *(_X[name].label(f"decided_{name}") for name in _OF_DECISION),
            func.coalesce(func.nullif(_C.title, ""), _C.subject).label("title"),
            func.coalesce(func.nullif(its_content.c.title, ""), its_content.c.subject).label("carrier_title"),
            carrier.c.rhythm.label("carrier_rhythm"),
            ATTEMPT.c.committed_at.label("came_at"),
            holds.label("holds"),
        )
        .select_from(DELIVERY)
        .join(DECISION, _X.id == latest)
        .outerjoin(CAMPAIGN_CONTENT, (_C.campaign_id == _D.campaign_id) & (_C.revision == _D.revision))
        .outerjoin(carrier, carrier.c.id == _D.carrier_id)
        .outerjoin(
            its_content,
            (its_content.c.campaign_id == carrier.c.campaign_id) & (its_content.c.revision == carrier.c.revision),
        )
        .outerjoin(ATTEMPT, attempt)
        .where((_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id))
        .order_by(_D.scheduled_at.desc(), _D.id.desc())
    )


def _entries(connection: Connection, chosen: Select[Any]) -> list[HistoryEntry]:
    return [_entry(row) for row in connection.execute(chosen).mappings()]


def _entry(row: Mapping[Any, Any]) -> HistoryEntry:
    return HistoryEntry(
        delivery_id=row["id"],
        title=row["title"],
        rhythm=_rhythm(row["rhythm"]),
        state=State(row["state"]),
        reason=Reason(row["reason"]),
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
            evidence=evidence_of_text(row["decided_evidence"]),
            carrier=row["carrier_id"],
        ),
        came_at=row["came_at"],
        carrier_title=row["carrier_title"],
        carrier_rhythm=_rhythm(row["carrier_rhythm"]),
        holds=row["holds"],
    )


def _rhythm(text: str | None) -> Arrives | None:
    return None if text is None else Arrives(text)
