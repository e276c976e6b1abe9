"""Asking for less never brings more: whatever is tightened, nothing that was not sent becomes a *send*."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.cadence import Cap
from preferences.campaign import Candidate
from preferences.decision import Outcome, decide, is_own_time, own_time_of_day
from preferences.expectation import Expectation, TopicCadences
from preferences.quiet import Hours, Pause
from tests.properties.page import Reader
from tests.properties.worlds import (
    candidates,
    caps,
    clocks,
    examples,
    history_of,
    readers,
    standings,
    terms_of,
)

FIRST, LAST = date(2011, 12, 1), date(2037, 1, 1)
Tighten = Callable[[st.DataObject, Reader], Reader]


def smaller(cap: Cap | None, data: st.DataObject) -> Cap | None:
    """A count lower by one, a cap where there was none, or the same."""
    if cap is None:
        return data.draw(st.none() | caps)
    return replace(cap, count=max(1, cap.count - 1))


def with_smaller_total(data: st.DataObject, reader: Reader) -> Reader:
    return replace(reader, asked=replace(reader.asked, total=smaller(reader.asked.total, data)))


def with_smaller_own_caps(data: st.DataObject, reader: Reader) -> Reader:
    choices = tuple(
        replace(choice, at_most=smaller(choice.at_most, data)) if choice.arrives == "each" else choice
        for choice in reader.asked.topics
    )
    return replace(reader, asked=replace(reader.asked, topics=choices))


def with_smaller_cadences(data: st.DataObject, reader: Reader) -> Reader:
    def lowered(stated: TopicCadences) -> TopicCadences:
        accepted, current = stated.accepted, stated.current
        less = replace(current, at_most=replace(current.at_most, count=max(1, current.at_most.count - 1)))
        return replace(stated, current=less, accepted=less if accepted == current else accepted)

    return replace(reader, cadences={topic: lowered(stated) for topic, stated in reader.cadences.items()})


def with_fewer_days(data: st.DataObject, reader: Reader) -> Reader:
    days = frozenset(data.draw(st.sets(st.sampled_from(sorted(reader.asked.days)), min_size=1)))
    return replace(reader, asked=replace(reader.asked, days=days, digest=None))


def with_a_longer_pause(data: st.DataObject, reader: Reader) -> Reader:
    pause = reader.asked.paused or Pause(
        since=data.draw(st.dates(min_value=FIRST, max_value=LAST)), until=LAST + timedelta(days=1)
    )
    longer = Pause(
        since=pause.since - timedelta(days=data.draw(st.integers(0, 9))),
        until=pause.until + timedelta(days=data.draw(st.integers(0, 9))),
    )
    return replace(reader, asked=replace(reader.asked, paused=longer))


def fewer_hours(data: st.DataObject, asked: Expectation) -> Hours:
    """Hours within the reader's: any where there were none, else from a time within them until their end."""
    if asked.hours is None:
        since, until = data.draw(st.lists(clocks, min_size=2, max_size=2, unique=True))
        return Hours(since=since, until=until)
    within = data.draw(clocks.filter(asked.hours.has) | st.just(asked.hours.since))
    return Hours(since=within, until=asked.hours.until)


def with_fewer_hours(data: st.DataObject, reader: Reader) -> Reader:
    return replace(reader, asked=replace(reader.asked, hours=fewer_hours(data, reader.asked), digest=None))


@pytest.mark.parametrize(
    "tighten",
    [
        with_smaller_total,
        with_smaller_own_caps,
        with_smaller_cadences,
        with_fewer_days,
        with_fewer_hours,
        with_a_longer_pause,
    ],
)
@examples(50)
@given(data=st.data())
def test_asking_for_less_never_turns_anything_into_a_send(tighten: Tighten, data: st.DataObject) -> None:
    reader, now = data.draw(readers())
    subject, standing = data.draw(candidates(now)), data.draw(standings(now))
    less = tighten(data, reader)
    if moves_its_own_time(subject, reader, less):
        return  # exactly what the test below is about

    before = decide(standing, terms_of(reader), history_of(reader), subject, now).outcome
    after = decide(standing, terms_of(less), history_of(less), subject, now).outcome

    assert after is not Outcome.SEND or before is Outcome.SEND


def moves_its_own_time(subject: Candidate, reader: Reader, less: Reader) -> bool:
    """Whether it has waited and fewer hours leave its own time of day outside, so that it becomes their first."""
    return subject.has_waited and own_time_of_day(terms_of(reader), subject) != own_time_of_day(terms_of(less), subject)


@examples(50)
@given(data=st.data())
def test_fewer_hours_move_the_own_time_of_what_waits_to_their_first_or_not_at_all(data: st.DataObject) -> None:
    reader, now = data.draw(readers())
    subject = replace(data.draw(candidates(now)), has_waited=True, coming_at=None)
    less = with_fewer_hours(data, reader)
    hours = less.asked.hours
    assert hours is not None

    own = own_time_of_day(terms_of(less), subject)
    scheduled = subject.scheduled_at.astimezone(reader.zone).time()

    assert own == (scheduled if hours.has(scheduled) else hours.since)
    assert is_own_time(terms_of(less), subject, now) == (now.astimezone(reader.zone).time() >= own)
