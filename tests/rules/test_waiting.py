"""Waiting: what it waits for, until when, and when it expires."""

from datetime import date, timedelta

import pytest

from preferences.cadence import Cap, Period
from preferences.campaign import ExpiryBasis
from preferences.decision import Outcome, Reason, decide, next_own_time
from preferences.history import EMPTY_HISTORY, History
from preferences.quiet import Pause
from tests.people import (
    BEN,
    CARLA,
    CONFIRMED,
    DORA,
    EMIL,
    EVENTS,
    FRIDA,
    LETTER,
    TUESDAY,
    berlin,
    candidate,
    changed,
    mail,
    waited,
)

LETTER_CAME = History.of([mail(LETTER, berlin(24, 9))])


def test_a_paused_subscriber_is_never_sent_to() -> None:
    decision = decide(CONFIRMED, FRIDA, EMPTY_HISTORY, candidate(expires_at=None), berlin(24, 9))
    assert (decision.outcome, decision.reason) == (Outcome.WAIT, Reason.PAUSED)
    assert decision.opens_at == berlin(4, 0, month=1, year=2027)


def test_a_pause_ends_by_itself_and_must_have_an_end() -> None:
    after = decide(CONFIRMED, FRIDA, EMPTY_HISTORY, candidate(), berlin(4, 0, month=1, year=2027))
    assert after.reason is Reason.EXPIRED
    with pytest.raises(ValueError, match="must end after"):
        Pause(since=TUESDAY, until=TUESDAY)


def test_a_pause_holds_from_its_first_midnight_until_its_last() -> None:
    terms = changed(BEN, paused=Pause(since=TUESDAY, until=date(2026, 11, 26)))
    instants = (berlin(23, 23, 59), berlin(24, 0), berlin(25, 23, 59), berlin(26, 0))
    outcomes = [decide(CONFIRMED, terms, EMPTY_HISTORY, candidate((EVENTS,), at), at).outcome for at in instants]
    assert outcomes == [Outcome.SEND, Outcome.WAIT, Outcome.WAIT, Outcome.SEND]


def test_what_does_not_fit_is_left_out_for_who_asked_for_that() -> None:
    decision = decide(CONFIRMED, CARLA, LETTER_CAME, candidate((EVENTS,), berlin(26, 9)), berlin(26, 9))
    assert (decision.outcome, decision.reason, decision.opens_at) == (Outcome.NOT_SENT, Reason.TOTAL_CAP, None)
    assert decision.evidence is not None


def test_the_evidence_names_the_cap_and_the_window_that_opens_last() -> None:
    decision = decide(CONFIRMED, BEN, LETTER_CAME, candidate((EVENTS,), berlin(26, 9)), berlin(26, 9))
    evidence = decision.evidence
    assert evidence is not None
    assert (evidence.whose, evidence.counted, evidence.calendar) == ("total", 1, "week_from_0")
    assert (evidence.since, evidence.until) == (berlin(23, 0), berlin(30, 0))
    assert decision.opens_at == berlin(30, 0)


def test_the_evidence_is_of_the_rule_that_answered_and_the_instant_of_all_rules() -> None:
    total = Cap(count=1, per=Period.MONTH)
    terms = changed(BEN, total=total)
    decision = decide(CONFIRMED, terms, LETTER_CAME, candidate((LETTER,), berlin(26, 9)), berlin(26, 9))
    assert decision.reason is Reason.TOPIC_CAP
    assert decision.evidence is not None
    assert decision.evidence.until == berlin(1, 0, month=12)
    assert decision.opens_at == berlin(15, 9, month=12)


def test_what_waits_only_for_hours_leaves_at_that_instant() -> None:
    decision = decide(CONFIRMED, EMIL, EMPTY_HISTORY, candidate((EVENTS,), berlin(24, 7)), berlin(24, 7))
    assert (decision.reason, decision.opens_at) == (Reason.QUIET_HOURS, berlin(24, 9))
    decision = decide(CONFIRMED, EMIL, EMPTY_HISTORY, candidate((EVENTS,), berlin(28, 10)), berlin(28, 10))
    assert (decision.reason, decision.opens_at) == (Reason.QUIET_DAY, berlin(30, 9))


