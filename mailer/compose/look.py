"""The looks of a campaign in Markdown: a letter, or an event that begins with a card."""

from __future__ import annotations

import re
from functools import cache
from html import escape

from markupsafe import Markup

from mailer.compose.content import CampaignContent, Envelope
from mailer.compose.dress import dressed, with_logo
from mailer.compose.errors import TemplateError
from mailer.compose.letter import markdown_html
from mailer.compose.mirror import mirrored
from mailer.compose.parts import card, read_template
from mailer.compose.placeholders import literal
from preferences.languages import direction_of
from preferences.look import Look

_TURNED = '<mj-section direction="rtl"></mj-section><mj-column direction="rtl"></mj-column>'
_HEADLINE = re.compile(r"\s*<h1>(.*?)</h1>\s*", re.DOTALL)


def framed(name: str, envelope: Envelope) -> str:
    """The MJML of one of our own mails, such as `digest`, with the head that all share, dressed as its publication."""
    direction = direction_of(envelope.language)
    source = read_template(f"{name}/body.mjml").replace("{{ head }}", _head())
    source = mirrored(with_logo(dressed(source, envelope.appearance), envelope), direction)
    return source.replace("<mj-attributes>", f"<mj-attributes>{_TURNED}", 1) if direction == "rtl" else source


@cache
def _head() -> str:
    return read_template("_layout/head.mjml")


def look_mjml(content: CampaignContent, markdown: str) -> str:
    """The MJML of a campaign in Markdown, set in its look, placeholders where they stood. Raises `TemplateError`."""
    text = markdown_html(markdown)
    source = framed(content.look.value, content).replace("{{ masthead }}", _plain(content.publication))
    match content.look:
        case Look.LETTER:
            return source.replace("{{ text }}", text)
        case Look.EVENT:
            return _event(content, source, text)


def _event(content: CampaignContent, source: str, text: str) -> str:
    """The card, headed by the heading that the text begins with, or else by the title; then the text."""
    if content.event is None:
        raise TemplateError("the look of an event needs its date", line=None, part="event.date")
    found = _HEADLINE.match(text)
    headline = found.group(1) if found else _plain(content.title)
    said = {name: Markup(_plain(getattr(content.event, name))) for name in content.event.__dataclass_fields__}
    shown = card(Markup(headline), said, content.appearance)
    return source.replace("{{ card }}", shown).replace("{{ text }}", text[found.end() :] if found else text)


def _plain(text: str) -> str:
    """Text as it stands in a template that is HTML: it means itself, whatever it holds."""
    return literal(escape(text))
