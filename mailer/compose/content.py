"""The values that go into composing and the one that comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from preferences.appearance import HOUSE, Appearance
from preferences.look import EventCard, Look
from preferences.vote import Vote

Scalar = str | int | float | bool | None


# Between the pieces that one mail has for itself: no half of a line end is completed by it, and each begins a line.
OWN = b"\r\n"


class MailClass(Enum):
    """What kind of mail it is; it decides which list and automatic headers the mail carries."""

    CAMPAIGN = "campaign"
    DIGEST = "digest"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every mail of one publication states about its sender.

    `sender` is `Name <address>` or an address, `reply_to` the same, of a person's mailbox. `postal_address` may
    have several lines. `list_id` is what stands between the angle brackets of List-Id. `logo_url` is on our own site;
    empty shows no logo.
    """

    publication: str
    sender: str
    postal_address: str
    language: str = "en"
    reply_to: str | None = None
    list_id: str | None = None
    list_name: str | None = None
    feedback_id: str | None = None
    appearance: Appearance = HOUSE
    logo_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignContent(Envelope):
    """One revision of what a marketer wrote: exactly one of `mjml` and `markdown`; `text` None is made from the HTML.

    `look` is how Markdown is set; the one of an event shows `event` before the text. `question` is plain text, in one
    line; it stands below the mail of a reader who has an `answer_url`.
    """

    subject: str
    title: str
    mjml: str | None = None
    markdown: str | None = None
    text: str | None = None
    preheader: str | None = None
    summary: str = ""
    look: Look = Look.LETTER
    event: EventCard | None = None
    question: str = ""
    mail_class: MailClass = MailClass.CAMPAIGN


@dataclass(frozen=True, slots=True, kw_only=True)
class AlongItem:
    """One campaign as a line: in a mail it travels with, or in a digest."""

    title: str
    summary: str
    url: str
    topic_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A finished sentence to one reader, below what they came to read, and where it leads."""

    says: str
    label: str
    url: str


# Not frozen, and never changed: one is made for each mail, and a frozen one takes three times as long to be made.
@dataclass(slots=True, kw_only=True)
class Recipient:
    """One reader of one mail, with everything that is said to this reader only.

    `promise`, `count_line` and `why` are finished sentences. `one_click_url` is what List-Unsubscribe carries and is
    the page `unsubscribe_url` unless given. `message_token` goes into Message-ID and, where `return_domain` is
    given, into the return path. `date` is aware. The two links may be None in service mail only.

    `may_reply` is false on the web. `history_url` says why this mail came; `votes` is empty where this reader is not
    asked for one; `notes` come in the
    order in which they are read.
    """

    email: str
    message_token: str
    date: datetime
    promise: str = ""
    count_line: str = ""
    why: str = ""
    name: str | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    language: str | None = None
    preferences_url: str | None = None
    unsubscribe_url: str | None = None
    one_click_url: str | None = None
    mailto_unsubscribe: str | None = None
    web_url: str | None = None
    history_url: str | None = None
    pass_on_url: str | None = None
    answer_url: str | None = None
    votes: Mapping[Vote, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    may_reply: bool = True
    along: tuple[AlongItem, ...] = ()
    return_domain: str | None = None

    def __post_init__(self) -> None:
        if self.date.utcoffset() is None:
            raise ValueError("Recipient.date needs a zone; pass an aware datetime")


# As the recipient: not frozen, and never changed.
@dataclass(slots=True, kw_only=True)
class Message:
    """One finished mail: the envelope, and the bytes with CRLF line ends that go between DATA and the final dot.

    `from_domain` is the domain in From, by which it is signed. `own` is everything in `data` that was not looked through,
    for stray line ends and for full stops at the beginning of a line, when its template was compiled; with `OWN` between
    what does not stand together. None where all of it is to be looked through.
    """

    mail_from: str
    rcpt_to: str
    data: bytes
    message_id: str
    subject: str
    from_domain: str = ""
    own: bytes | None = field(default=None, compare=False, repr=False)
