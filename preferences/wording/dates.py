"""Local dates and times in words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, tzinfo

from preferences.cadence import EVERY_DAY, Weekday
from preferences.wording.languages import catalogue_of

_YEAR_DAYS = 365
_WORKDAYS = EVERY_DAY - {Weekday.SAT, Weekday.SUN}


def date_in_words(on: date, today: date, language: str = "en") -> str:
    """A local date, "Tuesday 24 November", with its year where it is a year or more from `today`."""
    words = catalogue_of(language).calendar
    text = words.date if abs((on - today).days) < _YEAR_DAYS else words.date_of_year
    return text.format(
        weekday=words.weekdays[Weekday(on.weekday())], day=on.day, month=words.months[on.month - 1], year=on.year
    )


def instant_in_words(at: datetime, zone: tzinfo, today: date, language: str = "en") -> str:
    """An instant in a zone's own time, "Tuesday 24 November at 09:00", the year as `date_in_words` says it."""
    local = at.astimezone(zone)
    on = date_in_words(local.date(), today, language)
    return catalogue_of(language).calendar.instant.format(date=on, time=clock_in_words(local.time(), language))


def clock_in_words(at: time, language: str) -> str:
    """A local time of day as a clock shows it, "07:00" or "00:00"."""
    return catalogue_of(language).calendar.time.format(hour=f"{at:%H}", minute=f"{at:%M}")


def time_in_words(at: time, language: str) -> str:
    """A local time of day as the edge of a span, "07:00" or "midnight"."""
    return catalogue_of(language).calendar.midnight if at == time(0) else clock_in_words(at, language)


def on_days(days: Collection[Weekday], language: str) -> str:
    """Weekdays as a habit: "on Tuesdays and Fridays", "from Monday to Friday"."""
    catalogue = catalogue_of(language)
    if frozenset(days) == _WORKDAYS:
        return catalogue.calendar.workdays
    names = [catalogue.calendar.habits[day] for day in sorted(days)]
    return catalogue.calendar.on_days.format(days=catalogue.all_of(names))
