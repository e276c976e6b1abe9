"""Which languages there are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from preferences.wording.catalogue import Catalogue
from preferences.wording.english import ENGLISH

LANGUAGES: Mapping[str, Catalogue] = MappingProxyType({"en": ENGLISH})


def catalogue_of(language: str) -> Catalogue:
    """The catalogue of a language tag such as `en` or `en-GB` (BCP 47); English where there is none."""
    return LANGUAGES.get(language.replace("_", "-").partition("-")[0].lower(), ENGLISH)
