"""The language of what is just being answered: its words, by gettext. English is what stands in the code.

`_("...")` and `ngettext` are asked at the moment a page is made, never when a module is loaded.
"""

from __future__ import annotations

from gettext import NullTranslations

_ENGLISH = NullTranslations()


def _(message: str) -> str:
    """The words in the language of this answer."""
    return _ENGLISH.gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """The words for so many, in the language of this answer."""
    return _ENGLISH.ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    """The words, where the same English words mean two things."""
    return _ENGLISH.pgettext(context, message)


def npgettext(context: str, one: str, many: str, number: int) -> str:
    """As `ngettext`, where the same English words mean two things."""
    return _ENGLISH.npgettext(context, one, many, number)
