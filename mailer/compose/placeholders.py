"""Finds `{{ }}`, `{% %}` and `{# #}` in a source, with the place of each."""

import re
from dataclasses import dataclass
from enum import Enum

from mailer.compose.markup import HOLE, MarkupError

_STRINGS = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
# Piece by piece, each taken once and never again: the time grows with the length, whatever an author writes. Possessive
# repetition would say it in one expression, and is wrong in Python before 3.11.5, which Debian 12 has.
_PIECE = {
    "{{": re.compile(rf"(?P<end>\}}\}})|{_STRINGS}|[^'\"}}]+|\}}", re.DOTALL),
    "{%": re.compile(rf"(?P<end>%\}})|{_STRINGS}|[^'\"%]+|%", re.DOTALL),
    "{#": re.compile(r"(?P<end>#\})|[^#]+|#", re.DOTALL),
}
_OPENING = re.compile(r"\{[{%#]")


class PlaceholderKind(Enum):
    """What a placeholder does: it shows a value, steers, or says something to the author only."""

    EXPRESSION = "{{"
    STATEMENT = "{%"
    REMARK = "{#"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder, `[start, end)` in the source it was found in."""

    kind: PlaceholderKind
    text: str
    start: int
    end: int

    @property
    def is_along(self) -> bool:
        return self.kind is PlaceholderKind.EXPRESSION and self.text[2:-2].strip("-+ \t\n") == "along"


def find_placeholders(source: str) -> tuple[Placeholder, ...]:
    """Every placeholder in order; MarkupError at one that is never closed."""
    found, at = [], 0
    while (opening := _OPENING.search(source, at)) is not None:
        kind = PlaceholderKind(opening.group())
        end = _end_of(kind, source, opening.end())
        if end is None:
            raise MarkupError(f"{opening.group()} is never closed", opening.start())
        found.append(Placeholder(kind, source[opening.start() : end], opening.start(), end))
        at = end
    return tuple(found)


def _end_of(kind: PlaceholderKind, source: str, at: int) -> int | None:
    while (piece := _PIECE[kind.value].match(source, at)) is not None:
        at = piece.end()
        if piece["end"]:
            return at
    return None


def literal(text: str) -> str:
    """Text in a template that stands for itself, whatever braces it holds."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)


def blank(source: str, placeholders: tuple[Placeholder, ...]) -> str:
    """The source at the same length, with holes where placeholders stand."""
    kept, at = [], 0
    for placeholder in placeholders:
        kept.append(source[at : placeholder.start])
        kept.append(HOLE * len(placeholder.text))
        at = placeholder.end
    return "".join([*kept, source[at:]])
