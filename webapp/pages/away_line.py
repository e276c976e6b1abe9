"""The one line after a pause: "While you were away: 4 texts"."""

from __future__ import annotations

from dataclasses import dataclass

from preferences.links import Right
from preferences.store.away import Away, left_out_while_away
from preferences.store.transactions import Transaction
from webapp.language import ngettext
from webapp.pages.access import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayLine:
    """One line for `_away.html`: in words how much was missed. It leads to `/h/<token>/away`."""

    said: str


def away(connection: Transaction, seen: Visit) -> AwayLine | None:
    """The line of a visitor who was away lately; None where there is nothing to say. One statement."""
    found = away_of(connection, seen)
    return None if found is None else AwayLine(said=away_in_words(found.texts))


def away_in_words(texts: int) -> str:
    """How much was missed: "While you were away: 4 texts"."""
    return ngettext("While you were away: {count} text", "While you were away: {count} texts", texts).format(
        count=texts
    )


def away_of(connection: Transaction, seen: Visit) -> Away | None:
    """The pause of a visitor that has ended lately and kept something away; None where this link may not see that."""
    if not seen.may(Right.SEE_HISTORY):
        return None
    return left_out_while_away(connection, seen.publication.id, [seen.person.id], seen.now).get(seen.person.id)