def test_what_waited_for_a_cap_never_leaves_merely_because_a_window_opened() -> None:
    extra = waited((EVENTS,), berlin(26, 15))
    at_midnight = decide(CONFIRMED, BEN, LETTER_CAME, extra, berlin(30, 0))
    assert (at_midnight.outcome, at_midnight.reason) == (Outcome.WAIT, Reason.NEXT_MAIL)
    assert at_midnight.opens_at == berlin(30, 15)
    assert decide(CONFIRMED, BEN, LETTER_CAME, extra, berlin(30, 15)).outcome is Outcome.SEND


def test_what_waited_gives_way_to_a_mail_that_is_coming() -> None:
    extra = waited((EVENTS,), berlin(26, 15), coming_at=berlin(1, 9, month=12))
    decision = decide(CONFIRMED, BEN, LETTER_CAME, extra, berlin(30, 15))
    assert (decision.reason, decision.opens_at) == (Reason.NEXT_MAIL, berlin(1, 9, month=12))


def test_while_a_mail_is_coming_at_this_very_instant_the_next_look_is_later_and_nothing_expires_for_it() -> None:
    extra = waited((EVENTS,), berlin(26, 9), coming_at=berlin(1, 9, month=12), expires_at=berlin(1, 20, month=12))
    decision = decide(CONFIRMED, BEN, LETTER_CAME, extra, berlin(1, 9, month=12))
    assert (decision.outcome, decision.reason) == (Outcome.WAIT, Reason.NEXT_MAIL)
    assert decision.opens_at == berlin(1, 20, month=12)


def test_the_own_time_of_day_is_that_of_the_scheduled_instant_and_outside_the_hours_their_first() -> None:
    inside = waited((EVENTS,), berlin(26, 15))
    outside = waited((EVENTS,), berlin(26, 20))
    assert next_own_time(EMIL, inside, berlin(28, 0)) == berlin(30, 15)
    assert next_own_time(EMIL, outside, berlin(28, 0)) == berlin(30, 9)


def test_an_expiry_that_nobody_set_is_moved_once_by_the_longest_full_cap_and_a_day() -> None:
    terms = changed(BEN, total=Cap(count=1, per=Period.MONTH))
    at = berlin(26, 9)
    first = decide(CONFIRMED, terms, LETTER_CAME, candidate((EVENTS,), at), at)
    assert (first.expires_at, first.expiry) == (at + timedelta(days=32), ExpiryBasis.EXTENDED)
    again = waited((EVENTS,), at, expires_at=first.expires_at, expiry=first.expiry)
    longer = changed(BEN, total=Cap(count=1, per=Period.YEAR))
    second = decide(CONFIRMED, longer, LETTER_CAME, again, at)
    assert (second.reason, second.expires_at) == (Reason.WOULD_EXPIRE, first.expires_at)


def test_neither_a_pause_nor_quiet_days_move_an_expiry() -> None:
    at = berlin(24, 9)
    paused = decide(CONFIRMED, changed(FRIDA, paused=Pause(since=TUESDAY, until=date(2026, 11, 26))), LETTER_CAME,
                    candidate((EVENTS,), at), at)  # fmt: skip
    assert (paused.reason, paused.expires_at) == (Reason.PAUSED, at + timedelta(days=8))
    saturday = candidate((EVENTS,), berlin(28, 9))
    assert decide(CONFIRMED, EMIL, EMPTY_HISTORY, saturday, berlin(28, 9)).expires_at == saturday.expires_at


def test_an_expiry_of_the_marketer_is_never_moved() -> None:
    at, until = berlin(26, 9), berlin(27, 9)
    news = candidate((EVENTS,), at, expires_at=until, expiry=ExpiryBasis.MARKETER)
    decision = decide(CONFIRMED, BEN, LETTER_CAME, news, at)
    assert (decision.outcome, decision.reason) == (Outcome.NOT_SENT, Reason.WOULD_EXPIRE)
    assert (decision.expires_at, decision.evidence is not None) == (until, True)


def test_an_item_of_a_digest_has_no_expiry_unless_the_marketer_set_one() -> None:
    terms = changed(DORA, total=None)
    late = decide(CONFIRMED, terms, EMPTY_HISTORY, candidate((EVENTS,), berlin(3, 9)), berlin(26, 9))
    assert (late.outcome, late.expires_at) == (Outcome.DIGEST, None)
    until = berlin(27, 9)
    news = candidate((EVENTS,), berlin(26, 9), expires_at=until, expiry=ExpiryBasis.MARKETER)
    assert decide(CONFIRMED, terms, EMPTY_HISTORY, news, berlin(26, 9)).reason is Reason.WOULD_EXPIRE
