"""Every decision can be told to its reader and to a marketer."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from preferences.cadence import CalendarWindow, Cap, Period, Whose
from preferences.calendar import zone_named
from preferences.campaign import ExpiryBasis
from preferences.decision import Decision, Evidence, Outcome, Reason
from preferences.expectation import Arrives
from preferences.languages import languages
from preferences.wording import (
    Leaves,
    ShownTo,
    count_line,
    date_in_words,
    decision_in_words,
    instant_in_words,
    why_along_line,
    why_line,
)

LANGUAGES = [one.tag for one in languages()]
BERLIN = zone_named("Europe/Berlin")
AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 8, tzinfo=UTC)
MONDAY = datetime(2026, 11, 22, 23, tzinfo=UTC)
OPENS = datetime(2026, 11, 30, 6, tzinfo=UTC)


def decision(
    outcome: Outcome,
    reason: Reason,
    evidence: Evidence | None = None,
    opens_at: datetime | None = None,
    carrier: int | None = None,
) -> Decision:
    return Decision(
        outcome=outcome,
        reason=reason,
        topic=1,
        expires_at=None,
        expiry=ExpiryBasis.MARKETER,
        opens_at=opens_at,
        evidence=evidence,
        carrier=carrier,
    )


def full(whose: Whose, calendar: str | None = "week_from_0", count: int = 1, per: Period = Period.WEEK) -> Evidence:
    return Evidence(
        whose=whose, cap=Cap(count=count, per=per), counted=count, calendar=calendar, since=MONDAY, until=OPENS
    )


TOTAL_IS_FULL = decision(Outcome.WAIT, Reason.TOTAL_CAP, full(Whose.TOTAL), OPENS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shown_to", ShownTo)
def test_every_outcome_and_reason_has_words_of_its_own(shown_to: ShownTo, language: str) -> None:
    lines = [
        decision_in_words(
            decision(outcome, reason), zone=BERLIN, at=AT, topic="Letter", shown_to=shown_to, language=language
        )
        for outcome, reason in product(Outcome, Reason)
    ]
    assert len(set(lines)) == len(Outcome) * len(Reason)
    assert not [line for line in lines if "{" in line or line.endswith((" ", ".", ":"))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_window_of_every_cap_has_words(language: str) -> None:
    for whose, calendar, count in product(Whose, [None, *CalendarWindow], (1, 2)):
        told = decision(Outcome.WAIT, Reason.TOPIC_CAP, full(whose, calendar, count))
        assert "came" in decision_in_words(told, zone=BERLIN, at=AT, language=language) or language != "en"


def test_what_waits_says_which_promise_binds_what_filled_it_and_how_it_comes() -> None:
    assert decision_in_words(TOTAL_IS_FULL, zone=BERLIN, at=AT, last_came_at=TUESDAY) == (
        "waits: at most one mail a week, and one came on Tuesday 24 November; it comes along in your next mail"
    )


def test_a_marketer_reads_about_somebody_else_and_is_told_the_zone() -> None:
    assert decision_in_words(TOTAL_IS_FULL, zone=BERLIN, at=AT, shown_to=ShownTo.MARKETER) == (
        "waits: at most one mail a week, and one came in the week from Monday 23 November; "
        "it comes along in their next mail (times in Europe/Berlin)"
    )


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (decision(Outcome.SEND, Reason.EXPECTED), "goes out: you asked for Letter"),
        (
            decision(Outcome.SEND, Reason.EXPECTED, carrier=7),
            "goes out: you asked for Letter; it comes along in another mail",
        ),
        (
            decision(Outcome.WAIT, Reason.QUIET_DAY, opens_at=OPENS),
            "waits: you chose no mail on Thursdays; it leaves on Monday 30 November at 07:00",
        ),
        (
            decision(Outcome.WAIT, Reason.PAUSED, opens_at=OPENS),
            "waits: your mail is paused; it comes along in your next mail, Monday 30 November at 07:00 at the earliest",
        ),
        (
            decision(Outcome.DIGEST, Reason.DIGEST_WEEKLY, opens_at=OPENS),
            "goes into a digest: you get Letter in one mail a week; the next one is due on Monday 30 November at 07:00",
        ),
        (
            decision(Outcome.NOT_SENT, Reason.WOULD_EXPIRE, full(Whose.ACCEPTED, None, 2)),
            (
                "not sent: at most 2 mails a week about Letter, and 2 came since Monday 23 November; "
                "it would be out of date before it could leave"
            ),
        ),
        (decision(Outcome.NOT_SENT, Reason.UNSUBSCRIBED), "not sent: you unsubscribed"),
    ],
)
def test_a_decision_is_told_in_one_line(told: Decision, line: str) -> None:
    assert decision_in_words(told, zone=BERLIN, at=AT, topic="Letter") == line


def test_what_does_not_come_along_says_when_it_leaves_or_what_becomes_of_its_items() -> None:
    alone = decision_in_words(TOTAL_IS_FULL, zone=BERLIN, at=AT, leaves=Leaves.ALONE)
    digest = decision_in_words(TOTAL_IS_FULL, zone=BERLIN, at=AT, leaves=Leaves.DIGEST)
    assert alone.endswith("; it leaves on Monday 30 November at 07:00")
    assert digest.endswith("; what is in it comes along in your next mail, or in the next digest")


def test_doubt_says_what_was_in_doubt() -> None:
    told = decision(Outcome.WAIT, Reason.ANY_DOUBT)
    assert decision_in_words(told, zone=BERLIN, at=AT, doubt="the clock") == "waits: something was in doubt (the clock)"


def test_the_count_says_how_many_of_how_many_and_when() -> None:
    assert count_line(1, Cap(count=1, per=Period.WEEK)) == "1 of at most 1 this week"
    assert len({count_line(2, Cap(count=4, per=per)) for per in Period}) == len(Period)


def test_a_mail_says_why_it_came() -> None:
    assert why_line("Letter") == "You asked for Letter, each message."
    assert why_line("Events", "Jobs", arrives=Arrives.WEEKLY) == "You asked for Events and Jobs, in one mail a week."
    assert why_along_line("Events").startswith("You asked for Events; it came along")
    assert len({why_line("Letter", arrives=arrives) for arrives in Arrives}) == len(Arrives)


def test_a_year_is_said_where_a_date_could_mean_two() -> None:
    today = date(2026, 11, 26)
    assert date_in_words(today + timedelta(days=364), today) == "Thursday 25 November"
    assert date_in_words(today + timedelta(days=365), today) == "Friday 26 November 2027"


def test_an_instant_is_told_in_its_zone() -> None:
    assert instant_in_words(MONDAY, BERLIN, date(2026, 11, 26)) == "Monday 23 November at 00:00"
