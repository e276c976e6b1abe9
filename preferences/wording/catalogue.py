"""What a language has to say. One catalogue is one language; the code that fills it in knows no word.

Texts have named places; what depends on a number is a function of that number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from preferences.cadence import Period, Weekday
from preferences.decision import Outcome, Reason
from preferences.expectation import Arrives, Overflow


class ShownTo(StrEnum):
    """Who reads it: a marketer reads about somebody else, and is told the zone of a time."""

    SUBSCRIBER = "subscriber"
    MARKETER = "marketer"


class Leaves(StrEnum):
    """What becomes of what waits: it comes along, leaves by itself at `opens_at`, or is a digest that was stopped."""

    ALONG = "along"
    ALONE = "alone"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWords:
    """Dates and times. `date` and `date_of_year` have the places {weekday}, {day}, {month} (and {year})."""

    weekday: Mapping[Weekday, str]
    weekdays: Mapping[Weekday, str]
    workdays: str
    on_days: str
    month: Sequence[str]
    day_of_month: Callable[[int], str]
    midnight: str
    date: str
    date_of_year: str
    instant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapWords:
    """Caps and how often: "at most one mail a week", "once a week", "1 of at most 1 this week"."""

    per: Mapping[Period, str]
    any_week: str
    week_from: str
    mails: Callable[[int], str]
    digests: Callable[[int], str]
    at_most: str
    at_most_about: str
    this_topic: str
    at_most_number: str
    times: Callable[[int], str]
    more_times: Callable[[int], str]
    usually: str
    also: str
    within: Mapping[Period, str]
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseWords:
    """The sentence, line by line. `after_pause` is given the date and the line that follows it."""

    total_one: str
    total_many: str
    topic: str
    topic_under_total: str
    overflow: Mapping[Overflow, str]
    nothing_else: str
    digest: Mapping[Arrives, str]
    monthly_last: str
    monthly_moves: str
    only_when: str
    hours: str
    after_pause: Callable[[str, str], str]
    pause_to_come: str
    web: Callable[[str, int], str]
    notices: str
    notices_besides: str
    notice_named: str
    no_mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionWords:
    """Decisions. Texts have the places {you} and {your}, which `people` fills for who reads."""

    people: Mapping[ShownTo, Mapping[str, str]]
    outcome: Mapping[Outcome, str]
    reason: Mapping[Reason, str]
    full: str
    in_doubt: str
    came_on: Callable[[int, str], str]
    came_since: Callable[[int, str], str]
    came_in_week: Callable[[int, str], str]
    came_in: Callable[[int, str], str]
    last_came_on: Callable[[int, str], str]
    along: str
    not_before: str
    alone_at: str
    digest: str
    next_digest: str
    carried: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FooterWords:
    """Why a mail came."""

    why: str
    why_along: str
    why_carried: str
    arrives: Mapping[Arrives, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One language."""

    calendar: CalendarWords
    caps: CapWords
    promise: PromiseWords
    decisions: DecisionWords
    footer: FooterWords
    all_of: Callable[[Sequence[str]], str]
    listed: Callable[[Sequence[str]], str]
