"""The words of dates and times."""

from __future__ import annotations

from gettext import NullTranslations

from preferences.cadence import Weekday
from preferences.wording.catalogue import CalendarWords


def calendar_words(words: NullTranslations) -> CalendarWords:
    """Dates and times in the words of one language."""
    return CalendarWords(
        weekdays=dict(zip(Weekday, _weekdays(words), strict=True)),
        habits=dict(zip(Weekday, _habits(words), strict=True)),
        counted_from=dict(zip(Weekday, _counted_from(words), strict=True)),
        workdays=words.gettext("from Monday to Friday"),
        # Translators: {days} is one or several of "Mondays", "Tuesdays" ..., joined by "and".
        on_days=words.gettext("on {days}"),
        months=_months(words),
        in_months=_in_months(words),
        days_of_month=_days_of_month(words),
        # Translators: {day} is one of "1st", "2nd", "3rd" ... "31st".
        day_of_month=words.gettext("on the {day}"),
        # Translators: a time of day; {hour} is 00 to 23, {minute} 00 to 59.
        time=words.pgettext("time of day", "{hour}:{minute}"),
        midnight=words.pgettext("time of day", "midnight"),
        # Translators: {weekday} is "Monday", {day} a number, {month} "January".
        date=words.pgettext("date", "{weekday} {day} {month}"),
        date_of_year=words.pgettext("date", "{weekday} {day} {month} {year}"),
        # Translators: a date and a time of day.
        instant=words.pgettext("date", "{date} at {time}"),
    )


def _weekdays(words: NullTranslations) -> tuple[str, ...]:
    return (
        words.pgettext("in a date", "Monday"),
        words.pgettext("in a date", "Tuesday"),
        words.pgettext("in a date", "Wednesday"),
        words.pgettext("in a date", "Thursday"),
        words.pgettext("in a date", "Friday"),
        words.pgettext("in a date", "Saturday"),
        words.pgettext("in a date", "Sunday"),
    )


def _habits(words: NullTranslations) -> tuple[str, ...]:
    return (
        words.pgettext("every week", "Mondays"),
        words.pgettext("every week", "Tuesdays"),
        words.pgettext("every week", "Wednesdays"),
        words.pgettext("every week", "Thursdays"),
        words.pgettext("every week", "Fridays"),
        words.pgettext("every week", "Saturdays"),
        words.pgettext("every week", "Sundays"),
    )


def _counted_from(words: NullTranslations) -> tuple[str, ...]:
    return (
        words.pgettext("a week counted from", "Monday"),
        words.pgettext("a week counted from", "Tuesday"),
        words.pgettext("a week counted from", "Wednesday"),
        words.pgettext("a week counted from", "Thursday"),
        words.pgettext("a week counted from", "Friday"),
        words.pgettext("a week counted from", "Saturday"),
        words.pgettext("a week counted from", "Sunday"),
    )


def _months(words: NullTranslations) -> tuple[str, ...]:
    return (
        words.pgettext("in a date", "January"),
        words.pgettext("in a date", "February"),
        words.pgettext("in a date", "March"),
        words.pgettext("in a date", "April"),
        words.pgettext("in a date", "May"),
        words.pgettext("in a date", "June"),
        words.pgettext("in a date", "July"),
        words.pgettext("in a date", "August"),
        words.pgettext("in a date", "September"),
        words.pgettext("in a date", "October"),
        words.pgettext("in a date", "November"),
        words.pgettext("in a date", "December"),
    )


def _in_months(words: NullTranslations) -> tuple[str, ...]:
    return (
        words.pgettext("something came in", "January"),
        words.pgettext("something came in", "February"),
        words.pgettext("something came in", "March"),
        words.pgettext("something came in", "April"),
        words.pgettext("something came in", "May"),
        words.pgettext("something came in", "June"),
        words.pgettext("something came in", "July"),
        words.pgettext("something came in", "August"),
        words.pgettext("something came in", "September"),
        words.pgettext("something came in", "October"),
        words.pgettext("something came in", "November"),
        words.pgettext("something came in", "December"),
    )


def _days_of_month(words: NullTranslations) -> tuple[str, ...]:
    # Translators: the 31 days of a month as they stand in "on the 1st", divided by spaces.
    said = words.pgettext(
        "the days of a month, divided by spaces",
        "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 11th 12th 13th 14th 15th 16th 17th 18th 19th 20th 21st 22nd 23rd"
        " 24th 25th 26th 27th 28th 29th 30th 31st",
    )
    return tuple(said.split())
