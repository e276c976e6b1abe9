"""The catalogues of the languages: made from what stands in code and templates, checked, and compiled. Babel does it.

A catalogue is `<folder>/<tag>/LC_MESSAGES/troth.po`; beside it stands what is read when Troth runs, `troth.mo`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from preferences.errors import Invalid
from preferences.languages import DOMAIN, SOURCE_LANGUAGE

ROOT = Path(__file__).resolve().parents[1]
# What begins with this in a comment above a message goes into the catalogues.
REMARK = "Translators:"
_KEYWORDS: Mapping[str, Any] = {**DEFAULT_KEYWORDS, "Said": None}
_PAGES = {"trimmed": "true", "newstyle_gettext": "true", "extensions": "jinja2.ext.i18n"}
_MAILS = {
    "block_start_string": "[%",
    "block_end_string": "%]",
    "variable_start_string": "[[",
    "variable_end_string": "]]",
    "comment_start_string": "[#",
    "comment_end_string": "#]",
}
_JINJA = "jinja2.ext:babel_extract"
# Where readers' words stand; the console is in English.
_SOURCES: Sequence[tuple[str, str, Mapping[str, str]]] = (
    ("preferences/**/*.py", "python", {}),
    ("mailer/compose/**/*.py", "python", {}),
    ("webapp/**/*.py", "python", {}),
    ("templates/pages/**/*", _JINJA, _PAGES),
    ("templates/_shared/**/*", _JINJA, _PAGES),
    ("templates/emails/**/*.txt", _JINJA, _MAILS),
    ("templates/emails/**/*.mjml", _JINJA, _MAILS),
)
_PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
_WIDTH = 120
# Babel writes a date; one that never changes.
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One message of a catalogue that cannot be said as it is, and why."""

    message: str
    problem: str


def template() -> Catalog:
    """Every message there is, in the order of the files, with the comments for translators and nothing translated."""
    made = Catalog(domain=DOMAIN, project="Troth", charset="utf-8", fuzzy=False)
    for pattern, method, options in _SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                _take(made, path, method, options)
    return made


def _take(made: Catalog, path: Path, method: str, options: Mapping[str, str]) -> None:
    name = path.relative_to(ROOT).as_posix()
    with path.open("rb") as file:
        for _line, message, comments, context in extract(method, file, _KEYWORDS, (REMARK,), dict(options)):
            # Files without lines: a line that moves is no change of a catalogue.
            made.add(message, None, [(name, None)], auto_comments=comments, context=context)  # type: ignore[list-item]


def path_of(folder: Path, tag: str) -> Path:
    """Where the catalogue of a language stands in a folder of languages."""
    return folder / tag / "LC_MESSAGES" / f"{DOMAIN}.po"


def checked_tag(tag: str) -> str:
    """A language tag as catalogues are named by it, such as `fr` or `pt-BR`. Raises `Invalid` for what is none."""
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise Invalid.one("language", f"{tag!r} is no language; write it as in fr or pt-BR") from error
    if locale.language == SOURCE_LANGUAGE and locale.territory is None:
        raise Invalid.one("language", "English is the language of the sources; it needs no catalogue")
    return str(locale).replace("_", "-")


def brought_up_to_date(folder: Path, tag: str) -> Catalog:
    """The catalogue of a language with exactly the messages there are: translations are kept, what is gone goes.

    It is written, and empty for a language that is new. A message that has changed has no translation any more: a
    guess would be said to readers.
    """
    locale = tag.replace("-", "_")
    path = path_of(folder, tag)
    catalog = read(path, tag) if path.exists() else Catalog(locale=locale, domain=DOMAIN, project="Troth", fuzzy=False)
    catalog.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(catalog))
    return catalog


def read(path: Path, tag: str) -> Catalog:
    """A catalogue from its file."""
    with path.open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"), domain=DOMAIN, abort_invalid=True)


def written(catalog: Catalog) -> bytes:
    """The text of a catalogue: the same for the same messages, whenever it is written."""
    out = BytesIO()
    write_po(out, catalog, width=_WIDTH, omit_header=True, include_lineno=False)
    return _header(catalog) + out.getvalue()


def _header(catalog: Catalog) -> bytes:
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {str(catalog.locale).replace("_", "-")}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Plural-Forms: {catalog.plural_forms}\\n"',
    ]
    return "\n".join([*lines, "", ""]).encode()


def compiled(catalog: Catalog) -> bytes:
    """What is read when Troth runs: the same for the same translations."""
    out = BytesIO()
    catalog.creation_date = catalog.revision_date = _NO_DATE
    write_mo(out, catalog)
    return out.getvalue()


def faults(catalog: Catalog) -> list[Fault]:
    """What is missing, marked as unsure, or has other places than the English; in the order of the catalogue."""
    return [
        Fault(message=_shown(message), problem=found) for message in catalog if message.id for found in _wrong(message)
    ]


def _wrong(message: Message) -> Iterator[str]:
    said = _forms(message.string)
    if not all(said):
        yield "is not translated" if not any(said) else "lacks a plural form"
        return
    if message.fuzzy:
        yield "is marked as fuzzy: look at it, and remove the mark"
    english = _forms(message.id)
    known = {place for text in english for place in _places(text)}
    # A plural form may leave out what the English form for one leaves out, or the number: "one mail", "eine Mail".
    needed = _places(english[-1]) - ({"count", "num"} if len(english) > 1 else set())
    for text in said:
        if missing := needed & _places(english[0]) - _places(text):
            yield f"lacks {_listed(missing)}"
        if unknown := _places(text) - known:
            yield f"has {_listed(unknown)}, which the English has not"


def _forms(text: str | Sequence[str | None] | None) -> tuple[str, ...]:
    """A message or a translation, with all its plural forms."""
    return tuple(form or "" for form in ((text,) if isinstance(text, str) or text is None else text))


def _places(text: str) -> frozenset[str]:
    # {Line} is {line} with a large first letter.
    return frozenset((old or new).lower() for old, new in _PLACE.findall(text.replace("%%", "")))


def _listed(places: frozenset[str] | set[str]) -> str:
    return ", ".join(f"{{{place}}}" for place in sorted(places))


def _shown(message: Message) -> str:
    return _forms(message.id)[0]
