"""Deciding everything due at once: coming along, the last opening, digests, notices."""

from dataclasses import replace
from datetime import date, time

import pytest

from preferences.cadence import Cap, Period, Weekday
from preferences.campaign import ExpiryBasis, Origin
from preferences.decision import Outcome, Reason, decide
from preferences.expectation import Arrives, Overflow
from preferences.history import EMPTY_HISTORY, CountedMail, History
from preferences.quiet import Hours, Pause
from preferences.ranking import decide_along, decide_together
from tests.people import (
    ALERTS,
    ANNA,
    BEN,
    BERLIN,
    CONFIRMED,
    DORA,
    EVENTS,
    GRETA,
    JOBS,
    LETTER,
    TUESDAY,
    TWO_A_WEEK,
    berlin,
    candidate,
    changed,
    digest,
    mail,
    terms_for,
    waited,
)

LETTER_CAME = History.of([mail(LETTER, berlin(24, 9))])


def test_what_waits_comes_along_in_the_next_mail_and_the_letter_after_it_is_not_made_late() -> None:
    tuesday = berlin(1, 9, month=12)
    extra = waited((EVENTS,), berlin(26, 15))
    letter = candidate((LETTER,), tuesday, id=7, campaign=7)
    verdicts = decide_together(CONFIRMED, BEN, LETTER_CAME, [letter], [extra], tuesday)
    assert [(one.subject.id, one.decision.outcome, one.decision.carrier) for one in verdicts] == [
        (7, Outcome.SEND, None),
        (extra.id, Outcome.SEND, 7),
    ]


def test_what_came_along_counts_against_what_else_would_and_never_against_the_topics_own_issue() -> None:
    cap = {EVENTS: Cap(count=1, per=Period.WEEK)}
    terms = terms_for({LETTER: Arrives.EACH, EVENTS: Arrives.EACH}, own=cap)
    came = CountedMail(at=berlin(24, 9), topics=frozenset({LETTER}), along=frozenset({EVENTS}))
    at = berlin(26, 9)
    assert decide(CONFIRMED, terms, History.of([came]), candidate((EVENTS,), at), at).outcome is Outcome.SEND
    line = waited((EVENTS,), at, expires_at=None)
    assert decide_along(CONFIRMED, terms, History.of([came]), line, at, 7, frozenset({LETTER})) is None
    assert decide_along(CONFIRMED, terms, History.of([came]), line, at, 7, frozenset({EVENTS})) is not None


def test_a_waiting_message_comes_along_even_where_it_could_not_leave_by_itself_any_more() -> None:
    extra = waited((EVENTS,), berlin(26, 18), expires_at=berlin(30, 10), expiry=ExpiryBasis.MARKETER)
    at = berlin(30, 9)
    letter = candidate((JOBS,), at, id=7, campaign=7)
    verdicts = decide_together(CONFIRMED, BEN, LETTER_CAME, [letter], [extra], at)
    assert verdicts[-1].decision.carrier == 7


def test_what_waited_and_expires_at_this_very_instant_comes_along_in_the_mail_that_leaves_at_it() -> None:
    at = berlin(30, 9)
    extra = waited((EVENTS,), at, expires_at=at, expiry=ExpiryBasis.MARKETER)
    terms, letter = terms_for({LETTER: Arrives.EACH, EVENTS: Arrives.EACH}), candidate((LETTER,), at, id=7, campaign=7)
    verdicts = decide_together(CONFIRMED, terms, EMPTY_HISTORY, [extra, letter], [], at)
    assert [(one.subject.id, one.decision.outcome, one.decision.carrier) for one in verdicts] == [
        (7, Outcome.SEND, None),
        (extra.id, Outcome.SEND, 7),
    ]


def test_two_that_have_waited_leave_as_one_mail() -> None:
    terms = changed(BEN, total=TWO_A_WEEK)
    first, second = waited((EVENTS,), berlin(20, 9), id=1), waited((JOBS,), berlin(20, 9), id=2, campaign=2)
    verdicts = decide_together(CONFIRMED, terms, EMPTY_HISTORY, [second, first], [], berlin(24, 9))
    assert [(one.subject.id, one.decision.carrier) for one in verdicts] == [(1, None), (2, 1)]


def test_no_two_take_the_last_opening_and_the_loser_says_that_it_ranked_lower() -> None:
    at = berlin(24, 9)
    winner = candidate((EVENTS,), at, id=2, campaign=2, priority=1)
    loser = candidate((JOBS,), at, id=1, campaign=1, origin=Origin.OTHER_SYSTEM)
    verdicts = decide_together(CONFIRMED, BEN, EMPTY_HISTORY, [loser, winner], [], at)
    assert [(one.subject.id, one.decision.outcome, one.decision.reason) for one in verdicts] == [
        (2, Outcome.SEND, Reason.EXPECTED),
        (1, Outcome.WAIT, Reason.RANKED_LOWER),
    ]


