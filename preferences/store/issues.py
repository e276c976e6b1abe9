"""What everybody may read: the campaigns that have gone out to all who chose a topic, not to a segment of them.

What is paused or was ended is not among them, whoever may have had it already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from preferences.delivery import CampaignStatus
from preferences.errors import NotFound
from preferences.store.tables import CAMPAIGN, CAMPAIGN_CONTENT, CAMPAIGN_TOPIC, TOPIC_SAMPLE

_C, _X, _T, _S = CAMPAIGN.c, CAMPAIGN_CONTENT.c, CAMPAIGN_TOPIC.c, TOPIC_SAMPLE.c
_GONE_OUT = (CampaignStatus.SENDING.value, CampaignStatus.WAITING.value, CampaignStatus.FINISHED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One campaign as a line, and where its content stands. `changed_at` is when that was written or went out, the later.

    `local_on` is the local date it was meant for, where it was scheduled at a local time of each reader.
    """

    campaign_id: int
    revision: int
    title: str
    summary: str
    scheduled_at: datetime
    changed_at: datetime
    local_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """Issues of a topic, newest first; `since` is where the next page goes on, None where there is none."""

    issues: list[Issue]
    since: datetime | None


def latest_issues(connection: Connection, publication_id: int, topic_ids: Collection[int]) -> dict[int, Issue]:
    """The latest issue of each of these topics, by topic; a topic that has none yet is missing."""
    place = func.row_number().over(partition_by=_T.topic_id, order_by=(_C.scheduled_at.desc(), _C.id.desc()))
    numbered = (
        _issues(publication_id)
        .add_columns(_T.topic_id, place.label("place"))
        .join(CAMPAIGN_TOPIC, _T.campaign_id == _C.id)
        .where(_T.topic_id.in_(sorted(topic_ids)))
        .subquery()
    )
    rows = connection.execute(select(numbered).where(numbered.c.place == 1).order_by(numbered.c.topic_id)).mappings()
    return {row["topic_id"]: _issue(row) for row in rows}


def sample_issues(connection: Connection, publication_id: int, topic_ids: Collection[int]) -> dict[int, Issue]:
    """What each of these topics shows to whoever thinks of signing up: the issue that was chosen, else the latest."""
    chosen = (
        _issues(publication_id)
        .add_columns(_S.topic_id)
        .join(TOPIC_SAMPLE, _S.campaign_id == _C.id)
        .where(_S.topic_id.in_(sorted(topic_ids)))
        .order_by(_S.topic_id)
    )
    samples = {row["topic_id"]: _issue(row) for row in connection.execute(chosen).mappings()}
    rest = set(topic_ids) - set(samples)
    return {**(latest_issues(connection, publication_id, rest) if rest else {}), **samples}


def choose_sample(connection: Connection, publication_id: int, topic_id: int, campaign_id: int | None) -> None:
    """Show this issue to whoever thinks of signing up for the topic; None shows the latest. Raises `NotFound`."""
    connection.execute(delete(TOPIC_SAMPLE).where((_S.topic_id == topic_id) & (_S.publication_id == publication_id)))
    if campaign_id is None:
        return
    if topic_id not in topics_of(connection, publication_id, campaign_id):
        raise NotFound("there is no such issue of this topic")
    issue(connection, publication_id, campaign_id)
    values = {"topic_id": topic_id, "publication_id": publication_id, "campaign_id": campaign_id}
    connection.execute(insert(TOPIC_SAMPLE).values(**values))


def chosen_sample(connection: Connection, publication_id: int, topic_id: int) -> int | None:
    """The campaign that was chosen as the sample of a topic, None where none was."""
    here = (_S.topic_id == topic_id) & (_S.publication_id == publication_id)
    found: int | None = connection.execute(select(_S.campaign_id).where(here)).scalar()
    return found


def issue(connection: Connection, publication_id: int, campaign_id: int) -> Issue:
    """One of them. Raises `NotFound` for a campaign that has not gone out, or went to a segment."""
    row = connection.execute(_issues(publication_id).where(_C.id == campaign_id)).mappings().first()
    if row is None:
        raise NotFound("there is no such issue")
    return _issue(row)


def topics_of(connection: Connection, publication_id: int, campaign_id: int) -> list[int]:
    """The topics of a campaign, in its own order."""
    here = (_T.campaign_id == campaign_id) & (_T.publication_id == publication_id)
    return list(connection.execute(select(_T.topic_id).where(here).order_by(_T.position)).scalars())


def issue_page(
    connection: Connection, publication_id: int, topic_id: int, until: datetime | None = None, limit: int = 30
) -> IssuePage:
    """The newest issues of a topic, or the newest of those before `until`; what belongs to one instant stays together."""
    chosen = _of_topic(publication_id, topic_id).order_by(_C.scheduled_at.desc(), _C.id.desc()).limit(limit + 1)
    if until is not None:
        chosen = chosen.where(_C.scheduled_at < until)
    found = [_issue(row) for row in connection.execute(chosen).mappings()]
    if len(found) <= limit:
        return IssuePage(issues=found, since=None)
    whole = [one for one in found[:limit] if one.scheduled_at != found[limit].scheduled_at] or found[:limit]
    return IssuePage(issues=whole, since=whole[-1].scheduled_at)


def neighbours(
    connection: Connection, publication_id: int, topic_id: int, of: Issue
) -> tuple[Issue | None, Issue | None]:
    """The issue of a topic before this one and the one after it, None where there is none."""
    there = _of_topic(publication_id, topic_id)
    at, same = _C.scheduled_at, _C.scheduled_at == of.scheduled_at
    earlier = there.where((at < of.scheduled_at) | (same & (_C.id < of.campaign_id)))
    later = there.where((at > of.scheduled_at) | (same & (_C.id > of.campaign_id)))
    before = connection.execute(earlier.order_by(at.desc(), _C.id.desc()).limit(1)).mappings().first()
    after = connection.execute(later.order_by(at, _C.id).limit(1)).mappings().first()
    return None if before is None else _issue(before), None if after is None else _issue(after)


def _of_topic(publication_id: int, topic_id: int) -> Select[Any]:
    return _issues(publication_id).join(CAMPAIGN_TOPIC, (_T.campaign_id == _C.id) & (_T.topic_id == topic_id))


def _issues(publication_id: int) -> Select[Any]:
    return (
        select(_C.id, _C.revision, _C.scheduled_at, _C.local_at, _X.title, _X.subject, _X.summary, _X.recorded_at)
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
        changed_at=max(row["scheduled_at"], row["recorded_at"]),
        local_on=None if row["local_at"] is None else datetime.fromisoformat(row["local_at"]).date(),
    )
