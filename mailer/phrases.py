"""What many readers are told in the same words: made once, and kept for the next of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime

from preferences.calendar import ONE_DAY, first_instant, local_date
from preferences.count import Count
from preferences.expectation import Arrives, Terms
from preferences.promise import clauses
from preferences.wording import count_line, plain, sentence, why_line

# Of each kind; beyond, all are forgotten.
_MOST = 20_000
# Of publications, as their topics were called at one time or another.
_MOST_NAMES = 500


class TopicNames:
    """The names of a publication's topics as they are now; one object for as long as they are called so."""

    __slots__ = ("names",)

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names


# A sentence, and the half-open span of instants in which the same is said.
_Said = tuple[str, datetime, datetime]


class Phrases:
    """Keeps sentences by what they say; threads share it, and two of them may make the same one at once."""

    def __init__(self) -> None:
        self._said: dict[Hashable, str] = {}
        self._promised: dict[Hashable, _Said] = {}
        self._names: dict[Hashable, TopicNames] = {}

    def names(self, names: Mapping[int, str]) -> TopicNames:
        """These names of a publication's topics, all of them."""
        key = tuple(sorted(names.items()))
        found = self._names.get(key)
        if found is None:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
            found = self._names[key] = TopicNames(dict(names))
        return found

    def promise(self, terms: Terms, topics: TopicNames, now: datetime, language: str) -> str:
        """The promise of these terms, as it is said on the reader's date."""
        key = (terms.alike, topics, language)
        kept = self._promised.get(key)
        if kept is None or not kept[1] <= now < kept[2]:
            if len(self._promised) >= _MOST:
                self._promised.clear()
            said = sentence(clauses(terms, topics.names, now), language, plain)
            kept = self._promised[key] = (said, *_said_alike(terms, now))
        return kept[0]

    def count(self, count: Count, language: str) -> str:
        """The how-manieth mail of how many it is."""
        number, cap = count.number, count.cap
        return self._kept((number, cap.count, cap.per, language), lambda: count_line(number, cap, language))

    def why(self, names: tuple[str, ...], arrives: Arrives, language: str) -> str:
        """Why a mail about these topics came."""
        return self._kept((names, arrives, language), lambda: why_line(*names, arrives=arrives, language=language))

    def _kept(self, key: Hashable, say: Callable[[], str]) -> str:
        said = self._said.get(key)
        if said is None:
            if len(self._said) >= _MOST:
                self._said.clear()
            said = self._said[key] = say()
        return said


def _said_alike(terms: Terms, now: datetime) -> tuple[datetime, datetime]:
    """The span in which a promise is said alike: the reader's date, on which what is left of a pause is the same."""
    on = local_date(terms.zone, now)
    return first_instant(terms.zone, on), first_instant(terms.zone, on + ONE_DAY)
