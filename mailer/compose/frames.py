"""What stands around the content of a mail, in encoded pieces: made once for each shape, and filled for each reader.

The templates stay the only source: a frame is what they render with stand-ins in the place of a reader's values, cut
apart at the stand-ins. Sentences are filled in first, and kept by what they say, since many readers are told the same;
links are each reader's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mailer.compose.mime import ODD, SOFT_BREAK, html_value, known, piece, quick_links
from mailer.compose.parts import Both
from mailer.compose.text import LINE_END, block_of

# Characters for private use: no template of ours holds them, and what an author writes is looked at first.
_BEGIN, _END = "\ue000", "\ue001"
_STAND_IN = re.compile(f"{_BEGIN}([0-9]+){_END}")


def stand_in(number: int) -> str:
    """What stands in a frame in the place of the value with that number."""
    return f"{_BEGIN}{number}{_END}"


def stand_ins(sentences: Sequence[str], links: Sequence[str | None]) -> list[str]:
    """What stands in the place of each value there is, sentences first; empty where there is none."""
    return [stand_in(number) if value else "" for number, value in enumerate([*sentences, *links])]


def is_free_of_stand_ins(*texts: str) -> bool:
    """Whether nothing in these texts, which are the same for all, could be taken for a stand-in."""
    return not any(_BEGIN in text for text in texts)


# A line in which a value stands: its own texts, and the numbers of the values between them.
Line = tuple[str | int, ...]


def parted(text: str) -> Line:
    """A text cut apart at its stand-ins."""
    return tuple(int(one) if place % 2 else one for place, one in enumerate(_STAND_IN.split(text)))


# A reader's links as they are spelled, and encoded in HTML and in a text; without the end of the last line.
Links = tuple[Sequence[str], list[bytes], list[bytes]]


def links_of(urls: Sequence[str | None]) -> Links | None:
    """The links, empty where there is none; None where one of them holds what no frame can hold."""
    spelled = [url or "" for url in urls]
    octets = quick_links(spelled)
    if octets is not None:
        return spelled, octets, octets
    both = [sentence_pieces(url) if url else (b"", b"") for url in spelled]
    known = [one for one in both if one is not None]
    if len(known) < len(both):
        return None
    return spelled, [one[0] for one in known], [one[1] for one in known]


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
class Filled:
    """A frame whose sentences are filled in: at the even places what stands still, at the odd ones links.

    Where the text has a line of its own at an odd place, the link there is any.
    """

    html: tuple[bytes, ...]
    html_links: tuple[int, ...]
    text: tuple[bytes, ...]
    text_links: tuple[int, ...]
    text_lines: tuple[tuple[int, Line], ...]

    def pieces(
        self, spelled: Sequence[str], of_html: list[bytes], of_text: list[bytes]
    ) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """The HTML with these links, the text, which is whole lines without empty ones at its ends, and what is new."""
        html, text = list(self.html), list(self.text)
        html[1::2] = [of_html[number] for number in self.html_links]
        text[1::2] = [of_text[number] for number in self.text_links]
        own = of_html if of_html is of_text else of_html + of_text
        for at, line in self.text_lines:
            text[at] = _line(line, spelled)
            own = [*own, text[at]]
        return html, text, own


def _line(line: Line, spelled: Sequence[str]) -> bytes:
    whole = "".join([one if isinstance(one, str) else spelled[one] for one in line])
    return block_of(whole + "\n").octets.removesuffix(LINE_END)


@dataclass(frozen=True, slots=True)
class Frame:
    """Pieces of HTML and of text with gaps, and the numbers of the values that fill them."""

    html: tuple[bytes, ...]
    html_gaps: tuple[tuple[int, int], ...]
    text: tuple[bytes, ...]
    text_gaps: tuple[tuple[int, int], ...]
    text_lines: tuple[tuple[int, Line], ...]

    def filled(self, sentences: Sequence[str]) -> Filled | None:
        """The frame with these sentences, empty where there is none; None where no frame can hold one of them."""
        both = [sentence_pieces(sentence) if sentence else (b"", b"") for sentence in sentences]
        said = [one for one in both if one is not None]
        if len(said) < len(both):
            return None
        html, text = list(self.html), list(self.text)
        html_gaps = dict(_put(html, self.html_gaps, [one[0] for one in said]))
        text_gaps = dict(_put(text, self.text_gaps, [one[1] for one in said]))
        lines: dict[int, Line] = {}
        for at, line in self.text_lines:
            spelled = tuple(_spelled(line, sentences))
            if all(isinstance(one, str) for one in spelled):
                text[at] = _line(spelled, ())
            else:
                lines[at], text_gaps[at] = spelled, 0
        in_order = sorted(text_gaps)
        return Filled(
            between(html, html_gaps),
            tuple(html_gaps[at] for at in sorted(html_gaps)),
            between(text, text_gaps),
            tuple(text_gaps[at] for at in in_order),
            tuple((2 * place + 1, lines[at]) for place, at in enumerate(in_order) if at in lines),
        )


def _put(pieces: list[bytes], gaps: Sequence[tuple[int, int]], said: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Fill the gaps of sentences, and answer those of links, which are numbered after them."""
    for at, number in gaps:
        if number < len(said):
            pieces[at] = said[number]
        else:
            yield at, number - len(said)


def between(pieces: Sequence[bytes], gaps: Iterable[int]) -> tuple[bytes, ...]:
    """What stands before, between and behind the gaps, each as one piece, and an empty one for each gap."""
    if not pieces:
        return ()
    together, since = [], 0
    for at in sorted(gaps):
        together += [known(b"".join(pieces[since:at])), b""]
        since = at + 1
    return (*together, known(b"".join(pieces[since:])))


def _spelled(line: Sequence[str | int], sentences: Sequence[str]) -> Iterator[str | int]:
    for one in line:
        if isinstance(one, str):
            yield one
        else:
            yield sentences[one] if one < len(sentences) else one - len(sentences)


def frame_of(rendered: Both) -> Frame:
    """The frame in what was rendered with stand-ins. The end of a value's last line stands behind the gap."""
    html, html_gaps = [], []
    for place, one in enumerate(_STAND_IN.split(rendered.html)):
        if place % 2:
            html_gaps.append((place, int(one)))
        html.append(b"" if place % 2 else (SOFT_BREAK if place else b"") + piece(one))
    text, gaps, lines = _lines(rendered.text)
    return Frame(tuple(html), tuple(html_gaps), tuple(text), tuple(gaps), tuple(lines))


def _lines(rendered: str) -> tuple[list[bytes], list[tuple[int, int]], list[tuple[int, Line]]]:
    pieces: list[bytes] = []
    gaps: list[tuple[int, int]] = []
    lines: list[tuple[int, Line]] = []
    is_gap = False
    for line in rendered.splitlines():
        if not line.strip():
            is_gap = bool(pieces)
            continue
        if is_gap:
            pieces.append(LINE_END)
            is_gap = False
        cut = parted(line.rstrip())
        if len(cut) == 1:
            pieces.append(block_of(line + "\n").octets)
            continue
        if len(cut) == 3 and not cut[0] and not cut[2]:
            gaps.append((len(pieces), int(cut[1])))
        else:
            lines.append((len(pieces), cut))
        pieces += [b"", LINE_END]
    return pieces, gaps, lines
