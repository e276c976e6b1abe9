"""What mails are made of, read once for each revision: content, sender, topics."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from preferences.errors import NotFound
from preferences.look import EventCard, Look
from preferences.store.publications import PublicationRow, publication
from preferences.store.tables import CAMPAIGN, CAMPAIGN_CONTENT
from preferences.store.topics import TopicRow, topics


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRow:
    """One revision of a campaign's content, with the campaign's own sender and reply-to where it has them."""

    campaign_id: int
    revision: int
    subject: str
    preheader: str
    title: str
    summary: str
    mjml: str | None
    markdown: str | None
    text: str | None
    look: Look
    event: EventCard | None
    question: str
    sender: str | None
    reply_to: str | None


_CONTENT = (
    "campaign_id",
    "revision",
    "subject",
    "preheader",
    "title",
    "summary",
    "mjml",
    "markdown",
    "text",
    "look",
    "event",
    "question",
)


def content_of(connection: Connection, campaign_id: int, revision: int) -> ContentRow:
    """The content of one revision. Raises `NotFound`."""
    row = (
        connection.execute(
            select(*(CAMPAIGN_CONTENT.c[name] for name in _CONTENT), CAMPAIGN.c.sender, CAMPAIGN.c.reply_to)
            .join(CAMPAIGN, CAMPAIGN.c.id == CAMPAIGN_CONTENT.c.campaign_id)
            .where((CAMPAIGN_CONTENT.c.campaign_id == campaign_id) & (CAMPAIGN_CONTENT.c.revision == revision))
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(f"campaign {campaign_id} has no revision {revision}")
    return ContentRow(**{**row, "look": Look(row["look"]), "event": event_of(row["event"])})


def event_of(text: str | None) -> EventCard | None:
    """A stored card of an event."""
    return None if text is None else EventCard(**json.loads(text))


def event_text(event: EventCard | None) -> str | None:
    """The card of an event, as it is stored."""
    return None if event is None else json.dumps(asdict(event), ensure_ascii=False, sort_keys=True)


def publication_and_topics(connection: Connection, publication_id: int) -> tuple[PublicationRow, dict[int, TopicRow]]:
    """A publication and its topics by number."""
    return publication(connection, publication_id), {topic.id: topic for topic in topics(connection, publication_id)}
