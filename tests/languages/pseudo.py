"""Languages that nobody speaks, made from all messages there are: to see what escapes, what breaks, and what is mirrored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog

from preferences.languages import DOMAIN, FOLDER, look_in
from webapp.translating import compiled, path_of, template

# Accents and brackets, forty per cent longer, from the left; the same in the direction of Arabic.
LONG, MIRRORED = "en-XA", "ar-XB"
_ACCENTS = str.maketrans("AaCcEeIiNnOoSsUuYyZz", "ÅåÇçÉéÎîÑñÖöŠšÜüÝýŽž")
# Places, tags and entities stay as they are.
_KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\}|<[^>]*>|&\w+;)")


@contextmanager
def spoken(folder: Path, *tags: str) -> Iterator[None]:
    """These pseudo-languages are there, beside those that are shipped."""
    for tag in tags:
        speak(folder, tag, pseudo)
    look_in(folder, FOLDER)
    try:
        yield
    finally:
        look_in(FOLDER)


def speak(folder: Path, tag: str, say: Callable[[str], str]) -> None:
    """A compiled catalogue in which `say` says every message."""
    path = path_of(folder, tag).with_suffix(".mo")
    path.parent.mkdir(parents=True)
    path.write_bytes(_said_by(say))


@cache
def _said_by(say: Callable[[str], str]) -> bytes:
    made = Catalog(locale="en", domain=DOMAIN)
    for message in template():
        if not message.id:
            continue
        is_list = (message.context or "").endswith("divided by spaces")
        forms = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        said = tuple(" ".join(map(say, form.split())) if is_list else say(form) for form in forms)
        made.add(message.id, said[0] if isinstance(message.id, str) else said, context=message.context)
    return compiled(made)


def pseudo(text: str) -> str:
    """A text in brackets with accents, longer than it was: "⟦Ñöthîñg élšé.~~~~⟧"."""
    parts = _KEPT.split(text)
    said = "".join(part if place % 2 else part.translate(_ACCENTS) for place, part in enumerate(parts))
    return f"⟦{said}{'~' * (len(text) * 2 // 5)}⟧"


class _Reader(HTMLParser):
    """What a reader reads on a page or in a mail: its texts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("style", "script", "textarea", "code", "pre"):
            self._silent.append(tag)
        for name in ("aria-label", "alt", "title", "placeholder"):
            self.said.append(given.get(name) or "")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def escaped(markup: str, *theirs: str) -> list[str]:
    """The words of a page that stand outside of all brackets and are not `theirs`: what no catalogue has said."""
    reader = _Reader()
    reader.feed(markup)
    return outside("\n".join(reader.said), *theirs)


def outside(text: str, *theirs: str) -> list[str]:
    """The same of a plain text."""
    depth, left = 0, []
    for part in re.split(r"([⟦⟧])", text):
        depth += {"⟦": 1, "⟧": -1}.get(part, 0)
        if depth == 0 and part != "⟧":
            left.append(part)
    said = re.sub(r"https?://\S+|\S+@\S+", " ", "\n".join(left))
    for own in sorted(theirs, key=len, reverse=True):
        said = said.replace(own, " ")
    return re.findall(r"[^\W\d_]{2,}(?: [^\W\d_]+)*", said)
