"""The text part in encoded pieces: lines that are the same for all are made once, and only the others for each reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailer.compose.mime import known, text_line, text_lines
from mailer.compose.plaintext import COLUMNS, tidied, wrapped, wrapped_line

LINE_END = b"\r\n"

_EMPTY_LINES = re.compile(r"\n{3,}")


def tidy(*texts: str) -> str:
    """The texts below each other: no line ends in spaces, no two lines are empty, none begins with a lone space."""
    lines = [line.rstrip() for text in texts if text.strip() for line in ["", *text.splitlines()]]
    whole = "\n".join(line[1:] if line[:1] == " " and line[1:2] != " " else line for line in lines)
    return _EMPTY_LINES.sub("\n\n", wrapped(whole)).strip("\n") + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Whole lines, tidy and encoded; no two of them are empty, and whether empty ones stood before and behind them.

    `octets` are empty where all lines were, and then `is_after_gap` and `is_before_gap` say the same.
    """

    octets: bytes
    is_after_gap: bool
    is_before_gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk with a line end in it: what ends the line it begins in, whole lines, and what begins the next."""

    head: str
    block: Block | None
    tail: str


def chunk_of(text: str) -> Chunk | None:
    """The chunk in a text; None where it stands within a line."""
    head, end, rest = text.partition("\n")
    if not end:
        return None
    lines, end, tail = rest.rpartition("\n")
    block = block_of(lines + end) if end else None
    if block is not None:
        known(block.octets)
    return Chunk(head=head, block=block, tail=tail)


def block_of(lines: str) -> Block:
    """The block of whole lines, each with its end."""
    octets: list[bytes] = []
    is_gap = is_after_gap = False
    for line in lines.splitlines():
        tidy = tidied(line)
        if not tidy:
            is_gap = True
            continue
        if is_gap:
            if octets:
                octets.append(LINE_END)
            else:
                is_after_gap = True
        octets += [text_line(one) for one in tidy.split("\n")]
        is_gap = False
    return Block(octets=b"".join(octets), is_after_gap=is_after_gap or (is_gap and not octets), is_before_gap=is_gap)


def is_plain(line: str) -> bool:
    """Whether nothing has to be seen to in a line but how long it is."""
    return line[:1] > " " and line[-1] != " " and line.isprintable()


def line_octets(line: str) -> bytes:
    """A line in which something stands, without a line end, as whole lines."""
    if not is_plain(line):
        return block_of(line + "\n").octets
    return text_line(line) if len(line) <= COLUMNS else text_lines(wrapped_line(line))


class Text:
    """The text of one mail while it is put together, part below part, each after an empty line.

    `own` takes what only this mail has.
    """

    __slots__ = ("_begun", "_is_gap", "own", "pieces")

    def __init__(self, own: list[bytes]) -> None:
        self.pieces: list[bytes] = []
        self.own = own
        self._begun: list[str] = []
        self._is_gap = False

    def add_template(self, chunks: Iterable[str], known: Mapping[str, Chunk | None]) -> None:
        """A part that was rendered; `known` has those of its chunks that were made before."""
        for text in chunks:
            chunk = known.get(text)
            if chunk is None:
                self._begun.append(text)
                continue
            self._begun.append(chunk.head)
            self._end_line()
            if chunk.block is not None:
                self._add(chunk.block)
            self._begun = [chunk.tail]
        self._end_line()
        self._is_gap = True

    def add_pieces(self, pieces: Sequence[bytes]) -> None:
        """A part that is finished, of whole lines, without empty ones at its ends."""
        if pieces:
            if self.pieces:
                self.pieces.append(LINE_END)
            self.pieces += pieces
            self._is_gap = True

    def _end_line(self) -> None:
        line = "".join(self._begun)
        if is_plain(line):
            if self._is_gap and self.pieces:
                self.pieces.append(LINE_END)
            octets = line_octets(line)
            self.own.append(octets)
            self.pieces.append(octets)
            self._is_gap = False
        else:
            block = block_of(line + "\n")
            self.own.append(block.octets)
            self._add(block)

    def _add(self, block: Block) -> None:
        if (self._is_gap or block.is_after_gap) and self.pieces and block.octets:
            self.pieces.append(LINE_END)
        if block.octets:
            self.pieces.append(block.octets)
            self._is_gap = block.is_before_gap
        else:
            self._is_gap = self._is_gap or block.is_before_gap
