"""What waits delays no letter that is on time: half a year, lived through."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.campaign import Candidate
from preferences.expectation import Arrives, DigestTimes, Terms, TopicCadences
from tests.people import EVENTS, FIVE_A_WEEK, LETTER, ONE_A_WEEK, candidate, terms_for
from tests.properties.page import DAY, zone_of
from tests.properties.simulation import Arrival, Mailbox
from tests.properties.worlds import examples, zones

LETTERS = 26
MONDAY = date(2026, 9, 28)


def weekly_campaigns(
    topic: int, weekday: Weekday, clock: time, zone: str, count: int = LETTERS, first: int = 100
) -> list[Candidate]:
    return [campaign(first + week, topic, MONDAY + (7 * week + weekday) * DAY, clock, zone) for week in range(count)]


def campaign(number: int, topic: int, on: date, clock: time, zone: str) -> Candidate:
    at = datetime.combine(on, clock.replace(fold=0), zone_of(zone)).astimezone(UTC)
    return candidate((topic,), at, id=number, campaign=number)


def lived(terms: Terms, campaigns: Sequence[Candidate]) -> Mailbox:
    last = max(one.scheduled_at for one in campaigns)
    return Mailbox(terms, list(campaigns)).run(last + timedelta(days=16))


def on_their_day(box: Mailbox, letters: Sequence[Candidate], zone: str) -> int:
    """How many letters arrived on the local date for which they were scheduled."""
    days = {one.campaign: one.scheduled_at.astimezone(zone_of(zone)).date() for one in letters}
    return sum(days.get(one.campaign) == one.at.astimezone(zone_of(zone)).date() for one in box.arrived)


def assert_everything_was_read_once(box: Mailbox, campaigns: Sequence[Candidate]) -> None:
    assert sorted(one.campaign for one in box.arrived) == sorted(one.campaign for one in campaigns)


def reader(zone: str, arrives: dict[int, Arrives], days: frozenset[Weekday] = frozenset(), **asked: Any) -> Terms:
    letter = Cadence(id=10, at_most=ONE_A_WEEK, days=days)
    events = Cadence(id=20, at_most=FIVE_A_WEEK)
    stated = {
        LETTER: TopicCadences(accepted=letter, current=letter),
        EVENTS: TopicCadences(accepted=events, current=events),
    }
    return terms_for(arrives, cadences=stated, zone=zone, **asked)


@pytest.mark.parametrize("topic", [LETTER, EVENTS], ids=["on the letter's topic", "on a topic that shares a total"])
def test_one_extra_on_a_monday_costs_one_letter_its_day_and_everything_is_read(topic: int) -> None:
    terms = reader("Europe/Berlin", {LETTER: Arrives.EACH, EVENTS: Arrives.EACH}, total=ONE_A_WEEK)
    letters = weekly_campaigns(LETTER, Weekday.TUE, time(9), "Europe/Berlin")
    extra = campaign(1, topic, MONDAY + 35 * DAY, time(15), "Europe/Berlin")

    box = lived(terms, [*letters, extra])

    assert on_their_day(box, letters, "Europe/Berlin") == 25
    assert_everything_was_read_once(box, [*letters, extra])


def test_a_letter_that_names_its_day_keeps_it_when_an_extra_comes_the_day_before() -> None:
    tuesdays = frozenset({Weekday.TUE})
    terms = reader("Europe/Berlin", {LETTER: Arrives.EACH}, days=tuesdays)
    letters = weekly_campaigns(LETTER, Weekday.TUE, time(9), "Europe/Berlin")
    extra = campaign(1, LETTER, MONDAY + 35 * DAY, time(15), "Europe/Berlin")

    box = lived(terms, [*letters, extra])

    assert on_their_day(box, letters, "Europe/Berlin") == LETTERS
    assert_everything_was_read_once(box, [*letters, extra])


def test_a_digest_that_the_total_stops_on_fridays_never_costs_a_letter_its_tuesday() -> None:
    terms = reader(
        "Europe/Berlin",
        {LETTER: Arrives.EACH, EVENTS: Arrives.WEEKLY},
        total=ONE_A_WEEK,
        digest=DigestTimes(hour=time(18), weekday=Weekday.FRI, day=1),
    )
    letters = weekly_campaigns(LETTER, Weekday.TUE, time(9), "Europe/Berlin")
    items = weekly_campaigns(EVENTS, Weekday.THU, time(11), "Europe/Berlin", count=LETTERS - 1, first=300)

    box = lived(terms, [*letters, *items])

    assert on_their_day(box, letters, "Europe/Berlin") == LETTERS
    assert_everything_was_read_once(box, [*letters, *items])


def test_a_digest_and_a_letter_at_the_same_instant_both_arrive_in_one_mail() -> None:
    terms = reader(
        "Europe/Berlin",
        {LETTER: Arrives.EACH, EVENTS: Arrives.WEEKLY},
        total=ONE_A_WEEK,
        digest=DigestTimes(hour=time(18), weekday=Weekday.FRI, day=1),
    )
    letters = weekly_campaigns(LETTER, Weekday.FRI, time(18), "Europe/Berlin")
    items = weekly_campaigns(EVENTS, Weekday.THU, time(11), "Europe/Berlin", first=300)

    box = lived(terms, [*letters, *items])

    assert on_their_day(box, letters, "Europe/Berlin") == LETTERS
    assert_everything_was_read_once(box, [*letters, *items])


CLOCKS = st.sampled_from([time(0, 30), time(9), time(23)])
DAYS = st.sampled_from(list(Weekday))


@examples(40)
@given(
    zone=zones,
    clock=CLOCKS,
    letter=DAYS,
    extra=st.integers(20, 160),
    at=CLOCKS,
    topic=st.sampled_from([LETTER, EVENTS]),
)
def test_one_extra_on_any_day_costs_at_most_one_letter_its_day(
    zone: str, clock: time, letter: Weekday, extra: int, at: time, topic: int
) -> None:
    terms = reader(zone, {LETTER: Arrives.EACH, EVENTS: Arrives.EACH}, total=ONE_A_WEEK)
    letters = weekly_campaigns(LETTER, letter, clock, zone)
    additional = campaign(1, topic, MONDAY + extra * DAY, at, zone)

    box = lived(terms, [*letters, additional])

    assert on_their_day(box, letters, zone) >= LETTERS - 1
    assert_everything_was_read_once(box, [*letters, additional])


@examples(40)
@given(data=st.data(), zone=zones, clock=CLOCKS, letter=DAYS)
def test_letters_give_way_only_to_extras_that_were_on_time_themselves(
    data: st.DataObject, zone: str, clock: time, letter: Weekday
) -> None:
    days = [20 + 21 * week + data.draw(st.integers(0, 6)) for week in range(7)]
    box, letters, own = lived_with_extras(data, zone, clock, letter, days)
    on_time = [one for one in own if not one.had_waited]
    assert on_their_day(box, letters, zone) >= LETTERS - len(on_time)


@examples(40)
@given(data=st.data(), zone=zones, clock=CLOCKS, letter=DAYS)
def test_however_many_extras_there_are_each_costs_at_most_one_letter_its_day(
    data: st.DataObject, zone: str, clock: time, letter: Weekday
) -> None:
    """Where two come in one week, the one that waited may expire before the next letter, and then it may leave first."""
    days = data.draw(st.lists(st.integers(10, 170), min_size=1, max_size=6, unique=True))
    box, letters, own = lived_with_extras(data, zone, clock, letter, days)
    assert on_their_day(box, letters, zone) >= LETTERS - len(own)


def lived_with_extras(
    data: st.DataObject, zone: str, clock: time, letter: Weekday, days: list[int]
) -> tuple[Mailbox, list[Candidate], list[Arrival]]:
    """Half a year of letters and extras under one mail a week: the mailbox, the letters, the extras that were mails."""
    terms = reader(zone, {LETTER: Arrives.EACH, EVENTS: Arrives.EACH}, total=ONE_A_WEEK)
    letters = weekly_campaigns(LETTER, letter, clock, zone)
    extras = [campaign(n + 1, EVENTS, MONDAY + day * DAY, data.draw(CLOCKS), zone) for n, day in enumerate(days)]
    box = lived(terms, [*letters, *extras])
    assert_everything_was_read_once(box, [*letters, *extras])
    numbers = {one.campaign for one in extras}
    return box, letters, [one for one in box.arrived if one.campaign in numbers and one.carrier is None]


@examples(30)
@given(zone=zones, clock=CLOCKS, letter=DAYS, slot=DAYS, hour=CLOCKS, item=st.integers(0, 6))
def test_a_weekly_digest_and_a_letter_that_share_a_total_lose_nothing(
    zone: str, clock: time, letter: Weekday, slot: Weekday, hour: time, item: int
) -> None:
    terms = reader(
        zone,
        {LETTER: Arrives.EACH, EVENTS: Arrives.WEEKLY},
        total=Cap(count=1, per=Period.WEEK),
        digest=DigestTimes(hour=hour, weekday=slot, day=1),
    )
    letters = weekly_campaigns(LETTER, letter, clock, zone)
    items = [
        campaign(300 + week, EVENTS, MONDAY + (7 * week + item) * DAY, time(11), zone) for week in range(LETTERS - 1)
    ]

    box = lived(terms, [*letters, *items])

    assert_everything_was_read_once(box, [*letters, *items])
