"""The structure of one MJML source: every piece with the tags it stands in, and where each placeholder stands."""

import bisect
from dataclasses import dataclass
from enum import Enum

from mailer.compose.markup import MarkupError, Piece, PieceKind, line_of, read_pieces
from mailer.compose.placeholders import Placeholder, blank, find_placeholders
from mailer.compose.vocabulary import CONTENT_TAGS

# The library that renders is recursive and ends the process at some thousand levels.
DEPTH_LIMIT = 100


class Place(Enum):
    """Where a placeholder stands."""

    ATTRIBUTE = "attribute"
    CONTENT = "content"
    STRUCTURE = "structure"
    STYLE = "style"
    COMMENT = "comment"
    CONDITIONAL = "conditional comment"


@dataclass(frozen=True, slots=True)
class Visit:
    """A piece and the names of the tags it stands in, outermost first."""

    piece: Piece
    path: tuple[str, ...]

    @property
    def parent(self) -> str:
        return self.path[-1] if self.path else ""

    @property
    def content_tag(self) -> str | None:
        """The MJML tag with HTML in it that this piece stands in, or None where it stands between MJML tags."""
        return next((tag for tag in self.path if tag in CONTENT_TAGS), None)


@dataclass(frozen=True, slots=True)
class Placed:
    """A placeholder, the piece it stands in, and what kind of place that is."""

    placeholder: Placeholder
    visit: Visit
    place: Place


@dataclass(frozen=True, slots=True)
class Outline:
    """A source that is well-formed; whether its tags are known is for `check` to say."""

    source: str
    blanked: str
    visits: tuple[Visit, ...]
    placed: tuple[Placed, ...]

    def line(self, offset: int) -> int:
        return line_of(self.source, offset)


def outline(source: str) -> Outline:
    """The outline of a source with line ends `\\n`; MarkupError at the first place that is not well-formed."""
    placeholders = find_placeholders(source)
    blanked = blank(source, placeholders)
    visits = _visits(blanked)
    starts = [visit.piece.start for visit in visits]
    placed = []
    for placeholder in placeholders:
        visit = visits[bisect.bisect_right(starts, placeholder.start) - 1]
        placed.append(Placed(placeholder, visit, _place(visit)))
    return Outline(source, blanked, visits, tuple(placed))


def _visits(blanked: str) -> tuple[Visit, ...]:
    visits: list[Visit] = []
    opened: list[Piece] = []
    path: tuple[str, ...] = ()
    for piece in read_pieces(blanked):
        if piece.kind is PieceKind.CLOSE:
            _check_closes(piece, opened)
            opened.pop()
            path = path[:-1]
        visits.append(Visit(piece, path))
        if piece.kind is PieceKind.OPEN:
            opened.append(piece)
            path = (*path, piece.name)
        if len(path) > DEPTH_LIMIT:
            raise MarkupError(f"tags are nested more than {DEPTH_LIMIT} deep", piece.start)
    if opened:
        raise MarkupError(f"<{opened[-1].name}> is never closed", opened[-1].start)
    return tuple(visits)


def _check_closes(piece: Piece, opened: list[Piece]) -> None:
    if not opened:
        raise MarkupError(f"</{piece.name}> closes nothing", piece.start)
    if opened[-1].name == piece.name:
        return
    if any(tag.name == piece.name for tag in opened):
        raise MarkupError(f"<{opened[-1].name}> is never closed; </{piece.name}> comes first", opened[-1].start)
    raise MarkupError(f"</{piece.name}> closes nothing; <{opened[-1].name}> is open here", piece.start)


def _place(visit: Visit) -> Place:
    match visit.piece.kind:
        case PieceKind.COMMENT:
            return Place.COMMENT
        case PieceKind.CONDITIONAL:
            return Place.CONDITIONAL
        case PieceKind.OPEN | PieceKind.EMPTY | PieceKind.CLOSE:
            return Place.ATTRIBUTE
        case PieceKind.TEXT if visit.parent in {"style", "mj-style"}:
            return Place.STYLE
        case PieceKind.TEXT:
            return Place.STRUCTURE if visit.content_tag is None else Place.CONTENT
