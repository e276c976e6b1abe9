"""The preview: what a chosen subscriber would read, composed by the code that composes what is sent.

Only the links differ: in a preview they lead nowhere, so that nobody changes what a reader asked for by looking.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response
from werkzeug.wrappers import Response as Answer

from mailer.compose import CampaignContent, CompiledCampaign, Parts, Recipient, compile_campaign, notices
from preferences.address import parse_address
from preferences.asked import Asked, AskedTopic
from preferences.case import charged_topic
from preferences.count import count_of
from preferences.errors import Conflict, Invalid
from preferences.expectation import Terms
from preferences.history import EMPTY_HISTORY, History
from preferences.links import Claim, Kind, Purpose
from preferences.promise import clauses
from preferences.store.campaign_values import CampaignValues
from preferences.store.captured import Inbox
from preferences.store.expectations import terms_asked, terms_of
from preferences.store.histories import histories_of
from preferences.store.subscribers import SubscriberRow, subscriber, subscriber_at
from preferences.store.topics import TopicRow, topics
from preferences.urls import one_click_url, preferences_url, read_url, unsubscribe_url
from preferences.wording import count_line, plain, sentence, why_line
from webapp.console.campaigns import found
from webapp.console.desk import Desk, Pages
from webapp.pages.page import guarded

VIEWS = {"phone": "On a phone", "desktop": "On a desk", "text": "As text"}
# The mail stands in a frame that runs nothing and knows nothing of this site.
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-ancestors 'self'; sandbox"
)
_NOWHERE = "preview"
_TEST_ADDRESS = "test@example.org"


def add_routes(pages: Pages) -> None:
    """The preview, its frame, choosing a reader, and the test mail."""
    path = "campaigns/<campaign_id>/preview"
    pages.form(path, "preview", show, choose)
    pages.show(f"{path}/html", "preview_html", show_html)
    pages.post_outside(f"{path}/test", "test_send", show, send_test)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whoever the mail is shown for: a subscriber, or an example who expects its topics."""

    person: SubscriberRow | None
    terms: Terms
    history: History


def show(desk: Desk, campaign_id: str) -> Answer:
    """The mail in one of its views."""
    row = found(desk, campaign_id)
    view = desk.query.one("view", "phone")
    reader = _reader(desk, row.values)
    parts = _compiled(desk, row.values, _topic(desk, row.values, reader)).preview(_recipient(desk, row.values, reader))
    return desk.page(
        "preview.html",
        campaign=row,
        campaign_id=campaign_id,
        parts=parts,
        view=view if view in VIEWS else "phone",
        views=VIEWS,
        person=reader.person,
        person_id=None if reader.person is None else desk.id(Kind.SUBSCRIBER, reader.person.id),
        notices=[] if row.values.mjml is None else notices(row.values.mjml),
        may_test=_has_inbox(desk),
        was_sent=desk.query.one("sent") == "yes",
        octets=len(parts.html.encode()),
    )


def _has_inbox(desk: Desk) -> bool:
    return desk.site.is_sandbox or desk.site.settings.smtp is None


def _reader(desk: Desk, values: CampaignValues) -> Reader:
    """The subscriber in the address, or an example. Raises `NotFound`."""
    chosen = desk.query.one("as")
    if chosen:
        person = subscriber(desk.connection, desk.owner.id, desk.number(Kind.SUBSCRIBER, chosen))
        terms = terms_of(desk.connection, desk.owner.id, [person.id]).get(person.id)
        if terms is not None and person.address is not None:
            history = histories_of(desk.connection, [person.id], desk.now)[person.id]
            return Reader(person=person, terms=terms, history=history)
    asked = Asked(topics=tuple(AskedTopic(topic=slug) for slug in values.topics))
    example = terms_asked(desk.connection, desk.owner.id, asked, zone=desk.owner.zone)
    return Reader(person=None, terms=example, history=EMPTY_HISTORY)


def _topic(desk: Desk, values: CampaignValues, reader: Reader) -> TopicRow | None:
    """The topic that it would be charged to; for somebody who expects none of them, the first."""
    known = {topic.slug: topic for topic in topics(desk.connection, desk.owner.id)}
    named = [known[slug] for slug in values.topics if slug in known]
    charged = charged_topic(reader.terms, [topic.id for topic in named])
    return next((topic for topic in named if charged is None or topic.id == charged.topic), None)


