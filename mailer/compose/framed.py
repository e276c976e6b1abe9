"""What an author's templates say to readers of one shape: rendered once with stand-ins, and filled for each of them.

What is filled in is encoded as if it had been rendered: a value in the HTML is a piece of its own, and a line of the text
in which a value stands is broken anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import escape

from mailer.compose.alike import Content, Shape
from mailer.compose.frames import Line, between, is_free_of_stand_ins, parted
from mailer.compose.mime import ODD, quick_piece
from mailer.compose.sandbox import OUTPUT_LIMIT
from mailer.compose.text import LINE_END, Chunk, Text, line_octets

# Of one mail; beyond, all are forgotten.
_KEPT = 100
# More places for values are not kept: how long a part may be is asked of what was rendered.
_MOST_PLACES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What templates say, in chunks, and those of the chunks that were encoded before."""

    subject: str
    html: Sequence[str]
    html_chunks: Mapping[str, bytes]
    text: Sequence[str]
    text_chunks: Mapping[str, Chunk | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFrame:
    """A subject, HTML and text: at the even places what stands still, at the odd ones a value or a line with values."""

    subject: Line
    html: tuple[bytes, ...]
    html_places: tuple[int, ...]
    text: tuple[bytes, ...]
    text_lines: tuple[Line, ...]

    def content(self, values: Sequence[str]) -> Content:
        """What is said to the reader with these values, in the order of a shape."""
        pieces = [quick_piece(str(escape(value))) for value in values]
        html, text = list(self.html), list(self.text)
        html[1::2] = [pieces[number] for number in self.html_places]
        lines = text[1::2] = [line_octets(_filled(line, values)) for line in self.text_lines]
        return Content(subject=_filled(self.subject, values), html=html, text=text, own=pieces + lines)


class ContentFrames:
    """The frames of one mail's content by shape; threads may share it."""

    __slots__ = ("_frames",)

    def __init__(self) -> None:
        self._frames: dict[Hashable, ContentFrame | None] = {}

    def content(self, shape: Shape, render: Callable[[], Rendered]) -> Content | None:
        """What is said to a reader of this shape; None where it cannot be framed, or this is the first of them.

        A shape that only one reader has is not worth a frame. Raises what `render`, with stand-ins, raises.
        """
        try:
            frame = self._frames[shape.key]
        except KeyError:
            if len(self._frames) >= _KEPT:
                self._frames.clear()
            self._frames[shape.key] = _NOT_YET
            return None
        if frame is _NOT_YET:
            frame = self._frames[shape.key] = frame_of(render())
        return None if frame is None else frame.content(list(shape.values.values()))


_NOT_YET = ContentFrame(subject=(), html=(), html_places=(), text=(), text_lines=())


def frame_of(rendered: Rendered) -> ContentFrame | None:
    """The frame of what was rendered with stand-ins; None where it can be none."""
    longest = max(sum(map(len, rendered.html)), sum(map(len, rendered.text)))
    html: list[bytes] = []
    places: dict[int, int] = {}
    for chunk in rendered.html:
        octets = rendered.html_chunks.get(chunk)
        if octets is None and not is_free_of_stand_ins(chunk):
            places[len(html)] = _number(chunk)
        elif octets is None and "\r" in chunk:
            return None
        html.append(quick_piece(chunk) if octets is None else octets)
    text = _FramedText()
    text.add_template(rendered.text, rendered.text_chunks)
    if longest > OUTPUT_LIMIT // 2 or len(places) > _MOST_PLACES or not text.may_be_filled:
        return None
    try:
        return ContentFrame(
            subject=parted(rendered.subject),
            html=between(html, places),
            html_places=tuple(places.values()),
            text=between(text.pieces, text.lines),
            text_lines=tuple(text.lines.values()),
        )
    except ValueError:
        return None  # what all readers of this shape are told has to be seen to in each mail


def _number(stand_in: str) -> int:
    _, number, _ = parted(stand_in)
    return int(number)


def _filled(line: Line, values: Sequence[str]) -> str:
    return "".join([one if isinstance(one, str) else values[one] for one in line])


class _FramedText(Text):
    """A text of which the lines with stand-ins are kept apart, by their place among the pieces."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__([])
        self.lines: dict[int, Line] = {}

    @property
    def may_be_filled(self) -> bool:
        """Whether each of these lines stays one line, whatever stands in it."""
        texts = [one for line in self.lines.values() for one in line if isinstance(one, str)]
        return len(self.lines) <= _MOST_PLACES and not any(map(ODD.search, texts))

    def _end_line(self) -> None:
        line = "".join(self._begun)
        if is_free_of_stand_ins(line):
            super()._end_line()
            return
        if self._is_gap and self.pieces:
            self.pieces.append(LINE_END)
        self.lines[len(self.pieces)] = parted(line)
        self.pieces.append(b"")
        self._is_gap = False
