"""What stands around the content of a mail, in encoded pieces: made once for each shape, and filled for each reader.

The templates stay the only source: a frame is what they render with stand-ins in the place of a reader's values, cut
apart at the stand-ins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailer.compose.mime import ODD, html_piece, link_pieces, piece
from mailer.compose.parts import Both
from mailer.compose.text import LINE_END, block_of

# Characters for private use: no template of ours holds them, and what an author writes is looked at first.
_BEGIN, _END = "\ue000", "\ue001"
_STAND_IN = re.compile(f"{_BEGIN}([0-9]+){_END}")


def stand_in(number: int) -> str:
    """What stands in a frame in the place of the value with that number."""
    return f"{_BEGIN}{number}{_END}"


def is_free_of_stand_ins(*texts: str) -> bool:
    """Whether nothing in these texts, which are the same for all, could be taken for a stand-in."""
    return not any(_BEGIN in text for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A reader's value as it is spelled, in HTML, and as a line of text of its own."""

    spelled: str
    html: bytes
    text: bytes


# Where there is none; a frame has no gap for it.
ABSENT = Value(spelled="", html=b"", text=b"")


def link_value(url: str) -> Value | None:
    """A link; None where it holds what no frame can hold."""
    both = link_pieces(url)
    if both is None:
        return sentence_value(url)
    return Value(spelled=url, html=both[0], text=both[1])


@lru_cache(maxsize=8192)
def sentence_value(sentence: str) -> Value | None:
    """A sentence that many readers may share; None where it holds what no frame can hold."""
    if ODD.search(sentence) or not sentence.strip():
        return None
    return Value(spelled=sentence, html=html_piece(sentence), text=block_of(sentence + "\n").octets)


@dataclass(frozen=True, slots=True)
class Frame:
    """Pieces of HTML and of text with gaps, and the numbers of the values that fill them.

    A line of text that is more than one value is a template in itself: its own texts, and the numbers between them.
    """

    html: tuple[bytes, ...]
    html_gaps: tuple[tuple[int, int], ...]
    text: tuple[bytes, ...]
    text_gaps: tuple[tuple[int, int], ...]
    text_lines: tuple[tuple[int, tuple[str, ...]], ...]

    def html_pieces(self, values: Sequence[Value]) -> list[bytes]:
        """The HTML with these values."""
        pieces = list(self.html)
        for at, number in self.html_gaps:
            pieces[at] = values[number].html
        return pieces

    def text_pieces(self, values: Sequence[Value]) -> list[bytes]:
        """The text with these values: whole lines, without empty ones at its ends."""
        pieces = list(self.text)
        for at, number in self.text_gaps:
            pieces[at] = values[number].text
        for at, line in self.text_lines:
            spelled = [values[int(one)].spelled if place % 2 else one for place, one in enumerate(line)]
            pieces[at] = block_of("".join(spelled) + "\n").octets
        return pieces


def frame_of(rendered: Both) -> Frame:
    """The frame in what was rendered with stand-ins."""
    html, html_gaps = [], []
    for place, one in enumerate(_STAND_IN.split(rendered.html)):
        if place % 2:
            html_gaps.append((place, int(one)))
        html.append(b"" if place % 2 else piece(one))
    text, gaps, lines = _lines(rendered.text)
    return Frame(tuple(html), tuple(html_gaps), tuple(text), tuple(gaps), tuple(lines))


def _lines(rendered: str) -> tuple[list[bytes], list[tuple[int, int]], list[tuple[int, tuple[str, ...]]]]:
    pieces: list[bytes] = []
    gaps: list[tuple[int, int]] = []
    lines: list[tuple[int, tuple[str, ...]]] = []
    is_gap = False
    for line in rendered.splitlines():
        if not line.strip():
            is_gap = bool(pieces)
            continue
        if is_gap:
            pieces.append(LINE_END)
            is_gap = False
        cut = _STAND_IN.split(line.rstrip())
        if len(cut) == 1:
            pieces.append(block_of(line + "\n").octets)
            continue
        if len(cut) == 3 and not cut[0] and not cut[2]:
            gaps.append((len(pieces), int(cut[1])))
        else:
            lines.append((len(pieces), tuple(cut)))
        pieces.append(b"")
    return pieces, gaps, lines
