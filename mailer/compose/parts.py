"""The parts that no author writes: the footer, what came along, the items of a digest, the card of an event."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from mailer.compose.content import AlongItem, Envelope, MailClass, Recipient
from mailer.compose.dress import dressed
from mailer.compose.errors import RenderError
from mailer.compose.mirror import mirrored
from mailer.compose.wording import Wording
from preferences.appearance import HOUSE, Appearance

# Beside the packages in the source tree and in the wheel.
FOLDER = Path(__file__).resolve().parents[2] / "templates" / "emails"


@dataclass(frozen=True, slots=True)
class Both:
    """The same part as HTML and as text."""

    html: str
    text: str


def read_template(name: str) -> str:
    """The source of one of our own templates, such as `digest/body.mjml`."""
    return (FOLDER / name).read_text(encoding="utf-8")


def along(items: Sequence[AlongItem], wording: Wording, appearance: Appearance) -> Both:
    """What comes along, whole and in the order given; empty where nothing does."""
    if not items:
        return Both("", "")
    return _both("along", wording, appearance, items=items)


def framed_along(lines: Both, appearance: Appearance) -> Both:
    """What comes along where it stands by itself, as wide as a mail is."""
    if not lines.html:
        return lines
    return Both(_template("_layout/along_frame.html", appearance).render(lines=Markup(lines.html)), lines.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a digest and its place in the whole of it."""

    number: int
    title: str
    summary: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The items of one topic."""

    topic: str
    entries: list[Entry]


def digest_items(items: Sequence[AlongItem], wording: Wording, rhythm: str, appearance: Appearance) -> Both:
    """The items of a digest by topic, whole: topics in the order in which they come first, items in the order given."""
    by_topic: dict[str, list[AlongItem]] = {}
    for item in items:
        by_topic.setdefault(item.topic_name, []).append(item)
    groups: list[Group] = []
    number = 0
    for topic, of_topic in by_topic.items():
        entries = [
            Entry(number=number + place, title=item.title, summary=item.summary, url=item.url)
            for place, item in enumerate(of_topic, start=1)
        ]
        number += len(entries)
        groups.append(Group(topic=topic, entries=entries))
    closing = wording.closing(list(by_topic), rhythm)
    return _both("items", wording, appearance, groups=groups, closing=closing)


def card(headline: Markup, event: Mapping[str, Markup], appearance: Appearance) -> str:
    """The card of an event as HTML, a template where the headline is one."""
    return _template("_layout/card.html", appearance).render(headline=headline, event=event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """What stands between the content of a mail and its footer, as far as it is the same for all of its readers.

    `question` is the campaign's, in its `language`; `person` is whom a reply reaches. Empty is what there is none of.
    """

    language: str
    appearance: Appearance = HOUSE
    question: str = ""
    person: str = ""

    def render(self, recipient: Recipient, wording: Wording) -> Both:
        """The question with a way to answer it, whom a reply reaches, the votes, the notes: what there is of it."""
        question = self.question if recipient.answer_url else ""
        reaches = wording.reply.format(name=self.person) if self.person and recipient.may_reply else ""
        if not (question or reaches or recipient.votes or recipient.notes):
            return Both("", "")
        return _both(
            "below",
            wording,
            self.appearance,
            recipient=recipient,
            question=question,
            language=self.language,
            reaches=reaches,
        )


def footer(envelope: Envelope, recipient: Recipient, wording: Wording) -> Both:
    """Promise, count, why, the two links, the web version, the postal address: what there is of it."""
    return _both(
        "footer",
        wording,
        envelope.appearance,
        recipient=recipient,
        publication=envelope.publication,
        address=_address(envelope),
    )


def _address(envelope: Envelope) -> list[str]:
    """The lines of the postal address; the name of the publication stands above it already."""
    lines = [line.strip() for line in envelope.postal_address.splitlines() if line.strip()]
    return lines[1:] if len(lines) > 1 and lines[0] == envelope.publication else lines


def check_footer(recipient: Recipient, mail_class: MailClass) -> None:
    """RenderError where a campaign or a digest would go out without its promise or without a way to stop it."""
    if mail_class is MailClass.SERVICE:
        return
    for name in ("promise", "preferences_url", "unsubscribe_url"):
        if not getattr(recipient, name):
            raise RenderError(f"the footer needs {name}; a campaign or digest never leaves without it", part="html")


def _both(name: str, wording: Wording, appearance: Appearance, **values: Any) -> Both:
    html = _template(f"_layout/{name}.html", appearance, wording.direction).render(values, wording=wording)
    return Both(html, _template(f"_layout/{name}.txt", HOUSE).render(values, wording=wording))


@functools.lru_cache(maxsize=256)
def _template(name: str, appearance: Appearance, direction: str = "ltr") -> Template:
    source = dressed(mirrored(read_template(name), direction), appearance)
    return _environment(name.endswith(".html")).from_string(source)


@functools.cache
def _environment(autoescape: bool) -> Environment:  # noqa: FBT001 - it is the key of the cache
    return Environment(
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
