"""One decision costs at most sixty conversions of an instant to local time.

The mix: half *send*, a quarter *wait* with its search for the next allowed instant and full evidence, 15 % *digest*,
a tenth *not sent*; an own cap, a cadence and a total, days and hours. Zones and instants vary within a run and differ
between runs, so that what is kept from earlier questions helps as much as it does in a real send, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import count
from random import Random
from statistics import median
from time import perf_counter

from benchmarks import Result
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.calendar import zone_named
from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import Decision, Outcome, decide
from preferences.expectation import (
    GOOD_STANDING,
    Arrives,
    Expectation,
    Overflow,
    Standing,
    Terms,
    TopicCadences,
    TopicChoice,
)
from preferences.history import CountedMail, History
from preferences.quiet import Hours

BAR = 60.0
ROUNDS = 5
QUESTIONS = 4000
MIX = {Outcome.SEND: 0.5, Outcome.WAIT: 0.25, Outcome.DIGEST: 0.15, Outcome.NOT_SENT: 0.10}
ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Warsaw", "Europe/Kyiv",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo",
    "America/Mexico_City", "Africa/Cairo", "Africa/Lagos", "Asia/Kolkata", "Asia/Tokyo", "Asia/Shanghai", "Asia/Dubai",
    "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
Question = tuple[Standing, Terms, History, Candidate, datetime]
LETTER, EVENTS = 1, 2
EVERY_MINUTE = timedelta(minutes=1)


def run() -> list[Result]:
    """The ratio of one decision to one conversion, the median of five runs over different questions."""
    chance = Random(20261121)
    readers = [_terms(number, chance) for number in range(400)]
    rounds = [list(_questions(readers, chance)) for _ in range(ROUNDS)]
    ratios, decisions, conversions = [], [], []
    for questions in rounds:
        reference = _seconds(lambda one: one[4].astimezone(one[1].zone), questions)
        measured = _seconds(lambda one: decide(*one), questions)
        ratios.append(measured / reference)
        decisions.append(measured / len(questions))
        conversions.append(reference / len(questions))
    return [
        Result(
            claim="decide",
            ratio=median(ratios),
            bar=BAR,
            measured=f"{median(decisions) * 1e6:.1f} µs a decision",
            reference=f"{median(conversions) * 1e6:.2f} µs an astimezone",
        )
    ]


def _seconds(ask: Callable[[Question], object], questions: list[Question]) -> float:
    since = perf_counter()
    for question in questions:
        ask(question)
    return perf_counter() - since


def _terms(number: int, chance: Random) -> Terms:
    letter = Cadence(id=1, at_most=Cap(count=1, per=Period.WEEK), days=frozenset({Weekday(chance.randrange(7))}))
    events = Cadence(id=2, at_most=Cap(count=3, per=Period.WEEK))
    since = time(chance.randrange(6, 10))
    expectation = Expectation(
        id=number,
        zone=chance.choice(ZONES),
        topics=(
            TopicChoice(topic=LETTER, arrives=Arrives.EACH, accepted=1, at_most=Cap(count=4, per=Period.MONTH)),
            TopicChoice(topic=EVENTS, arrives=chance.choice([Arrives.DAILY, Arrives.WEEKLY]), accepted=2),
        ),
        total=Cap(count=2, per=Period.WEEK),
        days=frozenset(Weekday(day) for day in range(chance.choice([5, 6]))),
        hours=Hours(since=since, until=time(chance.randrange(17, 22))),
        overflow=Overflow.COME_ALONG if number % 10 else Overflow.LEAVE_OUT,
    )
    cadences = {
        LETTER: TopicCadences(accepted=letter, current=letter),
        EVENTS: TopicCadences(accepted=events, current=events),
    }
    return Terms(expectation=expectation, cadences=cadences)


def _questions(readers: list[Terms], chance: Random) -> Iterator[Question]:
    """As many questions of each outcome as the mix asks for, in random order."""
    found: list[Question] = []
    wanted = {outcome: round(QUESTIONS * share) for outcome, share in MIX.items()}
    for number in count():
        question = _question(chance.choice(readers), number, chance)
        decision = decide(*question)
        if wanted.get(decision.outcome, 0) and _belongs(decision):
            wanted[decision.outcome] -= 1
            found.append(question)
        if not any(wanted.values()):
            break
    chance.shuffle(found)
    yield from found


def _belongs(decision: Decision) -> bool:
    """A wait is one for a cap, with its evidence."""
    return decision.outcome is not Outcome.WAIT or decision.evidence is not None


def _question(terms: Terms, number: int, chance: Random) -> Question:
    now = datetime(2026, 9, 1, tzinfo=UTC) + chance.randrange(120 * 24 * 60) * EVERY_MINUTE
    gaps = sorted(chance.randrange(2 * 24 * 60, 60 * 24 * 60) for _ in range(8))
    mails = [CountedMail(at=now - gap * EVERY_MINUTE, topics=frozenset({LETTER})) for gap in gaps]
    candidate = Candidate(
        id=number,
        campaign=number,
        topics=(EVENTS,) if chance.random() < 0.15 else (LETTER, EVENTS),
        scheduled_at=now,
        expires_at=now + timedelta(days=8),
        expiry=ExpiryBasis.DEFAULT,
    )
    standing = Standing(confirmed=True, unsubscribed=True) if chance.random() < 0.05 else GOOD_STANDING
    return standing, terms, History.of(mails), candidate, now


# Every zone is known before anything is measured, as in a process that runs.
for _name in ZONES:
    zone_named(_name)
