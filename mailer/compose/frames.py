"""What stands around the content of a mail, in encoded pieces: made once for each shape, and filled for each reader.

The templates stay the only source: a frame is what they render with stand-ins in the place of a reader's values, cut
apart at the stand-ins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailer.compose.mime import ODD, SOFT_BREAK, html_value, piece, quick_links
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


class Values:
    """A reader's values as they are spelled, in HTML, and as lines of text; without the end of the last line."""

    __slots__ = ("html", "spelled", "text")

    def __init__(self, spelled: list[str], html: list[bytes], text: list[bytes]) -> None:
        self.spelled = spelled
        self.html = html
        self.text = text

    def stand_ins(self) -> list[str]:
        """What stands in the place of each value there is."""
        return [stand_in(number) if spelled else "" for number, spelled in enumerate(self.spelled)]


def values_of(sentences: Sequence[str], links: Sequence[str | None]) -> Values | None:
    """The values, sentences first, empty where there is none; None where one of them holds what no frame can hold."""
    said = [sentence_pieces(sentence) if sentence else _ABSENT for sentence in sentences]
    urls = [link or "" for link in links]
    octets = quick_links(urls)
    if octets is None:
        said += [sentence_pieces(url) if url else _ABSENT for url in urls]
        octets = []
    html, text = [], []
    for both in said:
        if both is None:
            return None
        html.append(both[0])
        text.append(both[1])
    return Values([*sentences, *urls], html + octets, text + octets)


_ABSENT = (b"", b"")


@lru_cache(maxsize=8192)
def sentence_pieces(sentence: str) -> tuple[bytes, bytes] | None:
    """What many readers share, in HTML and as lines of text; None where it holds what no frame can hold.

    A promise of several lines is held; what begins or ends with an empty one is not, since empty lines stand together.
    """
    has_open_ends = "\n" in sentence and sentence != sentence.strip()
    if has_open_ends or not sentence.strip() or ODD.search(sentence.replace("\n", " ")):
        return None
    return html_value(sentence), block_of(sentence + "\n").octets.removesuffix(LINE_END)


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

    def html_pieces(self, values: Values) -> list[bytes]:
        """The HTML with these values."""
        pieces = list(self.html)
        for at, number in self.html_gaps:
            pieces[at] = values.html[number]
        return pieces

    def text_pieces(self, values: Values) -> list[bytes]:
        """The text with these values: whole lines, without empty ones at its ends."""
        pieces = list(self.text)
        for at, number in self.text_gaps:
            pieces[at] = values.text[number]
        for at, line in self.text_lines:
            spelled = [values.spelled[int(one)] if place % 2 else one for place, one in enumerate(line)]
            pieces[at] = block_of("".join(spelled) + "\n").octets.removesuffix(LINE_END)
        return pieces


def frame_of(rendered: Both) -> Frame:
    """The frame in what was rendered with stand-ins. The end of a value's last line stands behind the gap."""
    html, html_gaps = [], []
    for place, one in enumerate(_STAND_IN.split(rendered.html)):
        if place % 2:
            html_gaps.append((place, int(one)))
        html.append(b"" if place % 2 else (SOFT_BREAK if place else b"") + piece(one))
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
        pieces += [b"", LINE_END]
    return pieces, gaps, lines
