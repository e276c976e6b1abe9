"""A reader's own feed: what was decided *web* for them, and the link to it, of which there is one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from preferences.decision import Reason
from preferences.delivery import State
from preferences.store.changes import locked_subscriber
from preferences.store.events import By, record
from preferences.store.issues import Issue
from preferences.store.tables import CAMPAIGN_CONTENT, DELIVERY, SUBSCRIBER

_S, _D, _X = SUBSCRIBER.c, DELIVERY.c, CAMPAIGN_CONTENT.c
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOnly:
    """One text that a reader gets on the web and not by mail."""

    delivery_id: int
    issue: Issue


def feeds_since(connection: Connection, publication_id: int, subscriber_id: int) -> datetime:
    """When the link to their feed was issued: what is older is over. Whole seconds, as links have them."""
    here = (_S.id == subscriber_id) & (_S.publication_id == publication_id)
    at: datetime = connection.execute(select(func.coalesce(_S.feeds_since, _S.created_at)).where(here)).scalar_one()
    return at.replace(microsecond=0)


def renew_feed(connection: Connection, publication_id: int, subscriber_id: int, by: By, now: datetime) -> None:
    """End the link there is, and begin another; it is later than the old one even within the same second."""
    locked_subscriber(connection, publication_id, subscriber_id)
    before = feeds_since(connection, publication_id, subscriber_id)
    since = max(now.replace(microsecond=0), before + _SECOND)
    connection.execute(update(SUBSCRIBER).where(_S.id == subscriber_id).values(feeds_since=since))
    record(connection, publication_id, "feed_renewed", by, now, subscriber_id=subscriber_id)


def web_only(connection: Connection, publication_id: int, subscriber_id: int, limit: int = 30) -> list[WebOnly]:
    """What a subscriber reads on the web only, newest first; what they took out of a mail was read already."""
    theirs = (_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id)
    on_the_web = (_D.state == State.WEB.value) & (_D.reason == Reason.WEB_ONLY.value)
    chosen = (
        select(_D.id, _D.scheduled_at, _X.campaign_id, _X.revision, _X.title, _X.subject, _X.summary, _X.recorded_at)
        .join(CAMPAIGN_CONTENT, (_X.campaign_id == _D.campaign_id) & (_X.revision == _D.revision))
        .where(theirs & on_the_web)
        .order_by(_D.scheduled_at.desc(), _D.id.desc())
        .limit(limit)
    )
    return [
        WebOnly(
            delivery_id=row.id,
            issue=Issue(
                campaign_id=row.campaign_id,
                revision=row.revision,
                title=row.title or row.subject,
                summary=row.summary,
                scheduled_at=row.scheduled_at,
                changed_at=max(row.scheduled_at, row.recorded_at),
            ),
        )
        for row in connection.execute(chosen)
    ]
