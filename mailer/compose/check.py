"""Checks MJML before the library sees it, because the library drops silently what it does not know."""

from collections.abc import Iterator
from dataclasses import dataclass

from mailer.compose.errors import TemplateError
from mailer.compose.markup import HOLE, MarkupError, PieceKind, line_of
from mailer.compose.outline import Outline, Place, Placed, Visit, outline
from mailer.compose.placeholders import PlaceholderKind, find_placeholders
from mailer.compose.sandbox import check_template
from mailer.compose.vocabulary import ATTRIBUTES, CHILDREN, REFUSED_HTML, WITHOUT_EFFECT

# A mail of more than about 102 kB is clipped; what makes it is never much longer.
SOURCE_LIMIT = 300_000

_TAKES_STATEMENTS = frozenset({"mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in one sentence, and the line of the source, counted from 1."""

    line: int
    message: str


def check_source(mjml: str) -> tuple[Problem, ...]:
    """Every problem of an MJML source in the order of its lines; empty where it can be compiled.

    What is not well-formed hides everything after it, so then there is one problem only.
    """
    source = normalise(mjml)
    if len(source) > SOURCE_LIMIT:
        return (Problem(1, f"the source has {len(source)} characters; at most {SOURCE_LIMIT} are read"),)
    try:
        find_placeholders(source)
        check_template(source, part="mjml", is_html=True)
        found = outline(source)
    except TemplateError as error:
        return (Problem(error.line or 1, error.message),)
    except MarkupError as error:
        return (Problem(line_of(source, error.offset), error.message),)
    problems = [Problem(found.line(offset), message) for offset, message in _problems(found)]
    return tuple(sorted(problems, key=lambda problem: problem.line))


def notices(mjml: str) -> tuple[Problem, ...]:
    """What is allowed but worth saying, by line: fonts that are not loaded, attributes without effect, missing alt texts.

    Empty where the source has problems, which come first.
    """
    if check_source(mjml):
        return ()
    found = outline(normalise(mjml))
    said = [Problem(found.line(offset), message) for visit in found.visits for offset, message in _notices(visit)]
    return tuple(sorted(said, key=lambda problem: problem.line))


def _notices(visit: Visit) -> Iterator[tuple[int, str]]:
    piece = visit.piece
    if piece.kind not in {PieceKind.OPEN, PieceKind.EMPTY}:
        return
    if piece.name == "mj-font":
        yield piece.start, "the font is not loaded: mail here uses no remote fonts"
    for attribute in piece.attributes:
        if attribute.name in WITHOUT_EFFECT.get(piece.name, frozenset()):
            yield attribute.start, f"{attribute.name} of <{piece.name}> has no effect here"
    if piece.name in {"mj-image", "img"} and "mj-attributes" not in visit.path and piece.attribute("alt") is None:
        yield piece.start, 'the image has no alt text; write alt="" if it says nothing'


def normalise(source: str) -> str:
    """The source with line ends `\\n`, without a byte order mark; so lines count the same everywhere."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _problems(found: Outline) -> Iterator[tuple[int, str]]:
    if not any(visit.piece.name == "mj-body" and visit.path == ("mjml",) for visit in found.visits):
        yield 0, "there is no <mj-body> in an <mjml>"
    for visit in found.visits:
        match visit.piece.kind:
            case PieceKind.OPEN | PieceKind.EMPTY:
                yield from _tag_problems(visit)
            case PieceKind.TEXT if visit.content_tag is None:
                yield from _stray_text(visit, found)
            case _:
                pass
    for placed in found.placed:
        if (message := _placeholder_problem(placed)) is not None:
            yield placed.placeholder.start, message


def _tag_problems(visit: Visit) -> Iterator[tuple[int, str]]:
    tag, at = visit.piece.name, visit.piece.start
    if visit.content_tag is not None:
        if tag.startswith("mj-") or tag == "mjml":
            yield at, f"<{tag}> cannot stand inside <{visit.content_tag}>"
        elif tag in REFUSED_HTML:
            yield at, f"<{tag}> cannot stand in a mail"
    elif tag == "mj-include":
        yield at, "<mj-include> is not read here; paste what it would include"
    elif tag not in ATTRIBUTES:
        yield at, f"<{tag}> is no tag that can be rendered"
    elif tag not in CHILDREN.get(visit.parent, frozenset()):
        yield at, f"<{tag}> cannot stand inside <{visit.parent}>" if visit.parent else f"<{tag}> stands outside <mjml>"
    else:
        yield from _attribute_problems(visit)


def _attribute_problems(visit: Visit) -> Iterator[tuple[int, str]]:
    for attribute in visit.piece.attributes:
        if attribute.name not in ATTRIBUTES[visit.piece.name]:
            yield attribute.start, f"<{visit.piece.name}> has no attribute {attribute.name}"


def _stray_text(visit: Visit, found: Outline) -> Iterator[tuple[int, str]]:
    text = found.blanked[visit.piece.start : visit.piece.end].replace(HOLE, " ")
    if not text.strip():
        return
    at = visit.piece.start + len(text) - len(text.lstrip())
    yield (
        at,
        f"text cannot stand directly in <{visit.parent}>; put it into <mj-text>"
        if visit.parent
        else ("text stands outside <mjml>"),
    )


def _placeholder_problem(placed: Placed) -> str | None:
    kind, visit = placed.placeholder.kind, placed.visit
    if kind is PlaceholderKind.REMARK:
        return None
    if placed.placeholder.is_along and not _is_slot(placed):
        return "{{ along }} stands between sections in <mj-body>, or alone in <mj-text>"
    match placed.place:
        case Place.STYLE:
            return "a placeholder cannot stand in a style; put it into an attribute"
        case Place.COMMENT if kind is PlaceholderKind.STATEMENT:
            return "a statement in a comment would still be obeyed; write {# #} around what is not wanted"
        case Place.STRUCTURE if visit.parent in {"", "mjml", "mj-head", "mj-attributes"}:
            return "a placeholder cannot stand outside <mj-body>"
        case Place.STRUCTURE if kind is PlaceholderKind.EXPRESSION and visit.parent != "mj-body":
            return f"a placeholder cannot stand directly in <{visit.parent}>; put it into <mj-text>"
        case Place.STRUCTURE if visit.parent not in _TAKES_STATEMENTS:
            return f"a statement cannot stand directly in <{visit.parent}>"
        case Place.ATTRIBUTE if "mj-head" in visit.path:
            return "a placeholder cannot stand in a default attribute; put it where it is used"
        case _:
            return None


def _is_slot(placed: Placed) -> bool:
    if placed.place is Place.STRUCTURE:
        return placed.visit.parent == "mj-body"
    return placed.place is Place.CONTENT and placed.visit.path[-1] in {"mj-text", "mj-raw"} and (
        placed.visit.path[-1] == "mj-text" or placed.visit.path[-2] == "mj-body"
    )  # fmt: skip
