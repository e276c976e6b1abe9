"""Puts plain ASCII tokens where the MJML library would harm what stands there, and takes them out again.

Fenced are placeholders, and in attributes everything that is not plain ASCII, with backslashes, quotes, newlines and
character references, which the library would spell anew.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailer.compose.errors import TemplateError
from mailer.compose.markup import Attribute, PieceKind
from mailer.compose.outline import Outline, Place, Placed, Visit
from mailer.compose.placeholders import PlaceholderKind
from preferences.languages import direction_of

_UNSAFE = re.compile(r"&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);|[^ !#-%'-;=?-\[\]-~]")


@dataclass(frozen=True, slots=True)
class Fenced:
    """One token with what stood there, as HTML and as plain text, and the line it stood in."""

    token: str
    as_html: str
    as_text: str
    line: int
    is_placeholder: bool
    is_statement: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `[start, end)` of the source."""

    start: int
    end: int
    by: str


class Fences:
    """The tokens of one source: no token is part of another, and none occurs in the source."""

    def __init__(self, source: str, part: str) -> None:
        self._part = part
        self._fenced: dict[str, Fenced] = {}
        stem, number = "fence", 0
        while stem in source:
            number += 1
            stem = f"fence{number}x"
        self._stem = stem
        self._pattern = re.compile(rf"{stem}[0-9]+end")

    def add_placeholder(self, placed: Placed, line: int) -> str:
        kind, text = placed.placeholder.kind, placed.placeholder.text
        return self._add(text, text, line, kind, placed.place)

    def add_text(self, text: str, line: int) -> str:
        """A token for harmless but unusual text in an attribute; it may vanish, where nothing uses the attribute."""
        plain = html.unescape(text)
        return self._add(html.escape(plain, quote=True), plain, line, None, Place.ATTRIBUTE)

    def restore_html(self, fenced: str) -> str:
        """The HTML with everything put back as it was written."""
        return self._pattern.sub(lambda found: self._fenced[found.group()].as_html, fenced)

    def restore_text(self, fenced: str) -> str:
        """The text with everything put back; what was written as a character reference is the character."""
        return self._pattern.sub(lambda found: self._fenced[found.group()].as_text, fenced)

    def statements_as_comments(self, fenced: str) -> str:
        """Statements between tags as comments, which no HTML parser moves out of a table."""

        def spell(found: re.Match[str]) -> str:
            one = self._fenced[found.group()]
            is_between = one.is_statement and one.place in {Place.CONTENT, Place.STRUCTURE}
            return f"<!--{one.token}-->" if is_between else one.token

        return self._pattern.sub(spell, fenced)

    def comments_as_statements(self, fenced: str) -> str:
        return re.sub(rf"<!--({self._pattern.pattern})-->", r"\1", fenced)

    def _add(self, as_html: str, as_text: str, line: int, kind: PlaceholderKind | None, place: Place) -> str:
        token = f"{self._stem}{len(self._fenced)}end"
        is_statement = kind is PlaceholderKind.STATEMENT
        self._fenced[token] = Fenced(token, as_html, as_text, line, kind is not None, is_statement, place)
        return token

    def check(self, fenced: str) -> None:
        """TemplateError where a placeholder has vanished, or statements have changed their order."""
        found = self._pattern.findall(fenced)
        for token, one in self._fenced.items():
            if one.is_placeholder and token not in found:
                message = f"{one.as_text} cannot stand here: what it stands in is not shown, or takes a fixed value"
                raise TemplateError(message, line=one.line, part=self._part)
        once = [token for token in found if self._fenced[token].is_statement]
        expected = [token for token, one in self._fenced.items() if one.is_statement]
        if list(dict.fromkeys(once)) != expected:
            raise TemplateError("a statement cannot stand around these tags", line=None, part=self._part)


def fence(found: Outline, fences: Fences, *, language: str) -> tuple[str, str]:
    """The source as the library takes it, and the styles that are to be written into the tags."""
    inline = [visit for visit in found.visits if visit.parent == "mj-style" and _is_inline(visit, found)]
    edits = [*_placeholder_edits(found, fences), *_removals(found), *_language(found, language)]
    edits.extend(_attribute_edits(found, fences))
    styles = "\n".join(found.source[visit.piece.start : visit.piece.end] for visit in inline)
    return _apply(found.source, edits), styles


def _apply(source: str, edits: list[Edit]) -> str:
    kept, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            continue  # It stands inside something that goes as a whole.
        kept += [source[at : edit.start], edit.by]
        at = edit.end
    return "".join([*kept, source[at:]])


def _placeholder_edits(found: Outline, fences: Fences) -> Iterator[Edit]:
    for placed in found.placed:
        one = placed.placeholder
        if placed.place is Place.COMMENT:
            continue
        if one.kind is PlaceholderKind.REMARK:
            yield Edit(one.start, one.end, "")
            continue
        token = fences.add_placeholder(placed, found.line(one.start))
        yield Edit(one.start, one.end, f"<mj-raw>{token}</mj-raw>" if placed.place is Place.STRUCTURE else token)


def _attribute_edits(found: Outline, fences: Fences) -> Iterator[Edit]:
    for visit in found.visits:
        for attribute in visit.piece.attributes:
            yield from _unsafe_runs(found, fences, attribute)


def _unsafe_runs(found: Outline, fences: Fences, attribute: Attribute) -> Iterator[Edit]:
    for run in _UNSAFE.finditer(found.blanked, attribute.start, attribute.end):
        if found.source[run.start()] == found.blanked[run.start()]:
            yield Edit(run.start(), run.end(), fences.add_text(run.group(), found.line(run.start())))


def _removals(found: Outline) -> Iterator[Edit]:
    opened: list[Visit] = []
    for visit in found.visits:
        piece = visit.piece
        if piece.kind is PieceKind.COMMENT or (piece.name == "mj-font" and piece.kind is PieceKind.EMPTY):
            yield Edit(piece.start, piece.end, "")
        elif piece.name in {"mj-font", "mj-style"} and piece.kind is PieceKind.OPEN:
            opened.append(visit)
        elif piece.name in {"mj-font", "mj-style"} and piece.kind is PieceKind.CLOSE:
            begin = opened.pop().piece
            if begin.name == "mj-font" or begin.attribute("inline") is not None:
                yield Edit(begin.start, piece.end, "")


def _is_inline(visit: Visit, found: Outline) -> bool:
    before = found.visits[found.visits.index(visit) - 1].piece
    return before.name == "mj-style" and before.attribute("inline") is not None


def _language(found: Outline, language: str) -> Iterator[Edit]:
    root = next(visit.piece for visit in found.visits if visit.piece.name == "mjml")
    if root.attribute("lang") is None:
        at = root.start + len("<mjml")
        direction = ' dir="rtl"' if direction_of(language) == "rtl" and root.attribute("dir") is None else ""
        yield Edit(at, at, f' lang="{html.escape(language, quote=True)}"{direction}')
