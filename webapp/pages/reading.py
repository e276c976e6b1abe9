"""The web version of a mail: composed as the mail was, for whoever holds its link."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from mailer.compose import (
    AlongItem,
    ComposeError,
    DigestContent,
    Envelope,
    Recipient,
    campaign_content,
    compile_campaign,
    compile_digest,
)
from preferences.errors import NotFound
from preferences.expectation import Arrives
from preferences.links import Purpose, Right
from preferences.promise import clauses
from preferences.store.contents import content_of
from preferences.store.database import DatabaseAway
from preferences.store.reads import ReadMail, mail_to_read, observe_read
from preferences.store.topics import TopicRow, topics
from preferences.store.transactions import Transaction
from preferences.urls import preferences_url, read_url, unsubscribe_url
from preferences.wording import plain, sentence, why_line
from webapp.pages.access import Visit, sibling, visit
from webapp.pages.page import mail_page, render
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/r/<token>`."""
    pages.add_url_rule("/r/<token>", "read", partial(show, site), strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The mail that the link names, as its reader had or would have had it."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, Purpose.READ)
        if not seen.may(Right.READ_MAIL) or seen.claim.delivery is None:
            raise NotFound("this link names no mail")
        mail = mail_to_read(connection, seen.publication.id, seen.person.id, seen.claim.delivery)
        known = {topic.id: topic for topic in topics(connection, seen.publication.id)}
        try:
            html = _html(site, connection, seen, mail, known)
        except ComposeError:
            return render("sorry.html", 500, title="This cannot be shown", said="This mail cannot be shown.",
                          advice="Please tell its sender.")  # fmt: skip
    if request.method == "GET":
        _observe(site, seen, mail)
    return mail_page(html)


def _observe(site: Site, seen: Visit, mail: ReadMail) -> None:
    """A read is noted where that can be done; who reads never waits for it, and never hears that it failed."""
    try:
        with site.database.write() as connection:
            observe_read(connection, seen.publication.id, mail, seen.now)
    except DatabaseAway:
        return


def _html(site: Site, connection: Transaction, seen: Visit, mail: ReadMail, known: dict[int, TopicRow]) -> str:
    recipient = _recipient(site, seen, mail, known)
    if mail.campaign_id is None:
        return compile_digest(_digest(seen, mail)).preview(recipient, _lines(site, seen, mail, known)).html
    content = content_of(connection, mail.campaign_id, mail.revision)
    compiled = compile_campaign(campaign_content(Envelope(**_envelope(seen, "campaign")), content))
    return compiled.preview(recipient).html


def _envelope(seen: Visit, name: str) -> dict[str, Any]:
    """What composing wants of every mail; of all of it a page shows the name and the postal address."""
    return {
        "publication": seen.publication.name,
        "sender": seen.publication.sender or "nobody@example.org",
        "postal_address": seen.publication.postal_address or "-",
        "language": seen.publication.language,
        "list_id": f"{name}.web",
        "list_name": seen.publication.name,
        "feedback_id": name,
    }


def _digest(seen: Visit, mail: ReadMail) -> DigestContent:
    rhythm = Arrives.WEEKLY if mail.rhythm is None else mail.rhythm
    return DigestContent(**_envelope(seen, rhythm.value), title=seen.publication.name, rhythm=rhythm.value)


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
        why="" if topic is None else why_line(topic.name, language=language),
        preferences_url=preferences_url(site.base_url, sibling(site, seen, Purpose.PREFERENCES)),
        unsubscribe_url=unsubscribe_url(site.base_url, sibling(site, seen, Purpose.UNSUBSCRIBE)),
        along=() if mail.campaign_id is None else _lines(site, seen, mail, known),
    )
