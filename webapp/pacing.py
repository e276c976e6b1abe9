"""What waits, and what holds it back though its readers want it, in words for whoever runs or writes for a publication."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from preferences.delivery import State
from preferences.store.destinations import Destination
from preferences.store.statuses import Situation
from preferences.store.warm_up import WarmUp

# How an instant is said, in the zone of whoever reads it.
When = Callable[[datetime], str]


# What waits where nothing is due, and why.
_LATER = (
    ((State.DUE,), "held back for a while"),
    ((State.DEFERRED,), "to be tried again, because the mail server said later"),
    ((State.WAITING, State.DIGEST_TO_COME), "waiting for what their readers asked for"),
)


def later_in_words(found: Situation) -> str:
    """How many mails wait where nothing is due, and by whose wish; empty where none does."""
    counted = [(sum(one.counts.get(state, 0) for one in found.campaigns for state in of), said) for of, said in _LATER]
    return "; ".join(f"{number:,} {'mail' if number == 1 else 'mails'} {said}" for number, said in counted if number)


def destination_in_words(one: Destination, now: datetime, when: When) -> str:
    """Until when nothing goes to a domain and what it said, and its ceiling."""
    parts = []
    if one.slow_until is not None and one.is_slowed(now):
        said = f", because it said: {one.said}" if one.said else ""
        parts.append(f"nothing goes there until {when(one.slow_until)}{said}")
    if one.per_hour is not None:
        parts.append(f"at most {one.per_hour:,} mails an hour go there")
    return f"{one.domain}: {'; '.join(parts) or 'nothing holds it back'}"


def warm_up_in_words(found: WarmUp, when: When) -> str:
    """How far a warm-up has come."""
    if found.ceiling is None:
        return f"the warm-up has reached its end: there is no ceiling any more (day {found.number})"
    # Each at its own time of the day, so that nobody gets at night what was meant for the morning.
    rest = f"; the rest goes after {when(found.ends_at)}, at its time of the day" if not found.room else ""
    return f"warm-up, day {found.number}: {found.counted:,} of at most {found.ceiling:,} mails today{rest}"
