"""The words of footer and of what comes along, by language."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What stands around the sentences of the promise, in one language."""

    language: str
    also: str
    manage: str
    unsubscribe: str
    read_on_web: str
    all_links: str


WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        "en": Wording(
            language="en",
            also="Also for you",
            manage="Manage preferences",
            unsubscribe="Unsubscribe",
            read_on_web="Read on the web",
            all_links="Links in this mail",
        )
    }
)


def wording_for(language: str | None) -> Wording:
    """The wording in the language of a tag such as `de-CH`; English where there is none yet."""
    primary = (language or "en").partition("-")[0].lower()
    return WORDINGS.get(primary, WORDINGS["en"])
