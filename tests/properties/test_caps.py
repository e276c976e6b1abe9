"""A cap holds in every reading there is, and opens at the earliest instant at which one more mail is allowed."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from preferences.cadence import BoundCap, CalendarWindow, Cap, Period, Whose, opening
from preferences.decision import Outcome, decide
from preferences.expectation import GOOD_STANDING, Arrives
from preferences.history import CountedMail, History
from tests.properties.page import CALENDAR, DAY, ROLLING, Bound, Reader, allows, unit, zone_of
from tests.properties.worlds import (
    MOMENT,
    caps,
    counted_instants,
    examples,
    history_of,
    instants,
    readers,
    terms_of,
    weekdays,
    zones,
)
from tests.properties.worlds import candidates as campaigns


def bounds_of(cap: Cap, days: frozenset[int]) -> tuple[BoundCap, Bound]:
    """The same cap for the law and for the oracle, as a reader's own or as a cadence with usual days."""
    names_days = cap.per == "week" and days
    calendar = (min(days),) if names_days else CALENDAR[cap.per]
    return BoundCap.of(Whose.OWN, cap, frozenset(days)), Bound("own", cap, calendar)  # type: ignore[arg-type]


@examples(150)
@given(st.data())
def test_a_cap_is_full_exactly_when_a_window_with_the_instant_holds_as_many(data: st.DataObject) -> None:
    zone = data.draw(zones)
    now = data.draw(instants(zone))
    counted = data.draw(st.lists(counted_instants(zone, now), max_size=8))
    law, page = bounds_of(data.draw(caps), data.draw(st.frozensets(st.integers(0, 6), max_size=3)))

    full = opening(law, sorted(counted, reverse=True), zone_of(zone), now)

    assert (full is None) == allows(page, counted, now, zone_of(zone))


@examples(100)
@given(st.data())
def test_a_full_cap_opens_at_the_earliest_instant_that_it_allows(data: st.DataObject) -> None:
    zone = data.draw(zones)
    now = data.draw(instants(zone))
    counted = data.draw(st.lists(counted_instants(zone, now), min_size=1, max_size=8))
    law, page = bounds_of(data.draw(caps), frozenset())

    full = opening(law, sorted(counted, reverse=True), zone_of(zone), now)

    if full is None:
        return
    assert allows(page, counted, full.until, zone_of(zone))
    assert not allows(page, counted, full.until - MOMENT, zone_of(zone))
    # Once open it stays open, so that nothing earlier can have been allowed either.
    for step in range(40):
        assert not allows(page, counted, now + (full.until - MOMENT - now) * step / 40, zone_of(zone))
        assert allows(page, counted, full.until + step * timedelta(hours=11), zone_of(zone))


@examples(100)
@given(st.data())
def test_the_evidence_is_the_window_that_opens_last_and_holds_what_it_says(data: st.DataObject) -> None:
    zone = data.draw(zones)
    now = data.draw(instants(zone))
    counted = data.draw(st.lists(counted_instants(zone, now), min_size=1, max_size=8))
    law, _ = bounds_of(data.draw(caps), frozenset())

    full = opening(law, sorted(counted, reverse=True), zone_of(zone), now)

    if full is not None:
        assert full.since <= max(now, *counted)
        assert now < full.until
        assert sum(full.since <= one for one in counted) >= full.counted >= law.cap.count


@examples(60)
@given(st.data())
def test_mails_that_were_let_go_never_exceed_a_cap_in_any_calendar_reading_or_bunch(data: st.DataObject) -> None:
    """Whole histories, built by asking at random instants and counting every *send*; then read from outside."""
    reader, start = data.draw(readers(ways=st.just(Arrives.EACH)))
    reader = Reader(reader.asked, reader.cadences)
    terms = terms_of(reader)
    history, now, sent = History(), start, list[CountedMail]()
    for number in range(40):
        now += data.draw(st.sampled_from([timedelta(minutes=7), timedelta(hours=5), timedelta(hours=24), 3 * DAY]))
        subject = data.draw(campaigns(now, id=1000 + number))
        decision = decide(GOOD_STANDING, terms, history, subject, now)
        if decision.outcome is Outcome.SEND and decision.topic is not None:
            mail = CountedMail(at=now, topics=frozenset({decision.topic}), notice=terms.topics[decision.topic].notice)
            sent.append(mail)
            history = history.with_mail(mail)

    read = Reader(reader.asked, reader.cadences, tuple(sent))
    scopes = [(bound, read.in_total()) for bound in read.total_caps()]
    scopes += [(bound, read.charged_to(c.topic)) for c in read.asked.topics for bound in read.topic_caps(c.topic)]
    for bound, counted in scopes:
        assert_never_more(bound, counted, read)


def assert_never_more(bound: Bound, counted: list[datetime], reader: Reader) -> None:
    """No calendar unit holds more than n, and no rolling window, wherever it begins, more than its multiple."""
    for kind in bound.calendar:
        units = [unit(kind, at.astimezone(reader.zone).date()) for at in counted]
        assert all(units.count(one) <= bound.cap.count for one in units)
    for length, times in ROLLING[bound.cap.per]:
        for first in counted:
            assert sum(first <= at < first + length for at in counted) <= bound.cap.count * times


@examples(60)
@given(st.data())
def test_the_order_in_which_a_history_is_told_changes_nothing(data: st.DataObject) -> None:
    reader, _ = data.draw(readers())
    shuffled = data.draw(st.permutations(reader.mails))

    told = History.of(shuffled, reader.had)

    assert told == history_of(reader)


@examples(60)
@given(st.data())
def test_windows_without_the_instant_do_not_matter_after_a_change_of_zone_or_cap(data: st.DataObject) -> None:
    """However full the past is made by a smaller cap or another zone: what is over long enough binds nothing."""
    zone = data.draw(zones)
    now = data.draw(instants(zone))
    law, page = bounds_of(data.draw(caps), frozenset())
    reach = {Period.YEAR: 367, Period.QUARTER: 93, Period.MONTH: 32, Period.TWO_WEEKS: 24, Period.WEEK: 8}
    over = now - timedelta(days=reach.get(law.cap.per, 2))
    counted = [over - timedelta(minutes=minutes) for minutes in range(30)]

    assert opening(law, counted, zone_of(zone), now) is None
    assert allows(page, counted, now, zone_of(zone))


@given(usual=weekdays)
def test_a_weekly_cadence_that_names_its_days_is_read_in_weeks_from_the_first_of_them(usual: frozenset[int]) -> None:
    bound = BoundCap.of(Whose.ACCEPTED, Cap(count=1, per=Period.WEEK), usual)  # type: ignore[arg-type]
    assert bound.calendar == (CalendarWindow(f"week_from_{min(usual)}"),)
    assert BoundCap.of(Whose.TOTAL, Cap(count=1, per=Period.WEEK)).calendar == (
        CalendarWindow.WEEK_FROM_MON,
        CalendarWindow.WEEK_FROM_SUN,
    )
