"""What stands in feeds: an issue for nobody in particular, as an article."""

from __future__ import annotations

from functools import lru_cache

from mailer.compose import ComposeError, Envelope, Recipient, article, campaign_content, compile_campaign
from preferences.store.contents import ContentRow, content_of
from preferences.store.issues import Issue
from preferences.store.publications import PublicationRow
from preferences.store.transactions import Transaction


def envelope_of(sender: PublicationRow) -> Envelope:
    """What composing wants of every mail; of all of it a page shows the name and the postal address."""
    return Envelope(
        publication=sender.name,
        sender=sender.sender or "nobody@example.org",
        postal_address=sender.postal_address or "-",
        language=sender.language,
        list_id="campaign.web",
        list_name=sender.name,
        feedback_id="campaign",
    )


def article_of(connection: Transaction, sender: PublicationRow, found: Issue) -> str:
    """The issue as an article; empty where it is made for each reader, and there is no such thing as the issue."""
    content = content_of(connection, found.campaign_id, found.revision)
    return _article(envelope_of(sender), content, found)


@lru_cache(maxsize=256)
def _article(envelope: Envelope, content: ContentRow, found: Issue) -> str:
    reader = Recipient(email="nobody@example.org", message_token="web", date=found.scheduled_at)
    try:
        return article(compile_campaign(campaign_content(envelope, content)), reader)
    except ComposeError:
        return ""
