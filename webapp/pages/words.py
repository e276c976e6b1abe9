"""What pages say about topics, times and periods, in the words of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from preferences.calendar import local_date
from preferences.store.topics import TopicRow
from preferences.wording import how_often, instant_in_words
from webapp.language import pgettext


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTopic:
    """A topic as a form offers it. `cadence_id` is the version on the page, which is what gets accepted."""

    slug: str
    name: str
    description: str
    how_often: str
    cadence_id: int
    is_notice: bool
    accepted: str | None = None
    """How often it was when it was accepted, where that was less than now."""


def offered_topics(there: Iterable[TopicRow], language: str) -> list[OfferedTopic]:
    """The topics in their order, those for what cannot wait last."""
    offered = [
        OfferedTopic(
            slug=topic.slug,
            name=topic.name,
            description=topic.description,
            how_often=how_often(topic.cadence, language),
            cadence_id=topic.cadence.id,
            is_notice=topic.is_notice,
        )
        for topic in there
    ]
    return sorted(offered, key=lambda topic: topic.is_notice)


def when(at: datetime, zone: tzinfo, now: datetime, language: str) -> str:
    """An instant in a reader's own time."""
    return instant_in_words(at, zone, local_date(zone, now), language)


def lately_in_words(mails: int, weeks: int) -> str:
    """How many mails came in so many whole weeks; in less than a week, so far."""
    if mails == 0:
        return (
            "So far nothing has come."
            if weeks == 0
            else f"In the last {'week' if weeks == 1 else _weeks(weeks)} nothing came."
        )
    came = f"{mails} mail{'' if mails == 1 else 's'}"
    if weeks == 0:
        return f"So far that was {came}."
    if mails < weeks or weeks == 1:
        return f"Lately that was {came} in {_weeks(weeks)}."
    return f"Lately that was {mails / weeks:.1f} a week.".replace(".0 ", " ")


def _weeks(weeks: int) -> str:
    return "a week" if weeks == 1 else f"{weeks} weeks"


def month_in_words(on: date) -> str:
    """The month of a date, as it stands above a list: "November 2026"."""
    return pgettext("month above a list", "{month} {year}").format(month=_months()[on.month - 1], year=on.year)


def _months() -> tuple[str, ...]:
    return (
        pgettext("month above a list", "January"),
        pgettext("month above a list", "February"),
        pgettext("month above a list", "March"),
        pgettext("month above a list", "April"),
        pgettext("month above a list", "May"),
        pgettext("month above a list", "June"),
        pgettext("month above a list", "July"),
        pgettext("month above a list", "August"),
        pgettext("month above a list", "September"),
        pgettext("month above a list", "October"),
        pgettext("month above a list", "November"),
        pgettext("month above a list", "December"),
    )
