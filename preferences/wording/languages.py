"""The catalogue of a language, made once from its translations."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations

from preferences.languages import translations_of
from preferences.wording.catalogue import Catalogue
from preferences.wording.filling import filled


def catalogue_of(language: str) -> Catalogue:
    """The catalogue of a language tag such as `en` or `de-AT` (BCP 47); English where there is none."""
    return _catalogue(translations_of(language))


@cache
def _catalogue(words: NullTranslations) -> Catalogue:
    return filled(words)
