"""The rules are ordered, and the order is the policy: each wins over every later one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations

import pytest

from preferences.cadence import Weekday
from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import RULES, Outcome, Reason, decide
from preferences.expectation import Arrives, Standing, Suppression, Terms
from preferences.history import CountedMail, History
from preferences.quiet import Hours, Pause
from tests.people import (
    ALERTS,
    BEN,
    CONFIRMED,
    EVENTS,
    JOBS,
    LETTER,
    ONE_A_WEEK,
    berlin,
    candidate,
    changed,
    mail,
    terms_for,
)

# Tuesday 24 November 2026, 09:00 in Berlin.
NOW = berlin(24, 9)
AT_NINE = candidate((LETTER,), NOW, expires_at=None)


@dataclass(frozen=True)
class Question:
    """The arguments of one decision, to be spoilt in one way after the other."""

    standing: Standing = CONFIRMED
    terms: Terms = BEN
    mails: tuple[CountedMail, ...] = ()
    had: frozenset[int] = frozenset()
    candidate: Candidate = AT_NINE
    now: datetime = NOW

    def asked(self, **asked: object) -> "Question":
        return replace(self, terms=changed(self.terms, **asked))

    def arriving(self, way: Arrives) -> "Question":
        choices = tuple(
            replace(one, arrives=way) if one.topic == LETTER else one for one in self.terms.expectation.topics
        )
        return self.asked(topics=choices)

    def reason(self) -> Reason:
        return decide(self.standing, self.terms, History.of(self.mails, self.had), self.candidate, self.now).reason


def on_web(one: Question) -> Question:
    return one.arriving(Arrives.WEB)


def in_digest(one: Question) -> Question:
    return (
        one
        if one.terms.topics.get(LETTER) and one.terms.topics[LETTER].arrives is Arrives.WEB
        else one.arriving(Arrives.WEEKLY)
    )


def paused(one: Question) -> Question:
    return one.asked(paused=Pause(since=date(2026, 11, 23), until=date(2026, 11, 26)))


def off_topic(one: Question) -> Question:
    return one.asked(topics=tuple(choice for choice in one.terms.expectation.topics if choice.topic != LETTER))


def expired(one: Question) -> Question:
    past = replace(one.candidate, expires_at=NOW - timedelta(minutes=1), expiry=ExpiryBasis.MARKETER)
    return replace(one, candidate=past)


def next_mail(one: Question) -> Question:
    return replace(one, candidate=replace(one.candidate, has_waited=True, coming_at=NOW + timedelta(days=1)))


# In the order of the specification; each spoils the question so that its own rule answers.
SPOILERS: list[tuple[Reason, Callable[[Question], Question]]] = [
    (
        Reason.SUPPRESSED_COMPLAINT,
        lambda one: replace(one, standing=replace(one.standing, suppressed=Suppression.COMPLAINT)),
    ),
    (Reason.CONSENT_EXPIRED, lambda one: replace(one, standing=replace(one.standing, consent_ends_at=NOW))),
    (Reason.UNSUBSCRIBED, lambda one: replace(one, standing=replace(one.standing, unsubscribed=True))),
    (Reason.DUPLICATE, lambda one: replace(one, had=frozenset({one.candidate.campaign}))),
    (Reason.OFF_TOPIC, off_topic),
    (Reason.EXPIRED, expired),
    (Reason.WEB_ONLY, on_web),
    (Reason.DIGEST_WEEKLY, in_digest),
    (Reason.PAUSED, paused),
    (Reason.TOPIC_CAP, lambda one: replace(one, mails=(*one.mails, mail(LETTER, NOW - timedelta(hours=1))))),
    (Reason.TOTAL_CAP, lambda one: replace(one, mails=(*one.mails, mail(JOBS, NOW - timedelta(hours=1))))),
    (Reason.NEXT_MAIL, next_mail),
    (Reason.QUIET_DAY, lambda one: one.asked(days=frozenset({Weekday.MON}), digest=None)),
    (
        Reason.QUIET_HOURS,
        lambda one: one.asked(hours=Hours(since=berlin(24, 12).time(), until=berlin(24, 16).time()), digest=None),
    ),
]


@pytest.mark.parametrize(("reason", "spoil"), SPOILERS, ids=[str(reason) for reason, _ in SPOILERS])
def test_each_rule_answers_when_it_alone_is_broken(reason: Reason, spoil: Callable[[Question], Question]) -> None:
    assert Question().reason() is Reason.EXPECTED
    assert spoil(Question()).reason() is reason


PAIRS = list(combinations(range(len(SPOILERS)), 2))


@pytest.mark.parametrize(
    ("first", "later"), PAIRS, ids=[f"{SPOILERS[one][0]}-before-{SPOILERS[other][0]}" for one, other in PAIRS]
)
def test_each_rule_wins_over_every_later_one(first: int, later: int) -> None:
    reason, spoil = SPOILERS[first]
    _, spoil_later = SPOILERS[later]
    # In this order, since what is not expected any more cannot arrive in another way either.
    assert spoil(spoil_later(Question())).reason() is reason


def test_there_are_fourteen_rules() -> None:
    assert len(RULES) == 14


@pytest.mark.parametrize("why", list(Suppression))
def test_a_suppressed_address_is_never_written_to(why: Suppression) -> None:
    standing = replace(CONFIRMED, suppressed=why)
    decision = decide(standing, BEN, History(), candidate(), NOW)
    assert (decision.outcome, decision.reason) == (Outcome.NOT_SENT, f"suppressed_{why}")


def test_nobody_is_written_to_without_confirmation() -> None:
    standing = replace(CONFIRMED, confirmed=False, consent_ends_at=NOW)
    assert decide(standing, BEN, History(), candidate(), NOW).reason is Reason.UNCONFIRMED


def test_a_consent_holds_until_the_instant_at_which_it_ends() -> None:
    standing = replace(CONFIRMED, consent_ends_at=NOW)
    assert decide(standing, BEN, History(), candidate(), NOW - timedelta(microseconds=1)).outcome is Outcome.SEND
    assert decide(standing, BEN, History(), candidate(), NOW).outcome is Outcome.NOT_SENT


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        decide(CONFIRMED, BEN, History(), candidate(), NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("arrives", "topics", "charged"),
    [
        ({LETTER: Arrives.EACH, EVENTS: Arrives.EACH}, (EVENTS, LETTER), EVENTS),
        ({LETTER: Arrives.WEEKLY, EVENTS: Arrives.EACH}, (LETTER, EVENTS), EVENTS),
        ({LETTER: Arrives.WEB, EVENTS: Arrives.DAILY, JOBS: Arrives.MONTHLY}, (LETTER, JOBS, EVENTS), JOBS),
        ({LETTER: Arrives.WEB, EVENTS: Arrives.WEB}, (EVENTS, LETTER), EVENTS),
        ({LETTER: Arrives.EACH, ALERTS: Arrives.EACH}, (ALERTS, LETTER), ALERTS),
        ({LETTER: Arrives.EACH}, (EVENTS, LETTER), LETTER),
    ],
)
def test_a_campaign_is_charged_to_the_first_topic_as_each_else_in_a_digest_else_on_the_web(
    arrives: dict[int, Arrives], topics: tuple[int, ...], charged: int
) -> None:
    terms = terms_for(arrives, total=ONE_A_WEEK)
    assert decide(CONFIRMED, terms, History(), candidate(topics), NOW).topic == charged
