"""The language of what is just being answered, and its words, by gettext. English is what stands in the code.

`_("...")` and `ngettext` are asked at the moment a page is made, never when a module is loaded. A page says `speak`
as soon as it knows whose it is; one that does not is in the language that was asked for, or that the browser prefers.
"""

from __future__ import annotations

from functools import cache, lru_cache
from gettext import NullTranslations

from babel.core import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from flask import g, has_app_context, has_request_context, request
from werkzeug.exceptions import HTTPException

from preferences.errors import Said
from preferences.languages import SOURCE_LANGUAGE, direction_of, first_of, nearest, translations_of
from preferences.languages import languages as all_languages

# The field of a form and of an address with which somebody asks for a language.
FIELD = "lang"


def speak(own: str | None, publication: str | None = None) -> str:
    """Answer this request in one language, and say which.

    It is `own`, the subscriber's; else what was asked for (`?lang=` or a form's field); else the first that the
    browser prefers among those there are; else that of the publication.
    """
    g.troth_language = (
        nearest(own) or nearest(_asked_for()) or first_of(_preferred()) or nearest(publication)
    ) or SOURCE_LANGUAGE
    return language()


def speak_english() -> None:
    """Answer this request in English, as the console does."""
    g.troth_language = SOURCE_LANGUAGE


def language() -> str:
    """The tag of the language of this answer; English where nothing is being answered."""
    # A page asks for it so often that it is looked for before anything else.
    tag: str | None = g.get("troth_language") if has_app_context() else None
    if tag is None:
        return speak(None) if has_request_context() else SOURCE_LANGUAGE
    return tag


def direction() -> str:
    """How the language of this answer is written: `ltr` or `rtl`."""
    return direction_of(language())


def languages() -> list[tuple[str, str]]:
    """What readers can choose from: the tag of each language and its name in itself."""
    return [(one.tag, one.name) for one in all_languages()]


def _asked_for() -> str | None:
    try:
        return request.values.get(FIELD)
    except HTTPException:
        # A form that is too large to be read is answered by a page, which has a language, too.
        return request.args.get(FIELD)


def _preferred() -> list[str]:
    return [tag for tag, quality in request.accept_languages if quality > 0 and tag != "*"]


def number(value: float) -> str:
    """A number as the language of this answer writes it, with at most one decimal: "1,234.5", "1.234,5"."""
    return _number(value, language())


# Babel works it out from its rules each time, and pages say small numbers.
@lru_cache(maxsize=1024)
def _number(value: float, tag: str) -> str:
    return format_decimal(value, format="#,##0.#", locale=_locale(tag))


@cache
def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(SOURCE_LANGUAGE)


def said_here(message: str) -> str:
    """A message of the law in the language of this answer; one that is no `Said` as it is."""
    if not isinstance(message, Said):
        return message
    return _words().gettext(message.pattern).format(**message.places)


def _words() -> NullTranslations:
    if not has_request_context():
        return translations_of(SOURCE_LANGUAGE)
    tag = language()
    # A page asks for a hundred words; they are looked for once.
    known: tuple[str, NullTranslations] = g.get("troth_words", ("", None))
    if known[0] != tag:
        known = g.troth_words = (tag, translations_of(tag))
    return known[1]


def _(message: str) -> str:
    """The words in the language of this answer."""
    return _words().gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The words for so many, in the language of this answer."""
    return _words().ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    """The words, where the same English words mean two things."""
    return _words().pgettext(context, message)


def npgettext(context: str, one: str, many: str, number: int) -> str:
    """As `ngettext`, where the same English words mean two things."""
    return _words().npgettext(context, one, many, number)
