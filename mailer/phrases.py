"""What many readers are told in the same words: made once, and kept for the next of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime

from preferences.calendar import local_date
from preferences.count import Count
from preferences.expectation import Arrives, Terms
from preferences.promise import clauses
from preferences.store.topics import TopicRow
from preferences.wording import count_line, plain, sentence, why_line

# Of each kind; beyond, all are forgotten.
_MOST = 20_000


class Phrases:
    """Keeps sentences by what they say; threads share it, and two of them may make the same one at once."""

    def __init__(self) -> None:
        self._said: dict[Hashable, str] = {}

    def promise(self, terms: Terms, topics: Mapping[int, TopicRow], now: datetime, language: str) -> str:
        """The promise of these terms, as it is said on the reader's date."""
        names = tuple((one, topics[one].name) for one in terms.topics)
        key = (terms.alike, names, local_date(terms.zone, now), self._is_pause_ahead(terms, now), language)
        return self._kept(key, lambda: sentence(clauses(terms, dict(names), now), language, plain))

    def count(self, count: Count, language: str) -> str:
        """The how-manieth mail of how many it is."""
        return self._kept((count, language), lambda: count_line(count.number, count.cap, language))

    def why(self, names: tuple[str, ...], arrives: Arrives, language: str) -> str:
        """Why a mail about these topics came."""
        return self._kept((names, arrives, language), lambda: why_line(*names, arrives=arrives, language=language))

    def _is_pause_ahead(self, terms: Terms, now: datetime) -> tuple[bool, bool]:
        """Whether a pause begins later than now, and whether it ends later: the sentence says what is left of it."""
        return (False, False) if terms.pause is None else (now < terms.pause[0], now < terms.pause[1])

    def _kept(self, key: Hashable, say: Callable[[], str]) -> str:
        said = self._said.get(key)
        if said is None:
            if len(self._said) >= _MOST:
                self._said.clear()
            said = self._said[key] = say()
        return said
