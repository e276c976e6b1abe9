"""Silence: whole periods in which something was promised and nothing came, and nothing but those."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.expectation import Arrives, Expectation, Terms, TopicCadences, TopicChoice
from preferences.quiet import Pause
from preferences.silence import Promised, silences

# A Monday.
BEGUN = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)
TODAY = date(2026, 7, 1)


def promised(
    per: Period = Period.WEEK,
    *,
    days: frozenset[Weekday] = frozenset({Weekday.TUE}),
    at_least: int | None = None,
    arrives: Arrives = Arrives.EACH,
    paused: Pause | None = None,
    since: datetime = BEGUN,
    until: datetime | None = None,
) -> Promised:
    cadence = Cadence(id=1, at_most=Cap(count=2, per=per), at_least=at_least, days=days)
    choice = TopicChoice(topic=7, arrives=arrives, accepted=1)
    expectation = Expectation(id=1, zone="UTC", topics=(choice,), paused=paused)
    terms = Terms(expectation=expectation, cadences={7: TopicCadences(accepted=cadence, current=cadence)})
    return Promised(since=since, until=until, terms=terms)


def spans(one: Promised, *came: date, since: date = date(2026, 6, 1)) -> list[tuple[date, date]]:
    found = silences([one], [(7, on) for on in came], since, TODAY + timedelta(days=1))
    return [(silence.since, silence.until) for silence in found]


def test_weeks_without_an_issue_that_follow_each_other_are_one_silence() -> None:
    assert spans(promised(), date(2026, 6, 9)) == [(date(2026, 6, 15), date(2026, 6, 29))]


def test_a_week_that_was_not_promised_whole_or_is_not_over_is_no_silence() -> None:
    begun = promised(since=BEGUN + timedelta(days=9))
    assert spans(begun) == [(date(2026, 6, 15), date(2026, 6, 29))]
    ended = promised(until=BEGUN + timedelta(days=18))
    assert spans(ended) == [(date(2026, 6, 8), date(2026, 6, 15))]


def test_what_a_pause_kept_away_is_no_silence() -> None:
    paused = promised(paused=Pause(since=date(2026, 6, 10), until=date(2026, 6, 16)))
    assert spans(paused) == [(date(2026, 6, 22), date(2026, 6, 29))]


@pytest.mark.parametrize("one", [promised(days=frozenset()), promised(arrives=Arrives.WEB)])
def test_without_a_floor_or_without_mail_nothing_is_missing(one: Promised) -> None:
    assert spans(one) == []


def test_a_floor_alone_is_enough() -> None:
    assert spans(promised(days=frozenset(), at_least=1)) != []


def test_two_weeks_are_silent_only_where_both_are() -> None:
    every_week = [date(2026, 6, 2) + timedelta(days=14 * number) for number in range(3)]
    assert spans(promised(Period.TWO_WEEKS), *every_week) == []
    assert all((until - since).days % 14 == 0 for since, until in spans(promised(Period.TWO_WEEKS)))


def test_each_silence_stands_on_one_page_only() -> None:
    whole = spans(promised())
    first = silences([promised()], [], date(2026, 6, 20), TODAY + timedelta(days=1))
    rest = silences([promised()], [], date(2026, 6, 1), date(2026, 6, 20))
    days = [(one.until - one.since).days for one in [*first, *rest]]
    assert sum(days) == sum((until - since).days for since, until in whole)
