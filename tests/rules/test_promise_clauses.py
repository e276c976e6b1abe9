"""Which caps a promise names: those that bind, and no cap that another one makes empty."""

from datetime import UTC, datetime, time, timedelta
from itertools import product

import pytest

from preferences.cadence import BoundCap, Cadence, Cap, Period, Weekday, Whose, opening
from preferences.calendar import zone_named
from preferences.expectation import Arrives, DigestTimes, Expectation, Terms, TopicCadences, TopicChoice
from preferences.promise import CapClause, clauses, implies, strictest
from preferences.quiet import Hours, Pause

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NAMES = {1: "Letter", 2: "Events", 3: "Jobs"}
TUESDAYS = frozenset({Weekday.TUE})
BERLIN = zone_named("Europe/Berlin")


def cap(count: int, per: Period, days: frozenset[Weekday] = frozenset(), whose: Whose = Whose.OWN) -> BoundCap:
    return BoundCap.of(whose, Cap(count=count, per=per), days)


def terms(arrives: Arrives, cadence: Cadence, **asked: object) -> Terms:
    choice = TopicChoice(topic=1, arrives=arrives, accepted=cadence.id)
    expectation = Expectation(id=1, zone="Europe/Berlin", topics=(choice,), **asked)  # type: ignore[arg-type]
    return Terms(expectation=expectation, cadences={1: TopicCadences(accepted=cadence, current=cadence)})


WEEKLY_ON_TUESDAYS = Cadence(id=1, at_most=Cap(count=1, per=Period.WEEK), days=TUESDAYS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (cap(1, Period.WEEK), cap(2, Period.WEEK)),
        (cap(1, Period.WEEK), cap(1, Period.DAY)),
        (cap(1, Period.MONTH), cap(1, Period.WEEK)),
        (cap(1, Period.MONTH), cap(1, Period.TWO_WEEKS)),
        (cap(1, Period.WEEK, TUESDAYS), cap(2, Period.WEEK)),
    ],
)
def test_a_cap_makes_a_wider_one_empty(one: BoundCap, other: BoundCap) -> None:
    assert implies(one, other)
    assert not implies(other, one)


def test_weeks_that_begin_elsewhere_are_different_caps() -> None:
    assert not implies(cap(1, Period.WEEK), cap(1, Period.WEEK, TUESDAYS))
    assert not implies(cap(1, Period.WEEK, TUESDAYS), cap(1, Period.WEEK))
    assert implies(cap(1, Period.WEEK), cap(1, Period.WEEK, frozenset({Weekday.SUN})))


def test_of_equal_caps_the_first_is_named() -> None:
    own, accepted = cap(2, Period.WEEK), cap(2, Period.WEEK, whose=Whose.ACCEPTED)
    assert strictest([own, accepted]) == (own,)
    assert strictest([own, accepted], [cap(2, Period.WEEK, whose=Whose.TOTAL)]) == ()


SPACED = [timedelta(hours=hours) for hours in (1, 7, 25, 73, 100, 170, 270, 520, 1100)]


@pytest.mark.parametrize("days", [frozenset(), TUESDAYS, frozenset({Weekday.SUN})])
def test_what_an_implied_cap_would_stop_the_other_stops_already(days: frozenset[Weekday]) -> None:
    """Kept histories of many spacings: whatever `one` allows, every cap that it implies allows."""
    caps = [cap(count, per, days if per is Period.WEEK else frozenset()) for count in (1, 2, 3) for per in Period]
    caps += [cap(count, Period.WEEK) for count in (1, 2, 3)]
    for one in caps:
        implied = [other for other in caps if other is not one and implies(one, other)]
        for first, second in product(SPACED, SPACED):
            counted: tuple[datetime, ...] = ()
            at = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
            for step in range(60):
                if opening(one, counted, BERLIN, at) is None:
                    assert not [other for other in implied if opening(other, counted, BERLIN, at) is not None]
                    counted = (at, *counted)
                at += first if step % 2 else second


def test_the_usual_days_are_the_sender_s_present_ones_and_the_week_is_the_accepted_one_s() -> None:
    now_on_thursdays = Cadence(id=2, at_most=Cap(count=2, per=Period.WEEK), days=frozenset({Weekday.THU}))
    moved = Terms(
        expectation=terms(Arrives.EACH, WEEKLY_ON_TUESDAYS).expectation,
        cadences={1: TopicCadences(accepted=WEEKLY_ON_TUESDAYS, current=now_on_thursdays)},
    )
    (letter,) = clauses(moved, NAMES, NOW).each
    assert letter.caps == (CapClause(cap=Cap(count=1, per=Period.WEEK), week_from=Weekday.TUE),)
    assert letter.usual == {Weekday.THU}


def test_a_cadence_binds_no_digest_and_no_page() -> None:
    for arrives in (Arrives.DAILY, Arrives.WEEKLY, Arrives.MONTHLY, Arrives.WEB):
        assert clauses(terms(arrives, WEEKLY_ON_TUESDAYS), NAMES, NOW).each == ()


def test_a_digest_names_the_times_of_its_rhythm_only() -> None:
    times = DigestTimes(hour=time(18), weekday=Weekday.FRI, day=15)
    said = {
        rhythm: clauses(terms(rhythm, WEEKLY_ON_TUESDAYS, digest=times), NAMES, NOW).digests[0]
        for rhythm in (Arrives.DAILY, Arrives.WEEKLY, Arrives.MONTHLY)
    }
    assert [(one.weekday, one.day) for one in said.values()] == [(None, None), (Weekday.FRI, None), (None, 15)]
    assert {one.hour for one in said.values()} == {time(18)}


def test_where_nothing_comes_by_mail_nothing_is_held_back() -> None:
    today = datetime(2026, 11, 26).date()  # noqa: DTZ001 - a local date
    promise = clauses(
        terms(
            Arrives.WEB,
            WEEKLY_ON_TUESDAYS,
            total=Cap(count=1, per=Period.WEEK),
            days=TUESDAYS,
            hours=Hours(since=time(7), until=time(21)),
            paused=Pause(since=today, until=today + timedelta(days=9)),
        ),
        NAMES,
        NOW,
    )
    assert (promise.total, promise.hours, promise.pause, promise.overflow) == (None, None, None, None)
    assert promise.days == frozenset(Weekday)


def test_every_topic_needs_a_name() -> None:
    with pytest.raises(KeyError):
        clauses(terms(Arrives.EACH, WEEKLY_ON_TUESDAYS), {}, NOW)
