"""What a cadence would have meant for days on which something was sent: which of them it would have missed.

Asks no clock and no database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from preferences.cadence import BoundCap, Cadence, Whose, opening
from preferences.calendar import first_instant, local_date
from preferences.errors import Invalid

# When a letter of which only the day is known leaves; any hour answers the same but for caps per day.
_HOUR = time(9)
MOST_DATES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How many dates were replayed, and which of them the cadence would have missed, in order."""

    dates: int
    missed: tuple[date, ...]


def replay(cadence: Cadence, dates: Sequence[date], zone: tzinfo) -> Replay:
    """Send on each of these dates under a cadence. What misses its day comes along elsewhere, and is not counted."""
    bound = BoundCap.of(Whose.CURRENT, cadence.at_most, cadence.days)
    counted: list[datetime] = []
    missed = []
    for on in sorted(dates):
        at = first_instant(zone, on, _HOUR)
        if opening(bound, counted, zone, at) is None:
            counted.insert(0, at)
        else:
            missed.append(on)
    return Replay(dates=len(dates), missed=tuple(missed))


def opens_on(cadence: Cadence, dates: Sequence[date], zone: tzinfo, today: date) -> date | None:
    """The day on which a cadence would let its topic write again to who has had all of it; None where that is today."""
    bound = BoundCap.of(Whose.CURRENT, cadence.at_most, cadence.days)
    counted = [first_instant(zone, on, _HOUR) for on in sorted(dates, reverse=True)]
    full = opening(bound, counted, zone, max([*counted, first_instant(zone, today, _HOUR)]))
    return None if full is None else local_date(zone, full.until)


def dates_in(text: str, field: str) -> list[date]:
    """The dates in a pasted text, one a line or divided by commas or spaces. Raises `Invalid`."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if len(words) > MOST_DATES:
        raise Invalid.one(field, f"at most {MOST_DATES} dates are replayed")
    found = []
    for word in words:
        try:
            found.append(date.fromisoformat(word))
        except ValueError:
            raise Invalid.one(field, f"{word[:40]!r} is no date; write dates such as 2027-03-01") from None
    return found
