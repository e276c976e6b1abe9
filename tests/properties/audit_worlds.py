"""Small worlds in which mails are let go or not: as the law is told of them, and as a ledger has them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from preferences.audit import ledger
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.calendar import zone_named
from preferences.campaign import Candidate, DigestDue
from preferences.decision import Outcome, decide
from preferences.digest_due import decide_digest
from preferences.expectation import (
    GOOD_STANDING,
    Arrives,
    Expectation,
    Overflow,
    Terms,
    TopicCadences,
    TopicChoice,
)
from preferences.history import EMPTY_HISTORY, CountedMail, History
from preferences.quiet import Hours, Pause
from preferences.ranking import decide_along
from tests.rules.audit_cast import LONG_AGO, Book

LETTER, EVENTS, JOBS, NOTICES = 1, 2, 3, 4
# Clocks that are put forward and back at 02:00, at midnight, and by half an hour; the ends of the world; no change.
ZONES = ("Europe/Berlin", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe", "Pacific/Kiritimati", "Etc/GMT+12")
START = datetime(2026, 9, 20, tzinfo=UTC)
PERIODS = tuple(Period)

caps = st.builds(Cap, count=st.integers(1, 3), per=st.sampled_from(PERIODS))
loose = st.builds(Cap, count=st.integers(2, 4), per=st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]))
# Minutes, some hours, whole days, weeks: close enough that windows are full, and on either side of their edges.
gaps = st.one_of(
    st.integers(0, 60 * 8), st.integers(1, 9).map(lambda days: days * 60 * 24), st.integers(0, 60 * 24 * 40)
)


@dataclass(frozen=True)
class Stated:
    """The cadences of a topic: what was accepted, and what is stated later on."""

    accepted: Cadence
    later: Cadence
    later_at: datetime


@dataclass(frozen=True)
class World:
    """One reader's terms before and after a change of mind, what the topics state, and the mails in recording order."""

    asked: tuple[Expectation, Expectation]
    changed_at: datetime
    stated: dict[int, Stated]
    mails: tuple[tuple[datetime, int, bool], ...]

    def terms_at(self, at: datetime) -> Terms:
        """What the law is told was in force."""
        asked = self.asked[at >= self.changed_at]
        cadences = {}
        for choice in asked.topics:
            stated = self.stated[choice.topic]
            current = stated.later if at >= stated.later_at else stated.accepted
            is_notice = choice.topic == NOTICES
            cadences[choice.topic] = TopicCadences(accepted=stated.accepted, current=current, notice=is_notice)
        return Terms(expectation=asked, cadences=cadences)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Somebody who reads a letter, events with it or for themselves, jobs every day, and what cannot wait."""
    changed_at = START + timedelta(minutes=draw(st.integers(0, 60 * 24 * 90)))
    asked = (_asked(draw, 100), _asked(draw, 101))
    stated = {topic: _stated(draw, topic) for topic in (LETTER, EVENTS, JOBS, NOTICES)}
    at, mails = START, []
    for _ in range(draw(st.integers(1, 8))):
        at += timedelta(minutes=draw(gaps))
        mails.append((at, draw(st.sampled_from([LETTER, LETTER, EVENTS, JOBS, NOTICES])), draw(st.booleans())))
    return World(asked=asked, changed_at=changed_at, stated=stated, mails=tuple(draw(st.permutations(mails))))


def _asked(draw: st.DrawFn, key: int) -> Expectation:
    some = st.frozensets(st.sampled_from(Weekday), min_size=3)
    days = draw(st.one_of(*[st.just(frozenset(Weekday))] * 4, some))
    hours = draw(
        st.sampled_from([*[None] * 5, Hours(since=time(7), until=time(21)), Hours(since=time(20), until=time(9))])
    )
    begins = date(2026, 9, 20) + timedelta(days=draw(st.integers(0, 20)))
    paused = Pause(since=begins, until=begins + timedelta(days=draw(st.integers(1, 20))))
    own = draw(st.one_of(st.none(), st.none(), caps))
    ways = {LETTER: Arrives.EACH, EVENTS: Arrives.EACH, JOBS: Arrives.DAILY, NOTICES: Arrives.EACH}
    return Expectation(
        id=key,
        zone=draw(st.sampled_from(ZONES)),
        topics=tuple(
            TopicChoice(topic=topic, arrives=way, accepted=topic * 10, at_most=own if topic == EVENTS else None)
            for topic, way in ways.items()
        ),
        total=draw(st.one_of(st.none(), caps, loose)),
        days=days,
        hours=hours,
        paused=draw(st.sampled_from([None, None, None, paused])),
        overflow=draw(st.sampled_from([Overflow.COME_ALONG, Overflow.COME_ALONG, Overflow.LEAVE_OUT])),
    )


def _stated(draw: st.DrawFn, topic: int) -> Stated:
    if topic == NOTICES:
        accepted, later = (Cap(count=draw(st.integers(1, 3)), per=Period.YEAR) for _ in range(2))
        usual: frozenset[Weekday] = frozenset()
    else:
        accepted, later = draw(loose), draw(st.one_of(caps, loose))
        usual = draw(st.one_of(st.just(frozenset[Weekday]()), st.frozensets(st.sampled_from(Weekday), max_size=2)))
    return Stated(
        accepted=Cadence(id=topic * 10, at_most=accepted, days=usual),
        later=Cadence(id=topic * 10 + 1, at_most=later, days=usual),
        later_at=START + timedelta(days=draw(st.integers(0, 60))),
    )


@dataclass
class Lived:
    """What the law says of each mail as it is recorded, allowed or not: everything is counted."""

    world: World
    history: History = EMPTY_HISTORY
    verdicts: list[bool] = field(default_factory=list)

    def run(self) -> list[bool]:
        """Whether each mail was allowed, in recording order."""
        for number, (at, topic, with_line) in enumerate(self.world.mails):
            self.verdicts.append(self._is_allowed(number, at, topic, with_line=with_line))
        return self.verdicts

    def _is_allowed(self, number: int, at: datetime, topic: int, *, with_line: bool) -> bool:
        terms = self.world.terms_at(at)
        if topic == JOBS:
            on = at.astimezone(terms.zone).date()
            due = DigestDue(id=number, rhythm=Arrives.DAILY, slot_on=on, slot_at=at, topics=frozenset({JOBS}))
            decision = decide_digest(GOOD_STANDING, terms, self.history, due, at)
            mail = CountedMail(at=at, topics=frozenset({JOBS}), rhythm=Arrives.DAILY)
        else:
            candidate = Candidate(id=number, campaign=number, topics=(topic,), scheduled_at=at)
            decision = decide(GOOD_STANDING, terms, self.history, candidate, at)
            mail = CountedMail(at=at, topics=frozenset({topic}), notice=topic == NOTICES)
        allowed = decision.outcome is Outcome.SEND
        line = with_line and topic == LETTER
        if line and allowed:
            waits = Candidate(id=-1, campaign=-1, topics=(EVENTS,), scheduled_at=at, has_waited=True, coming_at=at)
            along = decide_along(GOOD_STANDING, terms, self.history, waits, at, number, frozenset({LETTER}))
            allowed = along is not None
        along_topics = frozenset({EVENTS}) if line else frozenset[int]()
        self.history = self.history.with_mail(replace(mail, along=along_topics))
        return allowed


def book_of(world: World) -> Book:
    """The same world as a ledger."""
    topics = {
        topic: ledger.Topic(
            id=topic,
            name=f"Topic {topic}",
            is_notice=topic == NOTICES,
            cadences=(
                _cadence(stated.accepted, 1, LONG_AGO),
                _cadence(stated.later, 2, stated.later_at),
            ),
        )
        for topic, stated in world.stated.items()
    }
    before, after = (_as_ledger(asked) for asked in world.asked)
    book = Book(replace(before, until=world.changed_at), replace(after, since=world.changed_at), topics=topics)
    for number, (at, topic, with_line) in enumerate(world.mails):
        expectation = world.asked[at >= world.changed_at].id
        if topic == JOBS:
            book.hand_over(
                book.digest("daily", date(2026, 1, 1) + timedelta(days=number)), at, JOBS, expectation=expectation
            )
        else:
            line = {book.campaign(EVENTS): EVENTS} if with_line and topic == LETTER else {}
            book.hand_over(book.campaign(topic), at, topic, along=line, expectation=expectation)
    return book


def _cadence(value: Cadence, version: int, stated_at: datetime) -> ledger.Cadence:
    return ledger.Cadence(
        id=value.id,
        version=version,
        count=value.at_most.count,
        per=value.at_most.per.value,
        days=frozenset(int(day) for day in value.days),
        stated_at=stated_at,
    )


def _as_ledger(asked: Expectation) -> ledger.Expectation:
    return ledger.Expectation(
        id=asked.id,
        since=LONG_AGO,
        until=None,
        zone=zone_named(asked.zone),
        zone_name=asked.zone,
        choices={
            choice.topic: ledger.Choice(
                topic=choice.topic,
                arrives=choice.arrives.value,
                accepted=choice.accepted,
                own=None if choice.at_most is None else (choice.at_most.count, choice.at_most.per.value),
            )
            for choice in asked.topics
        },
        total=None if asked.total is None else (asked.total.count, asked.total.per.value),
        days=frozenset(int(day) for day in asked.days),
        hours=None if asked.hours is None else (asked.hours.since, asked.hours.until),
        paused=None if asked.paused is None else (asked.paused.since, asked.paused.until),
        overflow=asked.overflow.value,
    )
