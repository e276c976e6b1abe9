"""What a marketer wrote, as a campaign's content: the one place that knows which of its fields a mail is made of."""

from typing import Protocol

from mailer.compose.content import CampaignContent, Envelope
from preferences.look import EventCard, Look


class Written(Protocol):
    """What was written, wherever it is kept: a revision that is stored, or values that just came from a form."""

    @property
    def subject(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def preheader(self) -> str: ...
    @property
    def mjml(self) -> str | None: ...
    @property
    def markdown(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def look(self) -> Look: ...
    @property
    def event(self) -> EventCard | None: ...
    @property
    def question(self) -> str: ...


def campaign_content(envelope: Envelope, written: Written) -> CampaignContent:
    """What a campaign's mail is compiled from; without a title of its own it is called by its subject."""
    return CampaignContent(
        publication=envelope.publication,
        sender=envelope.sender,
        postal_address=envelope.postal_address,
        language=envelope.language,
        reply_to=envelope.reply_to,
        list_id=envelope.list_id,
        list_name=envelope.list_name,
        feedback_id=envelope.feedback_id,
        appearance=envelope.appearance,
        logo_url=envelope.logo_url,
        subject=written.subject,
        title=written.title or written.subject,
        mjml=written.mjml,
        markdown=written.markdown,
        text=written.text,
        look=written.look,
        event=written.event,
        preheader=written.preheader or None,
        summary=written.summary,
        question=written.question,
    )
