"""English."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from preferences.cadence import Period, Weekday
from preferences.decision import Outcome, Reason
from preferences.expectation import Arrives, Overflow
from preferences.wording.catalogue import (
    CalendarWords,
    CapWords,
    Catalogue,
    DecisionWords,
    FooterWords,
    PromiseWords,
    ShownTo,
)


def _counted(one: str, many: str) -> Callable[[int], str]:
    """As in "one mail", "2 mails"."""
    return lambda number: one if number == 1 else f"{number} {many}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"at most {_few(number)}"


def _more_times(number: int) -> str:
    return "at most once" if number == 1 else f"at most {_few(number)}"


def _few(number: int) -> str:
    return "twice" if number == 2 else f"{number} times"


def _ordinal(number: int) -> str:
    suffix = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _all_of(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _came(place: str) -> Callable[[int, str], str]:
    """As in "one came on Tuesday 24 November"."""
    return lambda number, when: f"{'one' if number == 1 else number} came {place}{when}"


def _after_pause(until: str, line: str) -> str:
    return f"Nothing until {until}. Then {line[0].lower()}{line[1:]}"


def _web(topics: str, number: int) -> str:
    return f"No mail about {topics}: you read {'it' if number == 1 else 'them'} on the web or in your private feed."


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_CALENDAR = CalendarWords(
    weekday=dict(zip(Weekday, _WEEKDAYS, strict=True)),
    weekdays=dict(zip(Weekday, (f"{name}s" for name in _WEEKDAYS), strict=True)),
    workdays="from Monday to Friday",
    on_days="on {days}",
    month=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    day_of_month=lambda day: f"on the {_ordinal(day)}",
    midnight="midnight",
    date="{weekday} {day} {month}",
    date_of_year="{weekday} {day} {month} {year}",
    instant="{date} at {time}",
)  # fmt: skip

_CAPS = CapWords(
    per={
        Period.DAY: "a day",
        Period.WEEK: "a week",
        Period.TWO_WEEKS: "every two weeks",
        Period.MONTH: "a month",
        Period.QUARTER: "a quarter",
        Period.YEAR: "a year",
    },
    any_week="in any calendar week",
    week_from="a week counted from {day}",
    mails=_counted("one mail", "mails"),
    digests=_counted("one digest", "digests"),
    at_most="at most {mails} {per}",
    at_most_about="at most {mails} {per} about {topic}",
    this_topic="this topic",
    at_most_number="at most {number} {per}",
    times=_times,
    more_times=_more_times,
    usually="usually {on_days}",
    also=" and ",
    within={
        Period.DAY: "today",
        Period.WEEK: "this week",
        Period.TWO_WEEKS: "in two weeks",
        Period.MONTH: "this month",
        Period.QUARTER: "this quarter",
        Period.YEAR: "this year",
    },
    count="{count} of at most {most} {within}",
)

_PROMISE = PromiseWords(
    total_one="{at_most}, about {topic}.",
    total_many="{at_most} from everything you chose: {topics}.",
    topic="You get {topic} {often}.",
    topic_under_total="{topic}: {often}.",
    overflow={
        Overflow.COME_ALONG: "If there is more, it comes along in your next mail.",
        Overflow.LEAVE_OUT: "If there is more, it is left out.",
    },
    nothing_else="Nothing else.",
    digest={
        Arrives.DAILY: "One mail a day, at {hour}, with everything about {topics}. If nothing happened, no mail.",
        Arrives.WEEKLY: "One mail a week, {day} at {hour}, with everything about {topics}. If nothing happened, no mail.",
        Arrives.MONTHLY: "One mail a month, {day} at {hour}, with everything about {topics}. If nothing happened, no mail.",
    },
    monthly_last="{day}, or the last day of a shorter month,",
    monthly_moves="{day} or the next day you allow",
    only_when="Mail comes only {when}.",
    hours="between {since} and {until} your time",
    after_pause=_after_pause,
    pause_to_come="Nothing from {since} until {until}.",
    web=_web,
    notices="Only what cannot wait, such as a cancellation: {caps}.",
    notices_besides="Besides that only what cannot wait, such as a cancellation: {caps}.",
    notice_named="{topic} {caps}",
    no_mail="No mail.",
)

_DECISIONS = DecisionWords(
    people={
        ShownTo.SUBSCRIBER: {"you": "you", "your": "your"},
        ShownTo.MARKETER: {"you": "they", "your": "their"},
    },
    outcome={
        Outcome.SEND: "goes out: {why}",
        Outcome.WAIT: "waits: {why}",
        Outcome.DIGEST: "goes into a digest: {why}",
        Outcome.WEB: "on the web, not by mail: {why}",
        Outcome.NOT_SENT: "not sent: {why}",
    },
    reason={
        Reason.SUPPRESSED_DEAD_ADDRESS: "mail to {your} address came back for good",
        Reason.SUPPRESSED_COMPLAINT: "{you} reported a mail as unwanted",
        Reason.SUPPRESSED_ERASED: "{your} data was erased",
        Reason.SUPPRESSED_OPERATOR: "{your} address was blocked by the people who run this",
        Reason.UNCONFIRMED: "{your} address was not confirmed",
        Reason.CONSENT_EXPIRED: "{your} consent has ended",
        Reason.UNSUBSCRIBED: "{you} unsubscribed",
        Reason.DUPLICATE: "{you} have it already",
        Reason.OFF_TOPIC: "it is about nothing {you} asked for",
        Reason.EXPIRED: "it was not worth sending any more",
        Reason.WEB_ONLY: "{you} read {topic} on the web or in {your} private feed",
        Reason.DIGEST_DAILY: "{you} get {topic} in one mail a day",
        Reason.DIGEST_WEEKLY: "{you} get {topic} in one mail a week",
        Reason.DIGEST_MONTHLY: "{you} get {topic} in one mail a month",
        Reason.PAUSED: "{your} mail is paused",
        Reason.TOPIC_CAP: "as much about {topic} came as {you} asked for",
        Reason.TOTAL_CAP: "as many mails came as {you} asked for",
        Reason.NEXT_MAIL: "another mail is to come",
        Reason.QUIET_DAY: "{you} chose no mail {on_days}",
        Reason.QUIET_HOURS: "{you} chose no mail at this hour",
        Reason.EXPECTED: "{you} asked for {topic}",
        Reason.WOULD_EXPIRE: "it would be out of date before it could leave",
        Reason.CAMPAIGN_ENDED: "its sender ended it",
        Reason.TEMPLATE_FAILED: "its text could not be made for {you}",
        Reason.NOT_DELIVERABLE_HERE: "{your} address cannot be reached from here",
        Reason.RANKED_LOWER: "another mail went first",
        Reason.ANY_DOUBT: "something was in doubt",
        Reason.HELD_FOR_A_PERSON: "a person has to look at it first",
        Reason.READ_ON_WEB: "{you} read it on the web, and left it out of the mail",
    },
    full="{cap}, and {came}",
    in_doubt="{reason} ({doubt})",
    came_on=_came("on "),
    came_since=_came("since "),
    came_in_week=_came("in the week from "),
    came_in=_came("in "),
    last_came_on=lambda number, when: f"{number} came, the last on {when}",
    along="it comes along in {your} next mail",
    not_before="it comes along in {your} next mail, {instant} at the earliest",
    alone_at="it leaves on {instant}",
    digest="what is in it comes along in {your} next mail, or in the next digest",
    next_digest="the next one is due on {instant}",
    carried="it comes along in another mail",
    zone="{line} (times in {zone})",
)

_FOOTER = FooterWords(
    why="You asked for {topics}, {arrives}.",
    why_along="You asked for {topics}; it came along in this mail because it did not fit before.",
    why_carried=(
        "You are on this list since {since}, because your subscription was carried over from where {publication} was"
        " sent before. This is the first mail from here, about {topics}."
    ),
    arrives={
        Arrives.EACH: "each message",
        Arrives.DAILY: "in one mail a day",
        Arrives.WEEKLY: "in one mail a week",
        Arrives.MONTHLY: "in one mail a month",
        Arrives.WEB: "on the web",
    },
)

ENGLISH = Catalogue(
    calendar=_CALENDAR,
    caps=_CAPS,
    promise=_PROMISE,
    decisions=_DECISIONS,
    footer=_FOOTER,
    all_of=_all_of,
    listed=", ".join,
)
