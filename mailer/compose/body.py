"""The body of a compiled mail, put together from encoded pieces: what is the same for all is encoded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from mailer.compose import parts
from mailer.compose.alike import Content
from mailer.compose.around import Around, Pieces
from mailer.compose.content import Recipient
from mailer.compose.framed import Rendered
from mailer.compose.mime import AFTER_HTML, BEFORE_HTML, BEFORE_TEXT, known, piece, quick_piece, quoted_printable
from mailer.compose.sandbox import own_chunks, render_chunks
from mailer.compose.text import LINE_END, Chunk, Text, chunk_of
from mailer.compose.wording import Wording

# Stands in the HTML where what comes along will; who finds more of them than one has met a reader's value.
_SLOT = Markup("\ue000along\ue001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The two parts of one compiled mail: its templates, their chunks encoded, and what stands around them."""

    html: Template
    html_chunks: Mapping[str, bytes]
    html_end: bytes
    has_html_slot: bool
    text: Template
    text_chunks: Mapping[str, Chunk | None]
    has_text_slot: bool
    around: Around

    def content(
        self,
        subject: str,
        recipient: Recipient,
        wording: Wording,
        html_values: Mapping[str, Any],
        text_values: Mapping[str, Any],
    ) -> Content | None:
        """What the templates say to one recipient, and what comes along; None where it cannot be put together so.

        That is rare: a control character, a line separator or half a character in what comes along; a CR in what a
        placeholder shows; a value that looks like the place of what comes along. Raises `RenderError`, and
        UnicodeEncodeError on lone surrogates.
        """
        along = self.around.along(recipient.along, wording)
        if along is None:
            return None
        own = [*along[2]]
        html = self._html(html_values, along, own)
        if html is None:
            return None
        text = self._text(text_values, recipient, wording, own)
        if not self.has_text_slot:
            text.add_pieces(along[1])
        return Content(subject=subject, html=html, text=text.pieces, own=own)

    def rendered(self, subject: str, values: Mapping[str, Any]) -> Rendered:
        """What the templates say to one recipient to whom nothing comes along. Raises `RenderError`."""
        return Rendered(
            subject=subject,
            html=render_chunks(self.html, values, part="html"),
            html_chunks=self.html_chunks,
            text=render_chunks(self.text, values, part="text"),
            text_chunks=self.text_chunks,
        )

    def octets(
        self, recipient: Recipient, wording: Wording, content: Content
    ) -> tuple[list[bytes], list[bytes]] | None:
        """Everything after the header for one recipient, in pieces, and those that were not looked through.

        None where it cannot be put together so, which is as rare: then the parts are made as texts and encoded as a
        whole.
        """
        below = self.around.below(recipient, wording)
        footer = self.around.footer(recipient, wording)
        if below is None or footer is None:
            return None
        pieces = [BEFORE_TEXT, *content.text]
        for part in (below[1], footer[1]):
            if part:
                pieces += [LINE_END, *part] if len(pieces) > 1 else part
        pieces += [BEFORE_HTML, *content.html, *below[0], *footer[0], self.html_end, AFTER_HTML]
        return pieces, [*content.own, *below[2], *footer[2]]

    def _html(self, values: Mapping[str, Any], along: Pieces, own: list[bytes]) -> list[bytes] | None:
        is_put = self.has_html_slot and bool(along[0])
        if is_put:
            values = {**values, "along": _SLOT}
        chunks = render_chunks(self.html, values, part="html")
        if is_put and chunks.count(_SLOT) != 1:
            return None
        known, pieces = self.html_chunks, []
        for chunk in chunks:
            octets = known.get(chunk)
            if octets is not None:
                pieces.append(octets)
            elif "\r" in chunk:
                return None
            elif is_put and chunk == _SLOT:
                pieces += along[0]
            else:
                octets = quick_piece(chunk)
                own.append(octets)
                pieces.append(octets)
        return pieces if self.has_html_slot else [*pieces, *along[0]]

    def _text(self, values: Mapping[str, Any], recipient: Recipient, wording: Wording, own: list[bytes]) -> Text:
        if self.has_text_slot and recipient.along:
            lines = parts.along(recipient.along, wording, self.around.appearance)
            values = {**values, "along": lines.text}
        text = Text(own)
        text.add_template(render_chunks(self.text, values, part="text"), self.text_chunks)
        return text


def compile_body(
    html: Template, html_end: str, text: Template, around: Around, *, has_html_slot: bool, has_text_slot: bool
) -> Body:
    """The body of a mail, its chunks encoded."""
    return Body(
        html=html,
        html_chunks={chunk: known(piece(chunk)) for chunk in own_chunks(html)},
        html_end=known(quoted_printable(html_end)),
        has_html_slot=has_html_slot,
        text=text,
        text_chunks={chunk: chunk_of(chunk) for chunk in own_chunks(text)},
        has_text_slot=has_text_slot,
        around=around,
    )
