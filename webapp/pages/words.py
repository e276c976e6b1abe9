"""What pages say about topics, times and periods, in the words of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from operator import attrgetter

from preferences.cadence import Cadence
from preferences.calendar import local_date
from preferences.expectation import Terms
from preferences.more_often import Question, questions
from preferences.store.topics import TopicRow
from preferences.wording import how_often, instant_in_words
from webapp.language import _, ngettext, number, pgettext


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


def offered_topics(there: Iterable[TopicRow], language: str, terms: Terms | None = None) -> list[OfferedTopic]:
    """The topics in their order, those for what cannot wait last.

    Of those whose sender plans to write oftener than was accepted in `terms`, both are said.
    """
    oftener = accepted_before(terms)
    return [offered_topic(topic, oftener.get(topic.id), language) for topic in in_order(there)]


def in_order(there: Iterable[TopicRow]) -> list[TopicRow]:
    """The topics as forms offer them: in their order, those for what cannot wait last."""
    return sorted(there, key=attrgetter("is_notice"))


def accepted_before(terms: Terms | None) -> dict[int, Cadence]:
    """What was accepted of each topic whose sender plans to write oftener by now, by topic."""
    return {} if terms is None else {one.topic: one.accepted for one in questions(terms)}


# The same for every reader.
@lru_cache(maxsize=4096)
def offered_topic(topic: TopicRow, accepted: Cadence | None, language: str) -> OfferedTopic:
    """A topic in words; `accepted` is what was, where that was less than now."""
    return OfferedTopic(
        slug=topic.slug,
        name=topic.name,
        description=topic.description,
        how_often=how_often(topic.cadence, language),
        cadence_id=topic.cadence.id,
        is_notice=topic.is_notice,
        accepted=None if accepted is None else how_often(accepted, language),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOften:
    """The question "more often?" about one topic, as a page puts it. `cadence_id` is the version that is planned."""

    slug: str
    name: str
    accepted: str
    planned: str
    cadence_id: int


def asked_often(asked: Iterable[Question], there: Iterable[TopicRow], language: str) -> list[AskedOften]:
    """Open questions in words."""
    rows = {topic.id: topic for topic in there}
    return [
        AskedOften(
            slug=rows[one.topic].slug,
            name=rows[one.topic].name,
            accepted=how_often(one.accepted, language),
            planned=how_often(one.planned, language),
            cadence_id=one.planned.id,
        )
        for one in asked
    ]


def when(at: datetime, zone: tzinfo, now: datetime, language: str) -> str:
    """An instant in a reader's own time."""
    return instant_in_words(at, zone, local_date(zone, now), language)


def lately_in_words(mails: int, weeks: int) -> str:
    """How many mails came in so many whole weeks; in less than a week, so far."""
    if weeks == 0:
        said = ngettext("So far that was {mails} mail.", "So far that was {mails} mails.", mails)
        return said.format(mails=mails) if mails else _("So far nothing has come.")
    if mails == 0:
        said = ngettext("In the last week nothing came.", "In the last {weeks} weeks nothing came.", weeks)
        return said.format(weeks=weeks)
    if weeks == 1:
        said = ngettext("Lately that was {mails} mail in a week.", "Lately that was {mails} mails in a week.", mails)
        return said.format(mails=mails)
    if mails < weeks:
        said = ngettext(
            "Lately that was {mails} mail in {weeks} weeks.", "Lately that was {mails} mails in {weeks} weeks.", mails
        )
        return said.format(mails=mails, weeks=weeks)
    return _("Lately that was {rate} a week.").format(rate=number(mails / weeks))


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
