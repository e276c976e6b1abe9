"""The languages there are, and where their words stand: one gettext catalogue for each, beside the packages.

What is said stands in the code and in the templates in English; a language is a folder
`<tag>/LC_MESSAGES/troth.mo`. A message that a catalogue lacks is said in English. Nothing here decides anything:
a catalogue is as fixed as the code, and read once.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

DOMAIN = "troth"
SOURCE_LANGUAGE = "en"
# Beside the packages in the source tree and in the wheel.
FOLDER = Path(__file__).resolve().parents[1] / "templates" / "languages"

# The languages that are usually written from right to left, and the scripts that are (BCP 47 subtags).
_RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ku-arab", "ps", "sd", "ug", "ur", "yi"))
_RIGHT_TO_LEFT_SCRIPTS = frozenset(("arab", "hebr", "nkoo", "syrc", "thaa"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: its tag (BCP 47), its name in itself, and whether it is written `ltr` or `rtl`."""

    tag: str
    name: str
    direction: str


# First strong isolate, and its end (Unicode, annex 9).
_ISOLATED = re.compile(r"(%\(\w+\)s|\{(?!(?:hour|minute|day|year|count|number|most)\})\w+\})")
_ISOLATE = "\u2068\\1\u2069"


class _RightToLeft(gettext.GNUTranslations):
    """Words in which whatever is filled in, such as a name, is isolated, or it would turn what stands around it.

    Numbers are not: alone they turn nothing, and the parts of a time belong together.
    """

    def gettext(self, message: str) -> str:
        return _isolated(super().gettext(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _isolated(super().ngettext(msgid1, msgid2, n))

    def pgettext(self, context: str, message: str) -> str:
        return _isolated(super().pgettext(context, message))

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return _isolated(super().npgettext(context, msgid1, msgid2, n))


@lru_cache(maxsize=4096)
def _isolated(text: str) -> str:
    return _ISOLATED.sub(_ISOLATE, text)


_folders: list[Path] = [FOLDER]


def look_in(*folders: Path) -> None:
    """Read languages from these folders from now on, what the first have before what the others have.

    An installation's own come before those that are shipped in `FOLDER`.
    """
    _folders[:] = folders
    _tags.cache_clear()
    _read.cache_clear()
    languages.cache_clear()
    nearest.cache_clear()


@cache
def languages() -> tuple[Language, ...]:
    """All there are, English first and the others by their tags."""
    return tuple(
        Language(tag=tag, name=own_name(translations_of(tag)), direction=direction_of(tag))
        for tag in (SOURCE_LANGUAGE, *sorted(set(_tags()) - {SOURCE_LANGUAGE}))
    )


def own_name(words: gettext.NullTranslations) -> str:
    """The name of a language in itself, as it stands in its catalogue."""
    # A translator writes "Deutsch", "Polski", "العربية" here: the name of the language that is translated to.
    return words.pgettext("the language's name in itself", "English")


# Whoever asks may name any tag, so only the last ones are kept.
@lru_cache(maxsize=1024)
def nearest(tag: str | None) -> str | None:
    """The language there is for a tag such as `de-AT` or `de_AT`: itself, its primary language, or one of its kind.

    None where there is none, and for no tag.
    """
    asked = (tag or "").replace("_", "-").casefold()
    primary = asked.partition("-")[0]
    there = {known.casefold(): known for known in (SOURCE_LANGUAGE, *_tags())}
    of_kind = sorted(known for known in there if known.partition("-")[0] == primary)
    return there.get(asked) or there.get(primary) or (there[of_kind[0]] if of_kind else None)


def first_of(tags: Iterable[str]) -> str | None:
    """The first language there is among those that somebody reads, the best first; None where there is none."""
    return next((found for tag in tags if (found := nearest(tag)) is not None), None)


def direction_of(tag: str) -> str:
    """How a language is written: `rtl` or `ltr`, by its script where the tag names one."""
    parts = tag.replace("_", "-").casefold().split("-")
    scripts = [part for part in parts[1:] if len(part) == 4 and part.isalpha()]
    is_rtl = scripts[0] in _RIGHT_TO_LEFT_SCRIPTS if scripts else parts[0] in _RIGHT_TO_LEFT
    return "rtl" if is_rtl else "ltr"


def translations_of(tag: str | None) -> gettext.NullTranslations:
    """The words of the language there is for a tag, English where there is none; the same object every time."""
    return _read(nearest(tag) or SOURCE_LANGUAGE)


@cache
def _tags() -> tuple[str, ...]:
    found = {path.parents[1].name for folder in _folders for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return tuple(sorted(found))


@cache
def _read(tag: str) -> gettext.NullTranslations:
    english = gettext.NullTranslations()
    words: gettext.NullTranslations | None = None
    for folder in reversed(_folders):
        path = folder / tag / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if path.exists():
            kind = _RightToLeft if direction_of(tag) == "rtl" else gettext.GNUTranslations
            with path.open("rb") as file:
                found = kind(file)
            found.add_fallback(words or english)
            words = found
    return words or english