def test_a_digest_that_loses_its_slot_to_a_letter_travels_in_it() -> None:
    friday = berlin(27, 18)
    letter = candidate((LETTER,), friday, id=7, campaign=7, relevance=1.0)
    item = candidate((EVENTS,), berlin(26, 9), id=8, campaign=8)
    verdicts = decide_together(CONFIRMED, DORA, EMPTY_HISTORY, [digest(), letter], [item], friday)
    assert [(one.subject.id, one.decision.outcome, one.decision.carrier) for one in verdicts] == [
        (7, Outcome.SEND, None),
        (500, Outcome.WAIT, None),
        (8, Outcome.SEND, 7),
    ]
    assert verdicts[1].decision.reason is Reason.RANKED_LOWER


def test_an_item_that_was_stopped_before_stands_in_the_digest_of_its_next_slot_and_nowhere_else() -> None:
    item = candidate((EVENTS,), berlin(19, 9), id=8, campaign=8, digest_stopped=True)
    verdicts = decide_together(CONFIRMED, DORA, EMPTY_HISTORY, [digest()], [item], berlin(27, 18))
    assert [(one.subject.id, one.decision.outcome) for one in verdicts] == [(500, Outcome.SEND)]


def test_a_digest_that_a_cap_stops_waits_for_its_next_slot() -> None:
    verdicts = decide_together(CONFIRMED, DORA, LETTER_CAME, [digest()], [], berlin(27, 18))
    assert (verdicts[0].decision.outcome, verdicts[0].decision.opens_at) == (Outcome.WAIT, berlin(4, 18, month=12))


def test_a_notice_stands_outside_the_total_in_both_directions() -> None:
    at = berlin(26, 9)
    assert decide(CONFIRMED, GRETA, LETTER_CAME, candidate((ALERTS,), at), at).outcome is Outcome.SEND
    alerted = History.of([mail(ALERTS, berlin(24, 8))])
    assert decide(CONFIRMED, GRETA, alerted, candidate((LETTER,)), berlin(24, 9)).outcome is Outcome.SEND


def test_a_notice_over_its_number_a_year_is_not_sent_even_to_who_lets_things_come_along() -> None:
    alerts = History.of([mail(ALERTS, berlin(day, 9)) for day in (2, 3, 4, 5)])
    decision = decide(CONFIRMED, GRETA, alerts, candidate((ALERTS,)), berlin(24, 9))
    assert (decision.outcome, decision.reason) == (Outcome.NOT_SENT, Reason.TOPIC_CAP)


def test_a_notice_leaves_at_the_first_allowed_instant_after_a_pause() -> None:
    early = Hours(since=time(7), until=time(9))
    terms = changed(GRETA, paused=Pause(since=TUESDAY, until=date(2026, 11, 26)), hours=early, digest=None)
    alert = waited((ALERTS,), berlin(24, 15), coming_at=berlin(27, 9))
    assert decide(CONFIRMED, terms, EMPTY_HISTORY, alert, berlin(25, 8)).opens_at == berlin(26, 7)
    assert decide(CONFIRMED, terms, EMPTY_HISTORY, alert, berlin(26, 7)).outcome is Outcome.SEND


def test_a_notice_ranks_before_everything_else_and_carries_nothing() -> None:
    at = berlin(24, 9)
    letter = candidate((LETTER,), at, id=1, campaign=1, priority=9, relevance=9.0)
    alert = candidate((ALERTS,), at, id=2, campaign=2)
    verdicts = decide_together(CONFIRMED, GRETA, EMPTY_HISTORY, [letter, alert], [], at)
    assert [(one.subject.id, one.decision.outcome, one.decision.carrier) for one in verdicts] == [
        (2, Outcome.SEND, None),
        (1, Outcome.SEND, None),
    ]


def test_a_topic_for_notices_has_a_number_a_year_as_its_only_cadence() -> None:
    with pytest.raises(ValueError, match="per year"):
        replace(ANNA.cadences[LETTER], notice=True)
    with pytest.raises(ValueError, match="as each"):
        terms_for({ALERTS: Arrives.WEEKLY})


def test_every_day_of_an_expectation_is_checked_against_its_digest() -> None:
    with pytest.raises(ValueError, match="weekday"):
        terms_for({EVENTS: Arrives.WEEKLY}, days=frozenset({Weekday.MON}), digest=DORA.expectation.digest)
    fitted = terms_for(
        {EVENTS: Arrives.WEEKLY}, days=frozenset({Weekday.FRI}), hours=Hours(since=time(21, 30), until=time(6))
    )
    assert fitted.expectation.digest_times.weekday is Weekday.FRI
    assert fitted.expectation.digest_times.hour == time(22)
    assert fitted.zone is BERLIN
    assert fitted.expectation.overflow is Overflow.COME_ALONG
