"""The candidate's own time of day: when what waits for a cap or a pause may leave by itself, and is decided again."""

from __future__ import annotations

from datetime import datetime, time

from preferences.calendar import ONE_DAY, first_instant, local_date, wall_instants
from preferences.campaign import Candidate
from preferences.expectation import Terms


def own_time_of_day(terms: Terms, candidate: Candidate) -> time:
    """The local time of day that the scheduled instant has in the reader's zone; outside the hours, their first."""
    at = candidate.scheduled_at.astimezone(terms.zone).time()
    hours = terms.expectation.hours
    return at if hours is None or hours.has(at) else hours.since


def is_own_time(terms: Terms, candidate: Candidate, now: datetime) -> bool:
    """Whether the reader's clock shows the candidate's own time of day or later."""
    return now.astimezone(terms.zone).time() >= own_time_of_day(terms, candidate)


def first_own_time(terms: Terms, candidate: Candidate, instant: datetime) -> datetime:
    """The first instant, `instant` or later, that is free and at or after the candidate's own time of day."""
    at = own_time_of_day(terms, candidate)
    free = terms.next_free(instant)
    while free.astimezone(terms.zone).time() < at:
        free = terms.next_free(_next_wall_time(terms, at, free))
    return free


def _next_wall_time(terms: Terms, at: time, after: datetime) -> datetime:
    """The next instant later than `after` at which the reader's clock reaches `at`, the second time in a fold too."""
    on = after.astimezone(terms.zone).date()
    for instant in wall_instants(terms.zone, on, at):
        if instant > after:
            return instant
    return first_instant(terms.zone, on + ONE_DAY, at)


def next_own_time(terms: Terms, candidate: Candidate, instant: datetime) -> datetime:
    """The next own time of day itself, `instant` or later, that pause, days and hours allow: when to decide again."""
    at = own_time_of_day(terms, candidate)
    on = local_date(terms.zone, instant)
    while True:
        own = first_instant(terms.zone, on, at)
        free = terms.next_free(max(own, instant))
        if free == own:
            return own
        on = max(on + ONE_DAY, local_date(terms.zone, free))
