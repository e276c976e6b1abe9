"""Invariant 8: a promise that names what is not enforced, or leaves out what is, is found out clause by clause."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from preferences.audit import wrong_clauses
from preferences.audit.ledger import Choice, Expectation, Publication
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.expectation import Arrives, Overflow, Terms, TopicCadences, TopicChoice
from preferences.expectation import Expectation as LawExpectation
from preferences.promise import CapClause, PauseClause, Promise, TopicNamed, clauses
from preferences.quiet import Hours, Pause
from tests.rules.audit_cast import BERLIN, EVENTS, JOBS, LETTER, LONG_AGO, NOTICES, TOPICS, berlin

NAMES = {topic.id: topic.name for topic in TOPICS.values()}
PUBLICATION = Publication(slug="letter", topics=TOPICS, campaigns={})
WAYS = {LETTER: "each", EVENTS: "weekly", JOBS: "web", NOTICES: "each"}
NOW = berlin(24)


def _law(ways: dict[int, str], own: dict[int, tuple[int, str]], **asked: Any) -> Terms:
    """The same terms as the law has them."""
    cadences = {}
    for topic in ways:
        stated = TOPICS[topic].cadences[0]
        cadence = Cadence(
            id=stated.id,
            at_most=Cap(count=stated.count, per=Period(stated.per)),
            days=frozenset(Weekday(day) for day in stated.days),
        )
        cadences[topic] = TopicCadences(accepted=cadence, current=cadence, notice=TOPICS[topic].is_notice)
    choices = tuple(
        TopicChoice(
            topic=topic,
            arrives=Arrives(way),
            accepted=TOPICS[topic].cadences[0].id,
            at_most=Cap(count=own[topic][0], per=Period(own[topic][1])) if topic in own else None,
        )
        for topic, way in ways.items()
    )
    return Terms(expectation=LawExpectation(id=1, zone="Europe/Berlin", topics=choices, **asked), cadences=cadences)


def _both() -> tuple[Expectation, Terms]:
    """One expectation with something of everything, as the ledger has it and as the law has it."""
    own = {LETTER: (1, "month")}
    read = Expectation(
        id=1,
        since=LONG_AGO,
        until=None,
        zone=BERLIN,
        zone_name="Europe/Berlin",
        choices={
            topic: Choice(topic=topic, arrives=way, accepted=TOPICS[topic].cadences[0].id, own=own.get(topic))
            for topic, way in WAYS.items()
        },
        total=(2, "week"),
        days=frozenset({0, 1, 2}),
        hours=(time(7), time(21)),
        paused=(date(2026, 12, 1), date(2026, 12, 10)),
        overflow="leave_out",
    )
    law = _law(
        WAYS,
        own,
        total=Cap(count=2, per=Period.WEEK),
        days=frozenset({Weekday.MON, Weekday.TUE, Weekday.WED}),
        hours=Hours(since=time(7), until=time(21)),
        paused=Pause(since=date(2026, 12, 1), until=date(2026, 12, 10)),
        overflow=Overflow.LEAVE_OUT,
    )
    return read, law


@pytest.mark.parametrize("at", [NOW, berlin(5, month=12), berlin(24, month=12)])
def test_a_promise_that_names_exactly_what_is_enforced_is_right(at: datetime) -> None:
    read, law = _both()
    assert list(wrong_clauses(PUBLICATION, read, clauses(law, NAMES, at), at)) == []


def _each(promise: Promise, **values: Any) -> Promise:
    return replace(promise, each=(replace(promise.each[0], **values),))


LIES: dict[str, tuple[Callable[[Promise], Promise], str]] = {
    "another total": (
        lambda said: replace(said, total=Cap(count=1, per=Period.WEEK)),
        "the total: it says (1, 'week'), and (2, 'week') is enforced",
    ),
    "no total": (lambda said: replace(said, total=None), "the total: it says none"),
    "a topic left out": (lambda said: replace(said, each=()), "topics as each message: it says none"),
    "a web topic by another name": (
        lambda said: replace(said, web=(TopicNamed(topic=EVENTS, name="Events"),)),
        "topics on the web only",
    ),
    "a cap that is not there": (
        lambda said: _each(said, caps=(*said.each[0].caps, CapClause(cap=Cap(count=1, per=Period.YEAR)))),
        "it says at most 1 a year of Letter, which is not enforced",
    ),
    "a cap left out": (
        lambda said: _each(said, caps=()),
        "it leaves out the own cap for Letter, at most 1 a month",
    ),
    "other usual days": (
        lambda said: _each(said, usual=frozenset({Weekday.FRI})),
        "the usual days it names for Letter are not those that are stated",
    ),
    "no digest": (lambda said: replace(said, digests=()), "digests: it says none"),
    "no notices": (lambda said: replace(said, notices=()), "topics that cannot wait: it says none"),
    "more days": (lambda said: replace(said, days=frozenset(Weekday)), "days: it says [0, 1, 2, 3, 4, 5, 6]"),
    "no hours": (lambda said: replace(said, hours=None), "hours: it says none, and 07:00-21:00 is enforced"),
    "a shorter pause": (
        lambda said: replace(said, pause=PauseClause(since=date(2026, 12, 1), until=date(2026, 12, 5))),
        "the end of the pause: it says 2026-12-05, and 2026-12-10 is enforced",
    ),
    "a pause that has begun": (
        lambda said: replace(said, pause=PauseClause(since=None, until=date(2026, 12, 10))),
        "the beginning of the pause: it says none",
    ),
    "another overflow": (
        lambda said: replace(said, overflow=Overflow.COME_ALONG),
        "it says come_along for what does not fit, and leave_out is enforced",
    ),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_every_clause_that_says_otherwise_is_named(lie: str) -> None:
    change, why = LIES[lie]
    read, law = _both()
    found = list(wrong_clauses(PUBLICATION, read, change(clauses(law, NAMES, NOW)), NOW))
    assert [one for one in found if one.startswith(why)], found
