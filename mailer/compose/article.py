"""A campaign as an article: what its author wrote, without the frame of a mail, for readers of feeds.

No style, no layout, no script, no picture that only counts; links are whole or are no links.
"""

import re
from html import escape
from html.parser import HTMLParser

import nh3

from mailer.compose.campaign import CompiledCampaign
from mailer.compose.content import Recipient
from mailer.compose.mail import html_values
from mailer.compose.markup import VOID_TAGS, words
from mailer.compose.sandbox import render_template

_SCHEMES = ("http://", "https://", "mailto:")
_UNSEEN = words("head script style template title")
# What our own looks put around what was written: feeds show both by themselves.
_OURS = words("masthead t-line")
_OF_TABLES = words("table tbody thead tfoot tr td th")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_EMPTY = re.compile(r"<div>\s*</div>")


def article(compiled: CompiledCampaign, recipient: Recipient) -> str:
    """The author's part as HTML, for this recipient; RenderError where it cannot be made for them."""
    html = render_template(compiled.mail.html, html_values(recipient), part="html")
    reader = _Reader()
    reader.feed(html)
    reader.close()
    clean = nh3.clean("".join(reader.written), url_schemes={"http", "https", "mailto"})
    while _EMPTY.search(clean):
        clean = _EMPTY.sub("", clean)
    return clean.strip()


class _Reader(HTMLParser):
    """Passes on what says something; a table that only lays out is its cells below each other."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        # Of each open element: its tag, what it is passed on as, and whether what is in it is passed on.
        self._open: list[tuple[str, str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        passes = (not self._open or self._open[-1][2]) and not _is_left_out(tag, known)
        shown = self._passed_on_as(tag, known) if passes else ""
        if shown:
            self.written.append("".join([f"<{shown}", *_kept(known), ">"]))
        if tag not in VOID_TAGS:
            self._open.append((tag, shown, passes))

    def handle_endtag(self, tag: str) -> None:
        if tag not in [one[0] for one in self._open]:
            return
        while True:
            opened, shown, _ = self._open.pop()
            if shown:
                self.written.append(f"</{shown}>")
            if opened == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1][2]:
            self.written.append(escape(data))

    def _passed_on_as(self, tag: str, known: dict[str, str]) -> str:
        if tag in _OF_TABLES:
            if known.get("role") == "presentation" if tag == "table" else self._only_lays_out():
                return "div" if tag in ("td", "th") else ""
            return tag
        if tag in ("html", "body", "div"):
            return ""
        if tag == "a" and not known.get("href", "").lower().startswith(_SCHEMES):
            return ""
        return tag

    def _only_lays_out(self) -> bool:
        """Whether the innermost open table is passed on as nothing."""
        return next((not shown for tag, shown, _ in reversed(self._open) if tag == "table"), False)


def _is_left_out(tag: str, known: dict[str, str]) -> bool:
    is_counter = tag == "img" and (
        bool({known.get("width", "").removesuffix("px"), known.get("height", "").removesuffix("px")} & {"0", "1"})
        or not known.get("src", "").lower().startswith(_SCHEMES)
    )
    is_ours = bool(set(known.get("class", "").split()) & _OURS)
    return tag in _UNSEEN or is_counter or is_ours or bool(_HIDDEN.search(known.get("style", "")))


def _kept(known: dict[str, str]) -> list[str]:
    """Attributes that say something; whatever else there is, the cleaning takes away."""
    return [
        f' {name}="{escape(value)}"'
        for name, value in known.items()
        if name not in ("style", "class", "width", "height")
    ]
