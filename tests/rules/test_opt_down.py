"""Less, or more: what a forwarded link may ask for, and what is recorded as an opt-down."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.asked import Asked, asked_from_json
from preferences.opt_down import More, OptDown, compare, once_a_week, paused_for_a_month, without_topic

TODAY = date(2026, 11, 24)


def asked(*topics: str | dict[str, Any], **more: Any) -> Asked:
    return asked_from_json({"topics": [{"topic": one} if isinstance(one, str) else one for one in topics], **more})


def one(arrives: str, **cap: Any) -> Asked:
    return asked({"topic": "letter", "arrives": arrives, **({"at_most": cap} if cap else {})})


def pause(since: str, until: str) -> Asked:
    return asked("letter", paused={"from": since, "until": until})


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (asked("letter", "events"), asked("letter"), OptDown.TOPIC_OFF),
        (one("each"), one("daily"), OptDown.SLOWER_RHYTHM),
        (one("daily"), one("monthly"), OptDown.SLOWER_RHYTHM),
        (one("each", count=1, per="week"), one("weekly"), OptDown.SLOWER_RHYTHM),
        (one("monthly"), one("web"), OptDown.WEB_ONLY),
        (one("each"), one("each", count=3, per="week"), OptDown.LOWER_CAP),
        (one("each", count=2, per="week"), one("each", count=1, per="month"), OptDown.LOWER_CAP),
        (asked("letter"), asked("letter", at_most={"count": 1, "per": "year"}), OptDown.LOWER_CAP),
        (asked("letter"), pause("2026-11-24", "2026-12-24"), OptDown.PAUSE),
        (pause("2026-11-01", "2026-12-01"), pause("2026-11-20", "2026-12-24"), OptDown.PAUSE),
        (asked("letter"), asked("letter", days=["tue", "wed"]), OptDown.FEWER_DAYS),
        (asked("letter"), asked("letter", hours={"from": "08:00", "to": "20:00"}), OptDown.FEWER_HOURS),
        (asked("letter"), asked("letter", overflow="leave_out"), OptDown.LEAVE_OUT),
    ],
)
def test_what_is_less_is_more_when_it_is_taken_back(before: Asked, after: Asked, kind: OptDown) -> None:
    forth, back = compare(before, after, TODAY), compare(after, before, TODAY)
    assert [step.kind for step in forth.less] == [kind]
    assert forth.is_only_less
    assert back.less == ()
    assert not back.is_only_less


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        (one("each", count=1, per="month"), one("weekly"), More.FASTER_RHYTHM),
        (one("each", count=1, per="week"), one("each", count=4, per="month"), More.CAP),
        (asked("letter"), asked("events"), More.TOPIC),
        (pause("2026-11-24", "2026-12-24"), pause("2026-12-01", "2027-01-24"), More.PAUSE),
        (one("weekly"), asked({"topic": "letter", "arrives": "weekly"}, digest={"weekday": "fri"}), More.DIGEST_TIMES),
    ],
)
def test_what_is_less_in_one_way_and_more_in_another_is_more(before: Asked, after: Asked, more: More) -> None:
    assert more in compare(before, after, TODAY).more


def test_a_pause_that_is_over_is_none() -> None:
    over = pause("2026-10-01", "2026-11-24")
    assert compare(over, asked("letter"), TODAY).is_only_less
    assert compare(asked("letter"), over, TODAY).less == ()


def test_digest_times_that_must_move_are_no_change_of_mind() -> None:
    weekly = asked({"topic": "letter", "arrives": "weekly"})
    narrowed = asked({"topic": "letter", "arrives": "weekly"}, days=["thu"])
    assert compare(weekly, narrowed, TODAY).is_only_less


_CAPS = st.none() | st.fixed_dictionaries(
    {"count": st.integers(1, 9), "per": st.sampled_from(["day", "week", "two_weeks", "month", "quarter", "year"])}
)
_TOPICS = st.dictionaries(
    st.sampled_from(["letter", "events", "jobs"]),
    st.tuples(st.sampled_from(["each", "daily", "weekly", "monthly", "web"]), _CAPS),
    min_size=1,
)


@st.composite
def wishes(draw: st.DrawFn) -> Asked:
    topics = [
        {"topic": slug, "arrives": arrives, "at_most": cap if arrives == "each" else None}
        for slug, (arrives, cap) in draw(_TOPICS).items()
    ]
    days = draw(st.none() | st.sets(st.sampled_from(["mon", "wed", "sat"]), min_size=1).map(sorted))
    return asked(*topics, at_most=draw(_CAPS), days=days, overflow=draw(st.sampled_from(["come_along", "leave_out"])))


@given(before=wishes())
def test_the_quick_ways_to_less_never_ask_for_more(before: Asked) -> None:
    for after in (
        once_a_week(before, frozenset()),
        paused_for_a_month(before, TODAY),
        without_topic(before, before.topics[0].topic),
    ):
        assert compare(before, after, TODAY).is_only_less


@given(before=wishes(), after=wishes())
def test_asking_for_less_both_ways_is_asking_for_the_same(before: Asked, after: Asked) -> None:
    forth, back = compare(before, after, TODAY), compare(after, before, TODAY)
    if forth.is_only_less and back.is_only_less:
        assert forth.less == back.less == ()


@given(wanted=wishes())
def test_the_same_is_neither_less_nor_more(wanted: Asked) -> None:
    comparison = compare(wanted, wanted, TODAY)
    assert (comparison.less, comparison.more) == ((), ())


def test_once_a_week_leaves_what_cannot_wait_and_what_is_slower_already() -> None:
    wants = asked("letter", "notices", {"topic": "events", "arrives": "monthly"}, {"topic": "jobs", "arrives": "web"})
    weekly = once_a_week(wants, frozenset({"notices"}))
    assert [topic.arrives.value for topic in weekly.topics] == ["weekly", "each", "monthly", "web"]
