"""What "a week" means in a promise, for readers who count their mails and wonder."""

from __future__ import annotations

from preferences.cadence import ROLLING, CalendarWindow, Period
from preferences.expectation import Terms
from webapp.language import _

_FROM_MONDAY_AND_SUNDAY = (CalendarWindow.WEEK_FROM_MON, CalendarWindow.WEEK_FROM_SUN)


def periods_meant(terms: Terms | None) -> list[str]:
    """A sentence for each period that some cap of these terms is counted in and that could be read in another way.

    The shortest period first; empty where nothing is counted by the week, the month or the quarter.
    """
    if terms is None:
        return []
    bound = [*terms.total_caps, *(cap for topic in terms.topics.values() for cap in topic.caps)]
    counted = {(cap.cap.per, cap.calendar) for cap in bound}
    said = []
    if (Period.WEEK, _FROM_MONDAY_AND_SUNDAY) in counted:
        said.append(_week().format(days=_rolling_days(Period.WEEK)))
    elif any(per is Period.WEEK for per, _calendar in counted):
        said.append(_week_of_usual_days().format(days=_rolling_days(Period.WEEK)))
    periods = {per for per, _calendar in counted}
    return said + [text.format(days=_rolling_days(per)) for per, text in _longer().items() if per in periods]


def _week() -> str:
    return _(
        "A week here is a calendar week, counted from Monday and from Sunday alike, and within any {days} days there is never"
        " more than in a week. So “one a week” may come on a Thursday and on the Tuesday after."
    )


def _week_of_usual_days() -> str:
    return _(
        "A week here begins on the first of the usual days, and within any {days} days there is never more than in a week."
        " So what slips from Tuesday to Thursday may still come on the next Tuesday."
    )


def _longer() -> dict[Period, str]:
    return {
        Period.MONTH: _(
            "A month here is a calendar month, and within any {days} days there is never more than in a month."
        ),
        Period.QUARTER: _(
            "A quarter here is a calendar quarter, and within any {days} days there is never more than in a quarter."
        ),
    }


def _rolling_days(per: Period) -> int:
    return ROLLING[per][0][0].days
