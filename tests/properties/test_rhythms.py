"""The natural rhythms are never blocked: not on time, and not after an issue that was late within its bounds.

The bound is the usual distance to the next issue in elapsed time less the rolling window, as long as the late issue
stays in its calendar windows.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.cadence import BoundCap, Cadence, Cap, Period, Weekday, Whose, opening
from preferences.decision import Outcome, decide
from preferences.expectation import GOOD_STANDING, Arrives, Expectation, Terms, TopicCadences, TopicChoice
from preferences.history import CountedMail, History
from tests.people import candidate
from tests.properties.page import CALENDAR, DAY, ROLLING, Bound, unit, zone_of
from tests.properties.worlds import STRANGE_DATES, examples, zones

Dates = Callable[[date], Iterator[date]]


def every(days: int) -> Dates:
    def dates(start: date) -> Iterator[date]:
        return (start + n * days * DAY for n in range(14))

    return dates


def firsts(months: int) -> Dates:
    def dates(start: date) -> Iterator[date]:
        first = start.year * 12 + (start.month - 1) // months * months
        return (date((first + n * months) // 12, (first + n * months) % 12 + 1, 1) for n in range(14))

    return dates


def first_tuesdays(start: date) -> Iterator[date]:
    return (on + (1 - on.weekday()) % 7 * DAY for on in firsts(1)(start))


RHYTHMS = [
    pytest.param(Period.DAY, every(1), id="daily"),
    pytest.param(Period.WEEK, every(7), id="weekly on any day"),
    pytest.param(Period.TWO_WEEKS, every(14), id="every other week"),
    pytest.param(Period.MONTH, firsts(1), id="the first of the month"),
    pytest.param(Period.MONTH, first_tuesdays, id="the first Tuesday"),
    pytest.param(Period.QUARTER, firsts(3), id="the first of the quarter"),
]
starts = st.sampled_from(STRANGE_DATES) | st.dates(date(2012, 1, 2), date(2034, 12, 31))
clocks = st.sampled_from([time(0), time(2, 30), time(9), time(23, 30)]) | st.times()


def issues_at(zone: str, dates: Iterator[date], clock: time) -> list[datetime]:
    """The instants of a rhythm: the same time by the local clock, as calendars of senders have it."""
    # Fold 0: in a gap a calendar takes the time after it.
    walls = [datetime.combine(on, clock.replace(fold=0), zone_of(zone)).astimezone(UTC) for on in dates]
    return sorted(set(walls))


def is_open(bound: BoundCap, counted: list[datetime], zone: str, at: datetime) -> bool:
    return opening(bound, sorted(counted, reverse=True), zone_of(zone), at) is None


@pytest.mark.parametrize(("per", "dates"), RHYTHMS)
@examples(40)
@given(data=st.data())
def test_a_natural_rhythm_is_never_blocked(per: Period, dates: Dates, data: st.DataObject) -> None:
    zone = data.draw(zones)
    issues = issues_at(zone, dates(data.draw(starts)), data.draw(clocks))
    bound = BoundCap.of(Whose.OWN, Cap(count=1, per=per))
    for number, at in enumerate(issues):
        # 30 December 2011 was no day in Apia: the day before and the day after are one night apart.
        if number and at - issues[number - 1] < min(length for length, _ in ROLLING[per]):
            return
        assert is_open(bound, issues[:number], zone, at)


@pytest.mark.parametrize(("per", "dates"), RHYTHMS)
@examples(60)
@given(data=st.data())
def test_one_late_issue_pushes_none_after_it(per: Period, dates: Dates, data: st.DataObject) -> None:
    zone = data.draw(zones)
    issues = issues_at(zone, dates(data.draw(starts)), data.draw(clocks))
    late = data.draw(st.integers(0, len(issues) - 2))
    bound_of_delay = issues[late + 1] - issues[late] - ROLLING[per][0][0]
    delay = bound_of_delay * data.draw(st.sampled_from([0.01, 0.5, 0.9, 1.0]))
    moved = issues[late] + delay
    own = Bound.own(Cap(count=1, per=per))
    if not all(same_unit(kind, moved, issues[late], zone) for kind in own.calendar):
        return  # it left its calendar windows, and then the page promises nothing
    sent = [*issues[:late], moved, *issues[late + 1 :]]
    assert moved >= issues[late]
    for number, at in enumerate(sent):
        assert is_open(BoundCap.of(Whose.OWN, own.cap), sent[:number], zone, at)


def same_unit(kind: int | str, one: datetime, other: datetime, zone: str) -> bool:
    here, there = (at.astimezone(zone_of(zone)).date() for at in (one, other))
    return unit(kind, here) == unit(kind, there)


@examples(60)
@given(data=st.data(), day=st.sampled_from(list(Weekday)))
def test_a_weekly_letter_that_names_its_day_may_be_late_by_three_days_whatever_the_day(
    data: st.DataObject, day: Weekday
) -> None:
    zone = data.draw(zones)
    start = data.draw(starts)
    issues = issues_at(zone, every(7)(start + (day - start.weekday()) % 7 * DAY), data.draw(clocks))
    late = data.draw(st.integers(0, len(issues) - 2))
    moved = issues[late] + (issues[late + 1] - issues[late] - 4 * DAY) * data.draw(st.floats(0, 1))
    sent = [*issues[:late], moved, *issues[late + 1 :]]
    bound = BoundCap.of(Whose.ACCEPTED, Cap(count=1, per=Period.WEEK), frozenset({day}))
    if any(second - first < 4 * DAY for first, second in pairwise(sent)):
        return  # a week that lost a day: Apia, December 2011
    for number, at in enumerate(sent):
        assert is_open(bound, sent[:number], zone, at)


def weekly(days: frozenset[Weekday], own: Cap | None = None) -> Terms:
    cadence = Cadence(id=10, at_most=Cap(count=1, per=Period.WEEK), days=days)
    return Terms(
        expectation=Expectation(
            id=1,
            zone="Europe/Berlin",
            topics=(TopicChoice(topic=1, arrives=Arrives.EACH, accepted=10, at_most=own),),
        ),
        cadences={1: TopicCadences(accepted=cadence, current=cadence)},
    )


def outcome_after(terms: Terms, before: date, on: date) -> Outcome:
    at = datetime.combine(on, time(9), zone_of("Europe/Berlin")).astimezone(UTC)
    counted = datetime.combine(before, time(9), zone_of("Europe/Berlin")).astimezone(UTC)
    history = History.of([CountedMail(at=counted, topics=frozenset({1}))])
    return decide(GOOD_STANDING, terms, history, candidate((1,), at), at).outcome


def test_after_a_letter_that_slipped_from_tuesday_to_thursday_the_next_one_still_comes_on_tuesday() -> None:
    tuesdays = weekly(frozenset({Weekday.TUE}))
    assert outcome_after(tuesdays, date(2026, 11, 19), date(2026, 11, 24)) is Outcome.SEND


def test_one_on_sundays_that_slips_to_monday_still_comes_next_sunday_except_under_an_own_cap() -> None:
    sundays = frozenset({Weekday.SUN})
    assert outcome_after(weekly(sundays), date(2026, 11, 16), date(2026, 11, 22)) is Outcome.SEND
    own = weekly(sundays, own=Cap(count=1, per=Period.WEEK))
    assert outcome_after(own, date(2026, 11, 16), date(2026, 11, 22)) is Outcome.WAIT


def test_saturday_and_monday_are_never_one_a_week() -> None:
    bare = weekly(frozenset())
    assert outcome_after(bare, date(2026, 11, 21), date(2026, 11, 23)) is Outcome.WAIT


def test_the_31st_of_january_and_the_1st_of_february_are_never_one_a_month() -> None:
    bound = BoundCap.of(Whose.OWN, Cap(count=1, per=Period.MONTH))
    january, february = datetime(2027, 1, 31, 9, tzinfo=UTC), datetime(2027, 2, 1, 9, tzinfo=UTC)
    assert not is_open(bound, [january], "UTC", february)
    assert is_open(bound, [january], "UTC", january + timedelta(days=21))


def test_the_windows_are_those_of_the_table() -> None:
    for period in Period:
        bound = BoundCap.of(Whose.OWN, Cap(count=3, per=period))
        assert len(bound.calendar) == len(CALENDAR[period])
        assert bound.rolling == tuple((length, 3 * times) for length, times in ROLLING[period])
