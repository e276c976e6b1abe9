"""Kept promises of a publication, from the ledger: since when, and every one that was broken.

A promise is broken by a mail that came although the terms of its reader did not allow it. What leaves by itself is
decided by those terms; mails of other programs are held to the same terms when they are reported. What an audit found is
counted, too, where it was noted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from preferences.decision import Reason
from preferences.store.events import By, record
from preferences.store.foreign import COUNTS
from preferences.store.tables import CADENCE, CAMPAIGN, CAMPAIGN_TOPIC, EVENT, FOREIGN_MAIL, TOPIC
from preferences.store.topics import TopicRow, topics

AUDITED = "audited"
MOST_SHOWN = 50
_F, _C, _T = FOREIGN_MAIL.c, CAMPAIGN.c, CAMPAIGN_TOPIC.c


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPromise:
    """Mails of one instant that were not allowed for one reason: how many, and about which topics."""

    at: datetime
    reason: Reason
    topics: tuple[int, ...]
    mails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How long something was kept. `since` is the latest of: the promise was made, its first mail, the last broken one.

    None where nothing was sent under it yet. `weeks` are whole ones since then.
    """

    since: datetime | None
    weeks: int
    broken: int
    last_broken_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTopic:
    """What a topic promises now, and how long that was kept."""

    topic: TopicRow
    stated_at: datetime
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """The last audit that was noted: when, over how many mails, and how many promises it found broken."""

    at: datetime
    mails: int
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPromises:
    """All of a publication. `broken` are the newest; the numbers count all of them."""

    whole: Kept
    topics: tuple[KeptTopic, ...]
    broken: tuple[BrokenPromise, ...]
    audited: Audited | None


def kept_promises(connection: Connection, publication_id: int, now: datetime) -> KeptPromises:
    """How the promises of a publication were kept until now, in seven statements however many topics."""
    there = topics(connection, publication_id)
    first = _first_mails(connection, publication_id)
    stated = _stated(connection, publication_id)
    counted = _broken_counted(connection, publication_id)
    audited = _audited(connection, publication_id)
    by_topic = [
        KeptTopic(
            topic=topic,
            stated_at=stated[topic.id],
            kept=_kept(first.get(topic.id), stated[topic.id], [one for one in counted if topic.id in one.topics], now),
        )
        for topic in there
    ]
    begun = min(first.values(), default=None)
    return KeptPromises(
        whole=_with_audit(_kept(begun, begun, counted, now), audited, now),
        topics=tuple(by_topic),
        broken=_broken_newest(connection, publication_id),
        audited=audited,
    )


def _kept(first: datetime | None, stated_at: datetime | None, broken: Sequence[BrokenPromise], now: datetime) -> Kept:
    last = max((one.at for one in broken), default=None)
    since = None if first is None else max(one for one in (first, stated_at, last) if one is not None)
    return Kept(since=since, weeks=_weeks(since, now), broken=sum(one.mails for one in broken), last_broken_at=last)


def _weeks(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else max(0, (now - since) // timedelta(days=7))


def _with_audit(kept: Kept, audited: Audited | None, now: datetime) -> Kept:
    """What an audit found is broken, too; from when on, only the audit itself says for certain."""
    if audited is None or not audited.broken or kept.since is None:
        return kept
    since = max(kept.since, audited.at)
    return Kept(
        since=since, weeks=_weeks(since, now), broken=kept.broken + audited.broken, last_broken_at=kept.last_broken_at
    )


def _first_mails(connection: Connection, publication_id: int) -> dict[int, datetime]:
    """When each topic first wrote: by a campaign that was planned, or by a mail of another program that counts."""
    campaigns = (
        select(_T.topic_id, func.min(_C.scheduled_at))
        .join(CAMPAIGN, _C.id == _T.campaign_id)
        .where((_C.publication_id == publication_id) & _C.planned_at.is_not(None))
        .group_by(_T.topic_id)
    )
    foreign = (
        select(_F.occurred_at)
        .where(
            (_F.publication_id == publication_id)
            & (_F.topic_id == TOPIC.c.id)
            & _F.state.in_(sorted(state.value for state in COUNTS))
        )
        .order_by(_F.occurred_at)
        .limit(1)
        .scalar_subquery()
    )
    elsewhere = select(TOPIC.c.id, foreign).where(TOPIC.c.publication_id == publication_id)
    first: dict[int, datetime] = {}
    for statement in (campaigns, elsewhere):
        for topic, at in connection.execute(statement):
            if at is not None:
                first[topic] = min(first.get(topic, at), at)
    return first


def _stated(connection: Connection, publication_id: int) -> dict[int, datetime]:
    """When each topic stated what it promises now."""
    of = CADENCE.c
    newest = select(of.topic_id, func.max(of.version).label("version")).group_by(of.topic_id).subquery()
    rows = connection.execute(
        select(of.topic_id, of.occurred_at)
        .join(newest, (newest.c.topic_id == of.topic_id) & (newest.c.version == of.version))
        .where(of.publication_id == publication_id)
    )
    return {row.topic_id: row.occurred_at for row in rows}


def _broken_counted(connection: Connection, publication_id: int) -> list[BrokenPromise]:
    """All mails that were not allowed, gathered by topics, each with the newest of its instants."""
    return [
        _broken_promise(row)
        for row in connection.execute(
            select(
                func.max(_F.occurred_at).label("occurred_at"),
                func.min(_F.reason).label("reason"),
                _F.topic_id,
                _F.topics,
                func.count().label("mails"),
            )
            .where((_F.publication_id == publication_id) & _F.broken)
            .group_by(_F.topic_id, _F.topics)
        ).mappings()
    ]


def _broken_newest(connection: Connection, publication_id: int) -> tuple[BrokenPromise, ...]:
    """The newest of them, gathered by instant, reason and topics."""
    rows = connection.execute(
        select(_F.occurred_at, _F.reason, _F.topic_id, _F.topics, func.count().label("mails"))
        .where((_F.publication_id == publication_id) & _F.broken)
        .group_by(_F.occurred_at, _F.reason, _F.topic_id, _F.topics)
        .order_by(_F.occurred_at.desc(), _F.reason, _F.topics)
        .limit(MOST_SHOWN)
    ).mappings()
    return tuple(_broken_promise(row) for row in rows)


def _broken_promise(row: Mapping[Any, Any]) -> BrokenPromise:
    """Charged to one topic, or, where its reader expected none of them, to all that it named."""
    named: Iterable[int] = json.loads(row["topics"]) if row["topic_id"] is None else [row["topic_id"]]
    return BrokenPromise(at=row["occurred_at"], reason=Reason(row["reason"]), topics=tuple(named), mails=row["mails"])


def _audited(connection: Connection, publication_id: int) -> Audited | None:
    of = EVENT.c
    row = connection.execute(
        select(of.occurred_at, of.details)
        .where((of.publication_id == publication_id) & (of.kind == AUDITED) & of.subscriber_id.is_(None))
        .order_by(of.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    found = json.loads(row.details)
    return Audited(at=row.occurred_at, mails=found["mails"], broken=found["broken"])


def note_audit(connection: Connection, publication_id: int, *, mails: int, broken: int, by: By, now: datetime) -> None:
    """Note what an audit found, so that the page of kept promises says so."""
    record(connection, publication_id, AUDITED, by, now, details={"mails": mails, "broken": broken})
