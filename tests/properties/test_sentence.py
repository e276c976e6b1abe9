"""Invariant 8: the sentence names exactly the caps, days, hours, pause and topics that are enforced."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from preferences.cadence import EVERY_DAY, BoundCap, Cadence, Cap, Period, Weekday, Whose, opening
from preferences.expectation import (
    RHYTHM_CAPS,
    Arrives,
    DigestTimes,
    Expectation,
    Overflow,
    Terms,
    TopicCadences,
    TopicChoice,
)
from preferences.languages import languages
from preferences.promise import CapClause, Promise, clauses
from preferences.quiet import Hours, Pause
from preferences.wording import sentence
from tests.properties.worlds import effort

NAMES = {1: "Letter", 2: "Events", 3: "Jobs", 4: "Alerts"}
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TODAY = date(2026, 11, 26)

caps = st.builds(lambda count, per: Cap(count=count, per=per), st.integers(1, 3), st.sampled_from(Period))
yearly = st.builds(lambda count: Cap(count=count, per=Period.YEAR), st.integers(1, 4))
usual_days = st.sampled_from([frozenset[Weekday](), frozenset({Weekday.TUE}), frozenset({Weekday.THU, Weekday.SUN})])
hours = st.sampled_from([Hours(since=time(7), until=time(21)), Hours(since=time(8), until=time(0))])
pauses = st.builds(
    lambda first, length: Pause(since=TODAY + timedelta(days=first), until=TODAY + timedelta(days=first + length)),
    st.integers(-9, 400),
    st.integers(1, 400),
)


@st.composite
def choices(draw: st.DrawFn, topic: int) -> tuple[TopicChoice, TopicCadences]:
    notice = draw(st.integers(0, 4)) == 0
    arrives = Arrives.EACH if notice else draw(st.sampled_from(Arrives))
    own = draw(st.none() | caps) if arrives is Arrives.EACH else None
    stated = yearly if notice else caps
    accepted = Cadence(id=topic * 10, at_most=draw(stated), days=draw(usual_days))
    raised = Cadence(id=topic * 10 + 1, at_most=draw(stated), days=draw(usual_days))
    current = draw(st.sampled_from([accepted, raised]))
    choice = TopicChoice(topic=topic, arrives=arrives, accepted=accepted.id, at_most=own)
    return choice, TopicCadences(accepted=accepted, current=current, notice=notice)


@st.composite
def digest_times(draw: st.DrawFn, days: frozenset[Weekday]) -> DigestTimes:
    hour = draw(st.sampled_from([time(9), time(18)]))
    return DigestTimes(hour=hour, weekday=draw(st.sampled_from(sorted(days))), day=draw(st.sampled_from([1, 15, 31])))


@st.composite
def all_terms(draw: st.DrawFn) -> Terms:
    numbers = draw(st.lists(st.sampled_from(list(NAMES)), unique=True, max_size=4))
    topics = [draw(choices(number)) for number in sorted(numbers)]
    days = draw(st.just(EVERY_DAY) | st.frozensets(st.sampled_from(Weekday), min_size=1))
    expectation = Expectation(
        id=1,
        zone="Europe/Berlin",
        topics=tuple(choice for choice, _ in topics),
        total=draw(st.none() | caps),
        days=days,
        hours=draw(st.none() | hours),
        paused=draw(st.none() | pauses),
        overflow=draw(st.sampled_from(Overflow)),
        digest=draw(st.none() | digest_times(days)),
    )
    return Terms(expectation=expectation, cadences={choice.topic: cadences for choice, cadences in topics})


class Rebuilt(NamedTuple):
    """What a reader can rebuild from the clauses."""

    topics: dict[int, tuple[Arrives, bool]]
    caps: dict[int, tuple[BoundCap, ...]]
    total: Cap | None
    days: frozenset[Weekday]
    hours: Hours | None
    pause: tuple[date | None, date] | None


def bound(clause: CapClause) -> BoundCap:
    days = frozenset[Weekday]() if clause.week_from is None else frozenset({clause.week_from})
    return BoundCap.of(Whose.OWN, clause.cap, days)


def rebuilt(promise: Promise) -> Rebuilt:
    topics = {clause.topic.topic: (Arrives.EACH, False) for clause in promise.each}
    topics |= {clause.topic.topic: (Arrives.EACH, True) for clause in promise.notices}
    topics |= {one.topic: (clause.rhythm, False) for clause in promise.digests for one in clause.topics}
    topics |= {one.topic: (Arrives.WEB, False) for one in promise.web}
    mails = (*promise.each, *promise.notices)
    return Rebuilt(
        topics=topics,
        caps={clause.topic.topic: tuple(bound(cap) for cap in clause.caps) for clause in mails},
        total=promise.total,
        days=promise.days,
        hours=promise.hours,
        pause=None if promise.pause is None else (promise.pause.since, promise.pause.until),
    )


def left_of(pause: Pause | None) -> tuple[date | None, date] | None:
    if pause is None or pause.until <= TODAY:
        return None
    return (pause.since if pause.since > TODAY else None), pause.until


@given(all_terms())
def test_the_clauses_name_exactly_the_topics_days_hours_and_pause(terms: Terms) -> None:
    asked, found = terms.expectation, rebuilt(clauses(terms, NAMES, NOW))
    assert found.topics == {number: (topic.arrives, topic.notice) for number, topic in terms.topics.items()}
    mails = [topic for topic in terms.topics.values() if topic.arrives is not Arrives.WEB]
    if mails:
        assert (found.days, found.hours, found.pause) == (asked.days, asked.hours, left_of(asked.paused))
    if not all(topic.notice for topic in mails):
        assert found.total == asked.total


def windows(cap: BoundCap) -> tuple[Cap, frozenset[str], tuple[tuple[timedelta, int], ...]]:
    return cap.cap, frozenset(cap.calendar), cap.rolling


@given(all_terms())
def test_no_cap_is_named_that_is_not_enforced(terms: Terms) -> None:
    for number, named in rebuilt(clauses(terms, NAMES, NOW)).caps.items():
        assert {windows(cap) for cap in named} <= {windows(cap) for cap in terms.topics[number].caps}


def is_open(caps: tuple[BoundCap, ...], counted: tuple[datetime, ...], terms: Terms, at: datetime) -> bool:
    return all(opening(cap, counted, terms.zone, at) is None for cap in caps)


@settings(max_examples=effort(100))
@given(all_terms(), st.lists(st.integers(1, 700), min_size=30, max_size=60))
def test_the_named_caps_allow_no_mail_that_the_terms_would_stop(terms: Terms, hours_between: list[int]) -> None:
    """Mails go out whenever the named caps allow it; then every cap that is enforced must allow it too."""
    found = rebuilt(clauses(terms, NAMES, NOW))
    for number, named in found.caps.items():
        topic = terms.topics[number]
        in_total = found.total is not None and not topic.notice
        total = terms.total_caps if in_total else ()
        counted: tuple[datetime, ...] = ()
        at = NOW
        for gap in hours_between:
            at += timedelta(hours=gap)
            if is_open((*named, *total), counted, terms, at):
                assert is_open(topic.caps, counted, terms, at)
                counted = (at, *counted)


def enforced_by(terms: Terms) -> object:
    """What the terms enforce, as a value: what two equal sentences must have in common."""
    promise = clauses(terms, NAMES, NOW)
    found = rebuilt(promise)
    # One topic for what cannot wait goes without a name.
    nameless = promise.notices[0].topic.topic if len(promise.notices) == 1 else None
    numbers = {number: 0 if number == nameless else number for number in found.topics}
    return (
        {numbers[number]: topic for number, topic in found.topics.items()},
        {numbers[number]: frozenset(windows(cap) for cap in caps) for number, caps in found.caps.items()},
        *found[2:],
        {clause.topic.topic: clause.usual for clause in promise.each},
        [(clause.rhythm, clause.hour, clause.weekday, clause.day) for clause in promise.digests],
        promise.overflow,
    )


LANGUAGES = [one.tag for one in languages()]
SAID: dict[tuple[str, str], object] = {}


@settings(max_examples=effort(250))
@given(all_terms())
def test_different_promises_are_never_said_alike(terms: Terms) -> None:
    promise, enforced = clauses(terms, NAMES, NOW), enforced_by(terms)
    for language in LANGUAGES:
        assert SAID.setdefault((language, sentence(promise, language)), enforced) == enforced


ASKED = ("total", "days", "hours", "paused", "overflow")


@settings(max_examples=effort(250))
@given(all_terms(), all_terms(), st.sampled_from([*ASKED, "accepted", "current"]))
def test_one_difference_is_said(one: Terms, other: Terms, field: str) -> None:
    """Two terms that differ in one respect only are the most alike that different promises can be."""
    changed = with_asked(one, other, field) if field in ASKED else with_cadences(one, other, field)
    if enforced_by(changed) != enforced_by(one):
        before, after = clauses(one, NAMES, NOW), clauses(changed, NAMES, NOW)
        for language in LANGUAGES:
            assert sentence(after, language) != sentence(before, language)


def with_asked(one: Terms, other: Terms, field: str) -> Terms:
    asked = {name: getattr(other.expectation if name == field else one.expectation, name) for name in ASKED}
    expectation = Expectation(id=1, zone=one.expectation.zone, topics=one.expectation.topics, **asked)
    return Terms(expectation=expectation, cadences=one.cadences)


def with_cadences(one: Terms, other: Terms, field: str) -> Terms:
    def picked(number: int, name: str) -> Cadence:
        theirs = other.cadences.get(number)
        taken = name == field and theirs is not None and theirs.notice == one.cadences[number].notice
        cadence: Cadence = getattr((other if taken else one).cadences[number], name)
        return cadence

    cadences = {
        number: TopicCadences(accepted=picked(number, "accepted"), current=picked(number, "current"), notice=old.notice)
        for number, old in one.cadences.items()
    }
    return Terms(expectation=one.expectation, cadences=cadences)


def test_a_rhythm_is_the_cap_that_its_words_say() -> None:
    assert {rhythm: (cap.count, cap.per) for rhythm, cap in RHYTHM_CAPS.items()} == {
        Arrives.DAILY: (1, Period.DAY),
        Arrives.WEEKLY: (1, Period.WEEK),
        Arrives.MONTHLY: (1, Period.MONTH),
    }
