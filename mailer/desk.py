"""The desk at which one group of mails is written: what each reader is told, and what travels with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mailer.compose import (
    AlongItem,
    CampaignContent,
    CompiledCampaign,
    CompiledDigest,
    DigestContent,
    Envelope,
    Message,
    Note,
    Recipient,
    TemplateError,
)
from mailer.compose import campaign_content as written_content
from mailer.compose.errors import NotDeliverableHere
from mailer.notes import NOTHING_ELSE, Occasions
from mailer.office import Office
from mailer.phrases import Phrases, TopicNames
from preferences.calendar import local_date
from preferences.count import count_of
from preferences.expectation import Arrives
from preferences.links import Claim, Purpose
from preferences.links.of_mail import MailTokens
from preferences.store.contents import ContentRow
from preferences.store.hand_overs import HandOver, Line
from preferences.store.publications import PublicationRow
from preferences.store.subscribers import IMPORTED
from preferences.store.topics import TopicRow
from preferences.urls import MailLinks, away_url, logo_url, mail_links, read_url, vote_url
from preferences.vote import Vote
from preferences.wording import why_carried_line


@dataclass(frozen=True, slots=True)
class Desk:
    """Publication and topics as they are now, and where content and compiled templates come from."""

    office: Office
    publication: PublicationRow
    topics: Mapping[int, TopicRow]
    content: Callable[[int, int], ContentRow]
    compiled: Callable[[PublicationRow, TopicRow | None, int, int], CompiledCampaign]
    digest: Callable[[PublicationRow, Arrives | None], CompiledDigest]
    occasions: Occasions = NOTHING_ELSE
    phrases: Phrases = field(default_factory=Phrases)
    _of_group: dict[tuple[int | None, int, int], CompiledCampaign] = field(default_factory=dict, init=False)
    _names: TopicNames = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_names", self.phrases.names({number: topic.name for number, topic in self.topics.items()})
        )

    def message(self, mail: HandOver) -> Message:
        """The finished message, signed. Raises `TemplateError`, `RenderError` and `NotDeliverableHere`."""
        return self.office.signed(self._message(mail))

    def _message(self, mail: HandOver) -> Message:
        recipient = self.recipient(mail)
        if mail.campaign_id is None:
            return self._digest(mail, recipient)
        return self._compiled(mail.topic_id, mail.campaign_id, mail.revision).render(recipient)

    def _compiled(self, topic_id: int | None, campaign_id: int, revision: int) -> CompiledCampaign:
        """What was compiled for this publication and topic as they are now; they change with the desk only."""
        key = (topic_id, campaign_id, revision)
        found = self._of_group.get(key)
        if found is None:
            topic = self.topics.get(topic_id or 0)
            found = self._of_group[key] = self.compiled(self.publication, topic, campaign_id, revision)
        return found

    def _digest(self, mail: HandOver, recipient: Recipient) -> Message:
        return self.digest(self.publication, mail.rhythm).render(recipient, self._lines(mail, mail.items))

    def recipient(self, mail: HandOver) -> Recipient:
        """Everything that is said to this reader only."""
        if not self.publication.sender or not self.publication.postal_address:
            raise TemplateError("the publication has no sender or no postal address", line=None, part="sender")
        person = mail.subscriber
        if person.address is None:
            raise NotDeliverableHere("the address was erased")
        language = person.language or self.publication.language
        count = count_of(mail.terms, mail.history, mail.committed_at, topic=mail.topic_id, rhythm=mail.rhythm)
        tokens = self._tokens(mail)
        links = self._links(tokens)
        return Recipient(
            email=person.address,
            name=person.name or None,
            fields=person.fields,
            language=language,
            date=mail.committed_at,
            message_token=tokens.message,
            promise=self.phrases.promise(mail.terms, self._names, mail.committed_at, language),
            count_line="" if count is None else self.phrases.count(count, language),
            why=self._why(mail, language),
            **links,
            votes=self._votes(mail, tokens.read),
            notes=self._notes(mail, language, links, tokens) if self.occasions.is_there_for(person.id) else (),
            along=self._lines(mail, mail.lines) if mail.lines else (),
            return_domain=self.office.return_domain,
        )

    def _votes(self, mail: HandOver, read: str) -> dict[Vote, str]:
        """Where the three votes are, in a mail that was drawn for them."""
        if mail.vote_share is None:
            return {}
        return {said: vote_url(self.office.base_url, read, said) for said in Vote}

    def _notes(self, mail: HandOver, language: str, links: MailLinks, tokens: MailTokens) -> tuple[Note, ...]:
        missed = away_url(self.office.base_url, tokens.preferences)
        return self.occasions.notes(mail, self.topics, language, choose=links["preferences_url"], missed=missed)

    def _links(self, tokens: MailTokens) -> MailLinks:
        return mail_links(
            self.office.base_url,
            preferences=tokens.preferences,
            unsubscribe=tokens.unsubscribe,
            one_click=tokens.one_click,
            read=tokens.read,
        )

    def _why(self, mail: HandOver, language: str) -> str:
        if mail.topic_id is not None and mail.subscriber.source != IMPORTED:
            return self.phrases.why((self.topics[mail.topic_id].name,), Arrives.EACH, language)
        numbers = [item.topic_id for item in mail.items] if mail.topic_id is None else [mail.topic_id]
        names = sorted({self.topics[number].name for number in numbers if number is not None})
        if _is_first_of_carried(mail):
            return self._why_carried(mail, names, language)
        arrives = Arrives.EACH if mail.topic_id is not None else mail.rhythm or Arrives.WEEKLY
        return self.phrases.why(tuple(names), arrives, language)

    def _why_carried(self, mail: HandOver, names: Sequence[str], language: str) -> str:
        zone = mail.terms.zone
        return why_carried_line(
            *names,
            publication=self.publication.name,
            since=local_date(zone, mail.subscriber.confirmed_at or mail.subscriber.created_at),
            today=local_date(zone, mail.committed_at),
            language=language,
        )

    def _lines(self, mail: HandOver, lines: Sequence[Line]) -> tuple[AlongItem, ...]:
        return tuple(self._line(mail, line) for line in lines)

    def _line(self, mail: HandOver, line: Line) -> AlongItem:
        content = self.content(line.campaign_id, line.revision)
        claim = Claim(
            purpose=Purpose.READ,
            publication=mail.publication_id,
            subscriber=mail.subscriber.id,
            delivery=line.delivery_id,
            issued_at=mail.committed_at,
        )
        topic = self.topics.get(line.topic_id or 0)
        return AlongItem(
            title=content.title or content.subject,
            summary=content.summary,
            url=read_url(self.office.base_url, self.office.links.sign(claim)),
            topic_name="" if topic is None else topic.name,
        )

    def _tokens(self, mail: HandOver) -> MailTokens:
        return self.office.signer.tokens(
            publication=mail.publication_id,
            subscriber=mail.subscriber.id,
            delivery=mail.delivery_id,
            topic=mail.topic_id,
            issued_at=mail.committed_at,
        )


def _is_first_of_carried(mail: HandOver) -> bool:
    """Whether nothing but this mail is counted for somebody who was carried over from another system."""
    if mail.subscriber.source != IMPORTED:
        return False
    counted = [mail.history.total, *mail.history.along.values()]
    return {at for instants in counted for at in instants} == {mail.committed_at}


def campaign_content(
    publication: PublicationRow, topic: TopicRow | None, content: ContentRow, list_host: str, base_url: str
) -> CampaignContent:
    """What a campaign's mail is compiled from; sender and reply-to are the campaign's, the topic's, the publication's."""
    sender = content.sender or (topic and topic.sender) or publication.sender or ""
    reply_to = content.reply_to or (topic and topic.reply_to) or publication.reply_to
    number = 0 if topic is None else topic.id
    envelope = Envelope(
        publication=publication.name,
        sender=sender,
        postal_address=publication.postal_address or "",
        language=publication.language,
        reply_to=reply_to,
        list_id=f"t{number}.{list_host}",
        list_name=publication.name if topic is None else topic.name,
        feedback_id=f"c{content.campaign_id}:t{number}:p{publication.id}:news",
        appearance=publication.appearance,
        logo_url=logo_url(base_url, publication.slug, publication.appearance),
    )
    return written_content(envelope, content)


def digest_content(publication: PublicationRow, rhythm: Arrives | None, list_host: str, base_url: str) -> DigestContent:
    """What a digest's mail is compiled from."""
    name = rhythm.value if rhythm is not None else "digest"
    return DigestContent(
        publication=publication.name,
        sender=publication.sender or "",
        postal_address=publication.postal_address or "",
        language=publication.language,
        reply_to=publication.reply_to,
        list_id=f"{name}.p{publication.id}.{list_host}",
        list_name=publication.name,
        feedback_id=f"{name}:p{publication.id}:digest:news",
        appearance=publication.appearance,
        logo_url=logo_url(base_url, publication.slug, publication.appearance),
        title=publication.name,
        rhythm="" if rhythm is None else rhythm.value,
    )
