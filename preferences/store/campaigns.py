"""Campaigns: what a marketer wants to send, and its content as revisions. Its way through its states is in `schedules`.

Only drafts and paused campaigns change; a change of content is a new revision, for all that is still to come.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from preferences.delivery import CampaignStatus
from preferences.errors import Conflict, Invalid, NotFound
from preferences.look import Look
from preferences.store.campaign_values import CampaignValues, checked_campaign, named_topics
from preferences.store.contents import event_of, event_text
from preferences.store.events import By, record
from preferences.store.rows import inserted_key
from preferences.store.subscribers import Scalar
from preferences.store.tables import CAMPAIGN, CAMPAIGN_CONTENT, CAMPAIGN_TOPIC, TOPIC

CHANGEABLE = (CampaignStatus.DRAFT, CampaignStatus.PAUSED)
# Who is in the audience, and until when it may wait, was settled for everybody when it was planned.
_SETTLED = ("topics", "segment", "expires_at")
_CONTENT = ("subject", "preheader", "title", "summary", "mjml", "markdown", "text", "look", "event", "question")
_C, _V = CAMPAIGN.c, CAMPAIGN_CONTENT.c


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """A campaign as stored, with its newest content; `local_at` is a naive local time, each reader's own.

    `spread_minutes` is how long its send takes, None where it leaves at once.
    """

    id: int
    publication_id: int
    status: CampaignStatus
    values: CampaignValues
    scheduled_at: datetime | None
    local_at: datetime | None
    spread_minutes: int | None
    revision: int
    audience: int | None
    planned_at: datetime | None
    finished_at: datetime | None
    held_because: str | None
    created_at: datetime

    def refused(self, what: str) -> Conflict:
        """What to raise where its status does not allow something."""
        return Conflict(f"this campaign is {self.status.value}: it cannot be {what} now", existing=self.id)


def campaign(connection: Connection, publication_id: int, campaign_id: int) -> CampaignRow:
    """The campaign of that number in that publication. Raises `NotFound`."""
    found = _campaigns(connection, _rows(publication_id).where(_C.id == campaign_id))
    if not found:
        raise NotFound("there is no such campaign in this publication")
    return found[0]


def campaigns(connection: Connection, publication_id: int, limit: int, before: int | None = None) -> list[CampaignRow]:
    """At most `limit` campaigns of a publication, newest first, of those with a number below `before`."""
    chosen = _rows(publication_id).order_by(_C.id.desc()).limit(limit)
    return _campaigns(connection, chosen if before is None else chosen.where(_C.id < before))


def campaign_names(connection: Connection, campaign_ids: Collection[int]) -> dict[int, str]:
    """The names of these campaigns, by number."""
    rows = connection.execute(select(_C.id, _C.name).where(_C.id.in_(sorted(campaign_ids))))
    return {number: name for number, name in rows}  # noqa: C416 - rows are no pairs to a type checker


def drafts(connection: Connection, publication_id: int, limit: int) -> list[CampaignRow]:
    """At most `limit` drafts of a publication, oldest first."""
    is_draft = _C.status == CampaignStatus.DRAFT.value
    return _campaigns(connection, _rows(publication_id).where(is_draft).order_by(_C.id).limit(limit))


def _rows(publication_id: int) -> Select[Any]:
    content = [_V[name] for name in _CONTENT]
    return (
        select(CAMPAIGN, *content)
        .join(CAMPAIGN_CONTENT, (_V.campaign_id == _C.id) & (_V.revision == _C.revision))
        .where(_C.publication_id == publication_id)
    )


def _campaigns(connection: Connection, chosen: Select[Any]) -> list[CampaignRow]:
    rows = connection.execute(chosen).mappings().all()
    topics = _topic_slugs(connection, [row["id"] for row in rows])
    return [_row(row, topics.get(row["id"], ())) for row in rows]


def _topic_slugs(connection: Connection, campaign_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    of = CAMPAIGN_TOPIC.c
    found = connection.execute(
        select(of.campaign_id, TOPIC.c.slug)
        .join(TOPIC, TOPIC.c.id == of.topic_id)
        .where(of.campaign_id.in_(sorted(campaign_ids)))
        .order_by(of.campaign_id, of.position)
    )
    slugs: dict[int, tuple[str, ...]] = {}
    for campaign_id, slug in found:
        slugs[campaign_id] = (*slugs.get(campaign_id, ()), slug)
    return slugs


def _row(row: Mapping[Any, Any], topics: tuple[str, ...]) -> CampaignRow:
    values = {name: row[name] for name in _VALUES_PLAIN}
    values |= {"look": Look(row["look"]), "event": event_of(row["event"]), "segment": segment_of(row["segment"])}
    kept = {name: row[name] for name in _KEPT_PLAIN}
    return CampaignRow(
        **kept,
        status=CampaignStatus(row["status"]),
        local_at=None if row["local_at"] is None else datetime.fromisoformat(row["local_at"]),
        values=CampaignValues(**values, topics=topics),
    )


_READ = ("topics", "segment", "look", "event")
_VALUES_PLAIN = tuple(field.name for field in fields(CampaignValues) if field.name not in _READ)
_KEPT_PLAIN = tuple(field.name for field in fields(CampaignRow) if field.name not in ("status", "local_at", "values"))


def segment_of(text: str | None) -> Mapping[str, Scalar] | None:
    """A stored segment: the fields that a subscriber must have, and their values."""
    if text is None:
        return None
    segment: dict[str, Scalar] = json.loads(text)
    return segment


def _segment_text(segment: Mapping[str, Scalar] | None) -> str | None:
    return json.dumps(dict(segment), ensure_ascii=False, sort_keys=True, separators=(",", ":")) if segment else None


def create_campaign(connection: Connection, publication_id: int, values: CampaignValues, by: By, now: datetime) -> int:
    """Make a draft; answers its number. Raises `Invalid` with every wrong field."""
    checked = checked_campaign(values)
    topics = named_topics(connection, publication_id, checked.topics)
    result = connection.execute(
        insert(CAMPAIGN).values(
            publication_id=publication_id, status=CampaignStatus.DRAFT.value, created_at=now, **_columns(checked)
        )
    )
    campaign_id = inserted_key(result)
    _write_topics(connection, publication_id, campaign_id, topics)
    _write_content(connection, publication_id, campaign_id, 1, checked, by, now)
    record(connection, publication_id, "campaign_created", by, now, campaign_id=campaign_id)
    return campaign_id


def _columns(values: CampaignValues) -> dict[str, Any]:
    return {
        "name": values.name,
        "priority": values.priority,
        "expires_at": values.expires_at,
        "segment": _segment_text(values.segment),
        "sender": values.sender,
        "reply_to": values.reply_to,
    }


def _write_topics(connection: Connection, publication_id: int, campaign_id: int, topics: Collection[int]) -> None:
    connection.execute(CAMPAIGN_TOPIC.delete().where(CAMPAIGN_TOPIC.c.campaign_id == campaign_id))
    rows = [
        {"campaign_id": campaign_id, "topic_id": topic, "publication_id": publication_id, "position": position}
        for position, topic in enumerate(topics)
    ]
    connection.execute(insert(CAMPAIGN_TOPIC), rows)


def _write_content(
    connection: Connection,
    publication_id: int,
    campaign_id: int,
    revision: int,
    values: CampaignValues,
    by: By,
    now: datetime,
) -> None:
    content = {name: getattr(values, name) for name in _CONTENT}
    content |= {"look": values.look.value, "event": event_text(values.event)}
    connection.execute(
        insert(CAMPAIGN_CONTENT).values(
            publication_id=publication_id,
            campaign_id=campaign_id,
            revision=revision,
            made_by=by.made_by.value,
            recorded_at=now,
            **content,
        )
    )


def revised(found: CampaignRow, changes: Mapping[str, Any]) -> CampaignValues:
    """The values a campaign would have after these changes. Raises `Invalid` with every wrong field.

    Giving one of `mjml` and `markdown` takes the other away.
    """
    merged = dict(changes)
    for given, other in (("mjml", "markdown"), ("markdown", "mjml")):
        if merged.get(given) is not None:
            merged.setdefault(other, None)
    before = found.values
    if "title" not in merged and before.title == checked_campaign(replace(before, title="")).title:
        merged["title"] = ""  # it followed from the subject, and follows from the new one
    return checked_campaign(replace(before, **merged))


def revise_campaign(
    connection: Connection, publication_id: int, campaign_id: int, changes: Mapping[str, Any], by: By, now: datetime
) -> int:
    """Change a draft or a paused campaign; answers its revision, a new one where the content differs.

    Raises `Invalid`, and `Conflict` where its status does not allow it.
    """
    found = campaign(connection, publication_id, campaign_id)
    values = revised(found, changes)
    content_differs = any(getattr(values, name) != getattr(found.values, name) for name in _CONTENT)
    revision = found.revision + (1 if content_differs else 0)
    _check_settled(found, values)
    _write_revision(connection, found, values, revision)
    if values.topics != found.values.topics:
        topics = named_topics(connection, publication_id, values.topics)
        _write_topics(connection, publication_id, campaign_id, topics)
    if content_differs:
        _write_content(connection, publication_id, campaign_id, revision, values, by, now)
    changed = sorted(name for name in CampaignValues.__dataclass_fields__ if _differs(name, values, found.values))
    details = {"changed": changed, "revision": revision}
    record(connection, publication_id, "campaign_revised", by, now, campaign_id=campaign_id, details=details)
    return revision


def _differs(name: str, one: CampaignValues, other: CampaignValues) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _check_settled(found: CampaignRow, values: CampaignValues) -> None:
    if found.planned_at is None:
        return
    for name in _SETTLED:
        if _differs(name, values, found.values):
            raise Invalid.one(name, "its audience is settled since it began to be sent; make another campaign for this")


def _write_revision(connection: Connection, found: CampaignRow, values: CampaignValues, revision: int) -> None:
    """Guarded by status and revision, so that two who change it at once do not both succeed."""
    done = connection.execute(
        update(CAMPAIGN)
        .where((_C.id == found.id) & _C.status.in_(CHANGEABLE) & (_C.revision == found.revision))
        .values(revision=revision, **_columns(values))
    )
    if done.rowcount == 0:
        raise found.refused("changed")
