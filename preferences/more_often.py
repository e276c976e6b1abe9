"""More often? A sender that raises a topic's cadence changes nothing for who accepted less, and may ask each of them once.

The question is put on the page and as a line in a regular mail, never in a mail of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from preferences.cadence import LONGEST_DAYS, Cadence
from preferences.expectation import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A topic whose sender plans to write oftener than one reader accepted."""

    topic: int
    accepted: Cadence
    planned: Cadence


def questions(terms: Terms) -> tuple[Question, ...]:
    """What these terms leave open, in the reader's order of topics; may be empty. What was answered is not known here."""
    return tuple(
        Question(topic=one.topic, accepted=one.cadences.accepted, planned=one.cadences.current)
        for one in terms.topics.values()
        if is_oftener(one.cadences.current, one.cadences.accepted)
    )


def is_oftener(one: Cadence, other: Cadence) -> bool:
    """Whether one cadence allows more mails than another over a long time: by the longest that a period lasts."""
    return one.id != other.id and _mails_a_day(one) > _mails_a_day(other)


def _mails_a_day(cadence: Cadence) -> float:
    return cadence.at_most.count / LONGEST_DAYS[cadence.at_most.per]
