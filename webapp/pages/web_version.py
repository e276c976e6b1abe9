"""The web version of a mail: composed as the mail was, with the same content, promise and lines."""

from __future__ import annotations

from typing import Any

from mailer.compose import (
    AlongItem,
    DigestContent,
    Envelope,
    Recipient,
    campaign_content,
    compile_campaign,
    compile_digest,
)
from preferences.errors import NotFound
from preferences.expectation import Arrives
from preferences.links import Purpose
from preferences.promise import clauses
from preferences.store.contents import ContentRow
from preferences.store.reads import ReadMail
from preferences.store.topics import TopicRow
from preferences.urls import logo_url, preferences_url, read_url, unsubscribe_url
from preferences.wording import plain, sentence, why_line
from webapp.pages.access import Visit, sibling
from webapp.site import Site


def web_version(site: Site, seen: Visit, mail: ReadMail, content: ContentRow | None, known: dict[int, TopicRow]) -> str:
    """The HTML of a mail as its reader had or would have had it; `content` is a campaign's, None a digest's.

    Raises `ComposeError` for what cannot be made for this reader, `NotFound` for a digest in which nothing stands.
    """
    recipient = _recipient(site, seen, mail, known)
    if content is not None:
        compiled = compile_campaign(campaign_content(Envelope(**_envelope(site, seen, "campaign")), content))
        return compiled.preview(recipient).html
    if not mail.items:
        raise NotFound("nothing stands in this mail any more")
    return compile_digest(_digest(site, seen, mail)).preview(recipient, _lines(site, seen, mail, known)).html


def _envelope(site: Site, seen: Visit, name: str) -> dict[str, Any]:
    """What composing wants of every mail; of all of it a page shows the name and the postal address."""
    return {
        "publication": seen.publication.name,
        "sender": seen.publication.sender or "nobody@example.org",
        "postal_address": seen.publication.postal_address or "-",
        "language": seen.publication.language,
        "appearance": seen.publication.appearance,
        "logo_url": logo_url(site.base_url, seen.publication.slug, seen.publication.appearance),
        "list_id": f"{name}.web",
        "list_name": seen.publication.name,
        "feedback_id": name,
    }


def _digest(site: Site, seen: Visit, mail: ReadMail) -> DigestContent:
    rhythm = Arrives.WEEKLY if mail.rhythm is None else mail.rhythm
    return DigestContent(**_envelope(site, seen, rhythm.value), title=seen.publication.name, rhythm=rhythm.value)


def _lines(site: Site, seen: Visit, mail: ReadMail, known: dict[int, TopicRow]) -> tuple[AlongItem, ...]:
    return tuple(
        AlongItem(
            title=item.title,
            summary=item.summary,
            url=read_url(site.base_url, sibling(site, seen, Purpose.READ, item.delivery_id)),
            topic_name="" if item.topic_id is None else known[item.topic_id].name,
        )
        for item in mail.items
    )


def _recipient(site: Site, seen: Visit, mail: ReadMail, known: dict[int, TopicRow]) -> Recipient:
    language = seen.person.language or seen.publication.language
    names = {number: topic.name for number, topic in known.items()}
    promise = "" if mail.terms is None else sentence(clauses(mail.terms, names, mail.scheduled_at), language, plain)
    topic = None if mail.topic_id is None else known.get(mail.topic_id)
    return Recipient(
        email="nobody@example.org",
        message_token="web",
        date=mail.scheduled_at,
        name=seen.person.name or None,
        fields=seen.person.fields,
        language=language,
        promise=promise or "-",
        why="" if topic is None else why_line(topic.name, arrives=_arrives(mail), language=language),
        preferences_url=preferences_url(site.base_url, sibling(site, seen, Purpose.PREFERENCES)),
        unsubscribe_url=unsubscribe_url(site.base_url, sibling(site, seen, Purpose.UNSUBSCRIBE)),
        may_reply=False,
        along=() if mail.campaign_id is None else _lines(site, seen, mail, known),
    )


def _arrives(mail: ReadMail) -> Arrives:
    """How its topic was to come when it was last decided about."""
    topic = None if mail.terms is None else mail.terms.topics.get(mail.topic_id or 0)
    return Arrives.EACH if topic is None else topic.arrives
