"""What everybody may read: the campaigns that have gone out to all who chose a topic, not to a segment of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from preferences.delivery import CampaignStatus
from preferences.errors import NotFound
from preferences.store.tables import CAMPAIGN, CAMPAIGN_CONTENT, CAMPAIGN_TOPIC

_C, _X, _T = CAMPAIGN.c, CAMPAIGN_CONTENT.c, CAMPAIGN_TOPIC.c
_GONE_OUT = (CampaignStatus.SENDING.value, CampaignStatus.WAITING.value, CampaignStatus.FINISHED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One campaign as a line, and where its content stands."""

    campaign_id: int
    revision: int
    title: str
    summary: str
    scheduled_at: datetime


def latest_issues(connection: Connection, publication_id: int, topic_ids: Collection[int]) -> dict[int, Issue]:
    """The latest issue of each of these topics, by topic; a topic that has none yet is missing."""
    found = {}
    for topic_id in topic_ids:
        chosen = _issues(publication_id).join(CAMPAIGN_TOPIC, (_T.campaign_id == _C.id) & (_T.topic_id == topic_id))
        row = connection.execute(chosen.order_by(_C.scheduled_at.desc(), _C.id.desc()).limit(1)).mappings().first()
        if row is not None:
            found[topic_id] = _issue(row)
    return found


def issue(connection: Connection, publication_id: int, campaign_id: int) -> Issue:
    """One of them. Raises `NotFound` for a campaign that has not gone out, or went to a segment."""
    row = connection.execute(_issues(publication_id).where(_C.id == campaign_id)).mappings().first()
    if row is None:
        raise NotFound("there is no such issue")
    return _issue(row)


def _issues(publication_id: int) -> Select[Any]:
    return (
        select(_C.id, _C.revision, _C.scheduled_at, _X.title, _X.subject, _X.summary)
        .join(CAMPAIGN_CONTENT, (_X.campaign_id == _C.id) & (_X.revision == _C.revision))
        .where(
            (_C.publication_id == publication_id)
            & _C.status.in_(_GONE_OUT)
            & _C.planned_at.is_not(None)
            & _C.segment.is_(None)
        )
    )


def _issue(row: Mapping[Any, Any]) -> Issue:
    return Issue(
        campaign_id=row["id"],
        revision=row["revision"],
        title=row["title"] or row["subject"],
        summary=row["summary"],
        scheduled_at=row["scheduled_at"],
    )
