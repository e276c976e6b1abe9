"""Text from HTML: readable, with every link, and without what only lays the page out."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from mailer.compose.markup import VOID_TAGS, words
from mailer.compose.placeholders import find_placeholders

_BLOCKS = words(
    "address article blockquote body center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "main nav ol p pre section table tbody tfoot thead tr ul"
)
_PARAGRAPHS = words("blockquote dl figure h1 h2 h3 h4 h5 h6 hr ol p pre ul")
_UNSEEN = words("head style script title noscript")
# Wide enough for a sentence, narrow enough for a window and a quote of it.
COLUMNS = 72
_LONG_LINE = re.compile(rf"^(?=.{{{COLUMNS + 1}}})( *(?:[-*] |[0-9]{{1,3}}\. )?)(.+)$", re.MULTILINE)
_OPENS = re.compile(r"\{[{%#]")
_SPACES = re.compile(r"[ \t\n\r\f\v\u00a0]+")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def text_of(html: str) -> str:
    """The text of an HTML document, paragraphs apart, a link as `label <target>`, an image as its alt text.

    Tables that only lay out (`role=presentation`) are read cell by cell, others row by row. What is hidden and links
    within the page are left out. May be empty.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [line.strip() for line in "".join(reader.written).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def wrapped(text: str) -> str:
    """The text with no line longer than `COLUMNS`, but where a single word is; what is indented stays indented."""
    return _LONG_LINE.sub(_in_lines, text)


def wrapped_template(source: str) -> str:
    """The template of a text with every line wrapped that is the same for all, so that it is not done for each."""
    if any("\n" in placeholder.text for placeholder in find_placeholders(source)):
        return source
    return _LONG_LINE.sub(lambda found: found.group() if _OPENS.search(found.group()) else _in_lines(found), source)


def tidied(line: str) -> str:
    """One line of a finished text, or several where it was too long: it ends in no space, and begins with no lone one."""
    line = line.rstrip()
    if line[:1] == " " and line[1:2] != " ":
        line = line[1:]
    return wrapped_line(line) if len(line) > COLUMNS else line


def wrapped_line(line: str) -> str:
    """The same as `wrapped` for a text without a line end."""
    if line[:1].isalpha() and "  " not in line:
        return "\n".join(_broken(line, COLUMNS))
    found = _LONG_LINE.match(line)
    return line if found is None else _in_lines(found)


def _in_lines(found: re.Match[str]) -> str:
    begin, rest = found.group(1), found.group(2)
    # What follows a bullet or a number stands below its first word.
    width = max(COLUMNS - len(begin), 20)
    is_spaced = rest[0] == " " or "  " in rest
    lines = _broken_between_words(rest.split(" "), width) if is_spaced else _broken(rest, width)
    return begin + f"\n{' ' * len(begin)}".join(lines)


def _broken(text: str, width: int) -> list[str]:
    """The lines of a text in which no two spaces stand together: each is broken at the last space that it has room for."""
    lines, at = [], 0
    while len(text) - at > width:
        end = text.rfind(" ", at, at + width + 1)
        if end < 0:
            end = text.find(" ", at + width)
            if end < 0:
                break
        lines.append(text[at:end])
        at = end + 1
    lines.append(text[at:])
    return lines


def _broken_between_words(words: Sequence[str], width: int) -> list[str]:
    """The same for any text, word by word; spaces at the beginning of a line are left out."""
    lines, line = [], ""
    for word in words:
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def links_of(html: str) -> tuple[str, ...]:
    """The targets of the links of an HTML document, in order, each once; links within the page are left out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(dict.fromkeys(reader.links))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._unseen = 0
        self._targets: list[tuple[str, int]] = []
        self._tables: list[bool] = []
        self._bullets: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_unseen = tag in _UNSEEN or _HIDDEN.search(given.get("style", "")) is not None
        if tag not in VOID_TAGS:
            self._open.append((tag, is_unseen))
            self._unseen += is_unseen
        if not self._unseen:
            self._begin(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_TAGS:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in (name for name, _ in self._open):
            return
        while self._open:
            name, is_unseen = self._open.pop()
            if not self._unseen:
                self._end(name)
            self._unseen -= is_unseen
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._write(_SPACES.sub(" ", data))

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        if tag == "table":
            self._tables.append(given.get("role") == "presentation")
        if tag in _BLOCKS:
            self._break(2 if tag in _PARAGRAPHS else 1)
        match tag:
            case "br":
                self.written.append("\n")
            case "a":
                self._begin_link(given.get("href", "").strip())
            case "img":
                self._write(_SPACES.sub(" ", given.get("alt", "")))
            case "ol" | "ul":
                self._bullets.append(0 if tag == "ol" else None)
            case "li":
                self._bullet()
            case "td" | "th":
                self._cell()
            case _:
                pass

    def _begin_link(self, href: str) -> None:
        target = "" if href.startswith("#") else href
        if target:
            self.links.append(target)
        if self._last() == ">":
            self.written.append(" ")
        self._targets.append((target, len(self.written)))

    def _end(self, tag: str) -> None:
        match tag:
            case "a" if self._targets:
                self._end_link(*self._targets.pop())
            case "ol" | "ul" if self._bullets:
                self._bullets.pop()
            case "table" if self._tables:
                self._tables.pop()
            case _:
                pass
        if tag in _BLOCKS:
            self._break(2 if tag in _PARAGRAPHS else 1)

    def _end_link(self, target: str, begun: int) -> None:
        label = "".join(self.written[begun:]).strip()
        if target and label not in {target, target.removeprefix("mailto:")}:
            self._write(f" <{target}>" if label else f"<{target}>")

    def _bullet(self) -> None:
        self._break(1)
        number = self._bullets[-1] if self._bullets else None
        if number is not None:
            self._bullets[-1] = number + 1
        self._write("- " if number is None else f"{number + 1}. ")

    def _cell(self) -> None:
        if self._tables and not self._tables[-1]:
            if self._last() not in {"\n", ""}:
                self._write(" | ")
        else:
            self._break(2)

    def _write(self, text: str) -> None:
        if self._last() in {"\n", " ", ""}:
            text = text.removeprefix(" ")
        if text:
            self.written.append(text)

    def _break(self, lines: int) -> None:
        tail = "".join(self.written[-3:]).rstrip(" ")
        there = len(tail) - len(tail.rstrip("\n"))
        if tail and there < lines:
            self.written.append("\n" * (lines - there))

    def _last(self) -> str:
        return self.written[-1][-1] if self.written else ""
