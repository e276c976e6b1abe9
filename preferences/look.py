"""How a campaign that is written in Markdown is set: the looks a marketer chooses from, and what stands in a card."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Look(StrEnum):
    """How Markdown becomes a mail. A source in MJML brings its own look."""

    LETTER = "letter"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCard:
    """What stands before the text of an event, in the author's words; what is empty is left out.

    `button` are the words of a link to `url`: both or neither.
    """

    date: str
    time: str = ""
    place: str = ""
    button: str = ""
    url: str = ""
