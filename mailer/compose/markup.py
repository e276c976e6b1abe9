"""Reads MJML piece by piece with the place of each: stricter than the library that renders it.

The offsets are those of the author's source, because each placeholder is blanked by as many `HOLE`s as it is long.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

HOLE = "\ue000"


def words(text: str) -> frozenset[str]:
    """The words of a list that is long enough to be tiresome with quotes and commas."""
    return frozenset(text.split())


VOID_TAGS = words("area base br col embed hr img input link meta param source track wbr")
RAW_TEXT_TAGS = frozenset({"style", "mj-style", "script"})

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:.-]*")
_ATTRIBUTE = re.compile(rf"\s+([^\s\"'<>/={HOLE}]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_TAG_END = re.compile(r"\s*(/?)>")
_CLOSE = re.compile(r"</([A-Za-z][A-Za-z0-9:.-]*)\s*>")
_QUOTES = re.compile(r"\s+[^\s\"'<>/=]+\s*=\s*([\"'])?")


class PieceKind(Enum):
    """What a piece of the source is; a conditional comment is one that Outlook reads."""

    OPEN = "open"
    EMPTY = "empty"
    CLOSE = "close"
    TEXT = "text"
    COMMENT = "comment"
    CONDITIONAL = "conditional comment"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; `start` and `end` are the offsets of its value, without the quotes."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One tag, comment or run of text, `[start, end)` in the source; tags are named in lower case."""

    kind: PieceKind
    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        return next((attribute for attribute in self.attributes if attribute.name == name), None)


class MarkupError(Exception):
    """The source is not well-formed at `offset`."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def line_of(source: str, offset: int) -> int:
    """The line of an offset, counted from 1."""
    return source.count("\n", 0, offset) + 1


def read_pieces(blanked: str) -> Iterator[Piece]:
    """The pieces in order, covering the source without a gap; MarkupError at the first place that is none."""
    at, raw_until = 0, ""
    while at < len(blanked):
        if raw_until:
            piece = _raw_text(blanked, at, raw_until)
            raw_until = ""
        else:
            piece = _piece(blanked, at)
            if piece.kind is PieceKind.OPEN and piece.name in RAW_TEXT_TAGS:
                raw_until = piece.name
        if piece.end > at:
            yield piece
        at = piece.end


def _piece(blanked: str, at: int) -> Piece:
    if blanked[at] != "<":
        end = blanked.find("<", at)
        return Piece(PieceKind.TEXT, "", at, len(blanked) if end < 0 else end)
    if blanked.startswith("<!--", at):
        return _comment(blanked, at)
    if blanked.startswith("</", at):
        return _closing(blanked, at)
    if _NAME.match(blanked, at + 1):
        return _opening(blanked, at)
    if blanked.startswith(("<!", "<?"), at):
        raise MarkupError("a declaration cannot stand here; remove it", at)
    raise MarkupError("a < that begins no tag; write &lt;", at)


def _raw_text(blanked: str, at: int, tag: str) -> Piece:
    close = re.compile(rf"</{re.escape(tag)}\s*>", re.IGNORECASE).search(blanked, at)
    if close is None:
        raise MarkupError(f"<{tag}> is never closed", at)
    return Piece(PieceKind.TEXT, "", at, close.start())


def _comment(blanked: str, at: int) -> Piece:
    # "<!--[if" is read by Outlook and has to arrive; any other comment is for the author alone.
    is_conditional = blanked.startswith(("<!--[if", "<!--<!["), at)
    end = blanked.find("-->", at + 4)
    if end < 0:
        raise MarkupError("a comment is never closed", at)
    return Piece(PieceKind.CONDITIONAL if is_conditional else PieceKind.COMMENT, "", at, end + 3)


def _closing(blanked: str, at: int) -> Piece:
    found = _CLOSE.match(blanked, at)
    if found is None:
        raise MarkupError("a closing tag that is not finished", at)
    return Piece(PieceKind.CLOSE, found.group(1).lower(), at, found.end())


def _opening(blanked: str, at: int) -> Piece:
    named = _NAME.match(blanked, at + 1)
    assert named is not None
    name, attributes, place = named.group().lower(), [], named.end()
    while (found := _TAG_END.match(blanked, place)) is None:
        attributes.append(_attribute(blanked, place, name, at))
        place = _after(blanked, place)
    is_empty = bool(found.group(1)) or name in VOID_TAGS
    return Piece(PieceKind.EMPTY if is_empty else PieceKind.OPEN, name, at, found.end(), tuple(attributes))


def _attribute(blanked: str, place: int, tag: str, at: int) -> Attribute:
    found = _ATTRIBUTE.match(blanked, place)
    if found is None:
        rest = blanked[place:].lstrip()
        if rest.startswith(HOLE):
            raise MarkupError(
                f"a placeholder cannot stand inside the tag <{tag}>, only in the value of an attribute", place
            )
        raise MarkupError(f"the tag <{tag}> is not finished", at)
    group = 2 if found.group(2) is not None else 3
    if found.group(group) is None:
        quotes = _QUOTES.match(blanked, place)
        if quotes is not None:
            what = "never closes its quotes" if quotes.group(1) else "needs quotes around its value"
            raise MarkupError(f"{found.group(1)} of <{tag}> {what}", found.start(1))
        return Attribute(found.group(1), "", found.end(1), found.end(1))
    return Attribute(found.group(1), found.group(group), found.start(group), found.end(group))


def _after(blanked: str, place: int) -> int:
    found = _ATTRIBUTE.match(blanked, place)
    assert found is not None
    return found.end()
