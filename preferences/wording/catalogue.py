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

# A text for a number, its other places still to be filled in.
Counted = Callable[[int], str]


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
    """Dates and times. `date` and `date_of_year` have the places {weekday}, {day}, {month} (and {year}).

    `months` are as they stand in a date, `in_months` as in "one came in November".
    """

    weekdays: Mapping[Weekday, str]
    habits: Mapping[Weekday, str]
    counted_from: Mapping[Weekday, str]
    workdays: str
    on_days: str
    months: Sequence[str]
    in_months: Sequence[str]
    days_of_month: Sequence[str]
    day_of_month: str
    time: str
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
    mails: Counted
    digests: Counted
    at_most: str
    at_most_about: str
    this_topic: str
    at_most_number: str
    often: str
    times: Counted
    more_times: Counted
    usually: str
    count: Mapping[Period, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseWords:
    """The sentence, line by line. `after_pause` has the places {until} and {line}, or {Line} as it is by itself."""

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
    after_pause: str
    pause_to_come: str
    web: Counted
    notices: str
    notices_besides: str
    notice_named: str
    no_mail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionWords:
    """Decisions. The counted texts have the places {count} and {date}, {month} or {year}."""

    outcome: Mapping[Outcome, str]
    reason: Mapping[Reason, str]
    full: str
    in_doubt: str
    came_on: Counted
    came_since: Counted
    came_in_week: Counted
    came_in_month: Counted
    came_in_year: Counted
    last_came_on: Counted
    along: str
    not_before: str
    alone_at: str
    digest: str
    next_digest: str
    carried: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FooterWords:
    """Why a mail came. `oftener` has the places {topic}, {planned} and {accepted}: "once a week"."""

    oftener: str
    why: Mapping[Arrives, str]
    why_along: str
    why_carried: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWords:
    """How words and clauses are joined. Each has the places {first} and {second}."""

    listed: str
    last: str
    also: str
    clauses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One language; `decisions` as they are said to a reader, `of_others` as they are said about one."""

    calendar: CalendarWords
    caps: CapWords
    promise: PromiseWords
    decisions: DecisionWords
    of_others: DecisionWords
    footer: FooterWords
    lists: ListWords

    def listed(self, words: Sequence[str]) -> str:
        """As in "Letter, Events, Jobs"; empty for none."""
        return _joined(self.lists.listed, words)

    def all_of(self, words: Sequence[str]) -> str:
        """As in "Letter, Events and Jobs"; at least one."""
        *others, last = words
        return self.lists.last.format(first=self.listed(others), second=last) if others else last

    def also(self, words: Sequence[str]) -> str:
        """Caps that bind together: "once a week and at most twice a month"."""
        return _joined(self.lists.also, words)

    def clauses(self, words: Sequence[str]) -> str:
        """Clauses of one line."""
        return _joined(self.lists.clauses, words)


def _joined(pattern: str, words: Sequence[str]) -> str:
    if not words:
        return ""
    whole, *others = words
    for other in others:
        whole = pattern.format(first=whole, second=other)
    return whole