def _compiled(desk: Desk, values: CampaignValues, topic: TopicRow | None) -> CompiledCampaign:
    owner = desk.owner
    return compile_campaign(
        CampaignContent(
            publication=owner.name,
            sender=values.sender or (topic and topic.sender) or owner.sender or "sender@example.org",
            postal_address=owner.postal_address or "-",
            language=owner.language,
            reply_to=values.reply_to or (topic and topic.reply_to) or owner.reply_to,
            list_id="preview.example.org",
            list_name=owner.name if topic is None else topic.name,
            feedback_id="preview",
            subject=values.subject,
            title=values.title or values.subject,
            mjml=values.mjml,
            markdown=values.markdown,
            text=values.text,
            preheader=values.preheader or None,
            summary=values.summary,
        )
    )


def _recipient(desk: Desk, values: CampaignValues, reader: Reader, token: str = _NOWHERE) -> Recipient:
    person, base = reader.person, desk.site.base_url
    topic = _topic(desk, values, reader)
    language = (person and person.language) or desk.owner.language
    names = {one.id: one.name for one in topics(desk.connection, desk.owner.id)}
    return Recipient(
        email=_TEST_ADDRESS,
        message_token=token,
        date=desk.now,
        name=(person.name or None) if person is not None else "Alex Example",
        fields={} if person is None else person.fields,
        language=language,
        promise=sentence(clauses(reader.terms, names, desk.now), language, plain),
        count_line=_count(reader, topic, desk, language),
        why="" if topic is None else why_line(topic.name, language=language),
        preferences_url=preferences_url(base, _NOWHERE),
        unsubscribe_url=unsubscribe_url(base, _NOWHERE),
        one_click_url=one_click_url(base, _NOWHERE),
        web_url=read_url(base, _NOWHERE),
    )


def _count(reader: Reader, topic: TopicRow | None, desk: Desk, language: str) -> str:
    """The count as it would be with this mail counted too."""
    count = count_of(reader.terms, reader.history, desk.now, topic=None if topic is None else topic.id)
    return "" if count is None else count_line(min(count.number + 1, count.cap.count), count.cap, language)


def show_html(desk: Desk, campaign_id: str) -> Response:
    """The HTML for the frame."""
    response = Response(_parts(desk, campaign_id).html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _FRAME_POLICY
    return guarded(response)


def _parts(desk: Desk, campaign_id: str) -> Parts:
    values = found(desk, campaign_id).values
    reader = _reader(desk, values)
    return _compiled(desk, values, _topic(desk, values, reader)).preview(_recipient(desk, values, reader))


def choose(desk: Desk, campaign_id: str) -> Answer:
    """See it as the subscriber at an address; no address stands in the address of a page."""
    person = subscriber_at(desk.connection, desk.owner.id, parse_address(desk.filled.one("email"), "email"))
    if person is None:
        raise Invalid.one("email", "nobody is subscribed at this address")
    return desk.see(f"campaigns/{campaign_id}/preview?as={desk.id(Kind.SUBSCRIBER, person.id)}")


def send_test(desk: Desk, campaign_id: str) -> Answer:
    """Put the mail into the test inbox, byte for byte as it would go out, to nobody. Raises `Conflict` without one."""
    if not _has_inbox(desk):
        raise Conflict("test mails go to the test inbox, which there is only while no mail server is set")
    values = found(desk, campaign_id).values
    reader = _reader(desk, values)
    claim = Claim(purpose=Purpose.MESSAGE, publication=desk.owner.id, subscriber=0)
    recipient = _recipient(desk, values, reader, desk.site.links.sign(claim))
    message = _compiled(desk, values, _topic(desk, values, reader)).render(recipient)
    Inbox(desk.site.database, desk.site.clock, desk.site.links).keep(message)
    chosen = desk.query.one("as")
    return desk.see(f"campaigns/{campaign_id}/preview?sent=yes" + (f"&as={chosen}" if chosen else ""))
