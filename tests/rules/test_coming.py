"""When a mail is coming that could carry what waits."""

from datetime import date, datetime, time, timedelta

import pytest

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.coming import Prospect, expected_issue, first_coming
from preferences.expectation import Arrives
from preferences.history import EMPTY_HISTORY, CountedMail, History
from preferences.quiet import Hours, Pause
from tests.people import (
    ALERTS,
    BEN,
    DORA,
    EMIL,
    EVENTS,
    GRETA,
    JOBS,
    LETTER,
    ONE_A_WEEK,
    TUESDAY,
    WEEKLY_ON_TUESDAYS,
    berlin,
    changed,
    mail,
)

SECOND = timedelta(seconds=1)
THURSDAY = berlin(26, 9)


def campaign(topic: int, at: datetime) -> Prospect:
    return Prospect(topic=topic, since=at, until=at + SECOND)


def digest(at: datetime) -> Prospect:
    return Prospect(rhythm=Arrives.WEEKLY, since=at, until=at + SECOND)


def test_a_scheduled_campaign_of_a_topic_expected_as_each_is_coming() -> None:
    assert first_coming(BEN, EMPTY_HISTORY, [campaign(LETTER, berlin(27, 9))], THURSDAY, None) == berlin(27, 9)
    assert first_coming(DORA, EMPTY_HISTORY, [campaign(JOBS, berlin(27, 9))], THURSDAY, None) is None
    assert first_coming(DORA, EMPTY_HISTORY, [campaign(EVENTS, berlin(27, 9))], THURSDAY, None) is None


def test_a_mail_that_is_due_at_this_very_instant_is_still_coming() -> None:
    assert first_coming(BEN, EMPTY_HISTORY, [campaign(LETTER, THURSDAY)], THURSDAY, None) == THURSDAY
    assert first_coming(BEN, EMPTY_HISTORY, [campaign(LETTER, THURSDAY)], THURSDAY + SECOND, None) is None


def test_a_digest_with_something_in_it_is_coming_at_its_slot() -> None:
    assert first_coming(DORA, EMPTY_HISTORY, [digest(berlin(27, 18))], THURSDAY, None) == berlin(27, 18)


def test_a_notice_is_nothing_that_could_carry_anything() -> None:
    assert first_coming(GRETA, EMPTY_HISTORY, [campaign(ALERTS, berlin(27, 9))], THURSDAY, None) is None


def test_the_first_that_may_leave_counts_and_only_before_the_expiry() -> None:
    prospects = [campaign(JOBS, berlin(30, 9)), campaign(LETTER, berlin(27, 9))]
    assert first_coming(BEN, EMPTY_HISTORY, prospects, THURSDAY, berlin(29, 9)) == berlin(27, 9)
    assert first_coming(BEN, EMPTY_HISTORY, prospects[:1], THURSDAY, berlin(29, 9)) is None
    assert first_coming(BEN, EMPTY_HISTORY, prospects[:1], THURSDAY, berlin(30, 9)) == berlin(30, 9)


@pytest.mark.parametrize(
    "stopped",
    [
        pytest.param(changed(BEN, paused=Pause(since=TUESDAY, until=date(2026, 11, 28))), id="a pause"),
        pytest.param(changed(BEN, days=frozenset({Weekday.MON}), digest=None), id="a quiet day"),
        pytest.param(changed(BEN, hours=Hours(since=time(10), until=time(12)), digest=None), id="quiet hours"),
    ],
)
def test_what_pause_days_or_hours_stop_is_not_coming(stopped: object) -> None:
    assert first_coming(stopped, EMPTY_HISTORY, [campaign(EVENTS, berlin(27, 9))], THURSDAY, None) is None  # type: ignore[arg-type]


def test_what_a_cap_stops_then_is_not_coming() -> None:
    came = History.of([mail(LETTER, berlin(24, 9))])
    assert first_coming(BEN, came, [campaign(EVENTS, berlin(27, 9))], THURSDAY, None) is None
    assert first_coming(BEN, came, [campaign(EVENTS, berlin(30, 9))], THURSDAY, None) == berlin(30, 9)
    assert first_coming(DORA, came, [digest(berlin(27, 18))], THURSDAY, None) is None
    rhythm = History.of([CountedMail(at=berlin(23, 9), topics=frozenset({EVENTS}), rhythm=Arrives.WEEKLY)])
    assert first_coming(changed(DORA, total=None), rhythm, [digest(berlin(27, 18))], THURSDAY, None) is None


def test_the_next_issue_is_expected_on_the_next_usual_day() -> None:
    issue = expected_issue(BEN, WEEKLY_ON_TUESDAYS, LETTER, berlin(19, 11))
    assert (issue.since, issue.until) == (berlin(24, 11), berlin(25, 0))


@pytest.mark.parametrize(
    ("cap", "last_at", "next_on"),
    [
        (Cap(count=1, per=Period.DAY), berlin(24, 9), berlin(25, 9)),
        (ONE_A_WEEK, berlin(24, 9), berlin(1, 9, month=12)),
        (Cap(count=1, per=Period.TWO_WEEKS), berlin(24, 9), berlin(8, 9, month=12)),
        (Cap(count=1, per=Period.MONTH), berlin(30, 9, month=1), berlin(28, 9, month=2)),
        (Cap(count=2, per=Period.MONTH), berlin(1, 9), berlin(16, 9)),
        (Cap(count=1, per=Period.QUARTER), berlin(1, 9, month=10), berlin(1, 9, month=1, year=2027)),
        (Cap(count=1, per=Period.YEAR), berlin(29, 9, month=2, year=2028), berlin(28, 9, month=2, year=2029)),
    ],
)
def test_without_usual_days_it_is_expected_after_the_period_divided_by_n(
    cap: Cap, last_at: datetime, next_on: datetime
) -> None:
    issue = expected_issue(BEN, Cadence(id=10, at_most=cap), LETTER, last_at)
    assert issue.since == next_on


def test_an_issue_outside_the_hours_is_expected_at_their_first() -> None:
    assert expected_issue(EMIL, WEEKLY_ON_TUESDAYS, LETTER, berlin(17, 20)).since == berlin(24, 9)


def test_once_the_expected_day_has_passed_without_an_issue_nothing_is_coming_from_there() -> None:
    issue = expected_issue(BEN, WEEKLY_ON_TUESDAYS, LETTER, berlin(17, 9))
    late_on_the_day = berlin(24, 23, 59)
    assert first_coming(BEN, EMPTY_HISTORY, [issue], late_on_the_day, None) == late_on_the_day
    assert first_coming(BEN, EMPTY_HISTORY, [issue], berlin(25, 0), None) is None


def test_a_prospect_is_a_campaigns_or_a_digests() -> None:
    with pytest.raises(ValueError, match="campaign's or a digest's"):
        Prospect(since=THURSDAY, until=THURSDAY + SECOND)
