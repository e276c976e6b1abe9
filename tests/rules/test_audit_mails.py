"""Invariants 1 to 3: a wrong row for every way in which a mail can break what was asked for, and each is named."""

import ast
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

import preferences.audit
from preferences.audit.ledger import Standing, Topic
from preferences.audit.report import in_one_line
from tests.rules.audit_cast import (
    EVENTS,
    LETTER,
    LONG_AGO,
    NOTICES,
    TOPICS,
    Book,
    asks_for,
    berlin,
    cadence,
)

EACH = {LETTER: "each", EVENTS: "each"}
# What the audit may know of the rest: only deciding again and the sentence use the law.
MAY_IMPORT = {"again": "preferences", "sentence": "preferences.promise"}


def test_a_ledger_in_which_everything_was_kept_is_clean() -> None:
    book = Book(asks_for(EACH, total=(2, "week"), hours=(time(7), time(21))))
    book.letter(berlin(3))
    along = book.campaign(EVENTS)
    book.hand_over(book.campaign(LETTER), berlin(10), LETTER, along={along: EVENTS})
    book.letter(berlin(12), EVENTS)
    assert book.broken() == []


def test_the_audit_shares_no_code_with_the_law() -> None:
    """Named imports only, so that a mistake in the law cannot be repeated here."""
    for file in Path(preferences.audit.__file__).parent.glob("*.py"):
        allowed = ("preferences.audit", MAY_IMPORT.get(file.stem, "preferences.audit"))
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("preferences"):
                assert (node.module or "").startswith(allowed), f"{file.name} imports {node.module}"


@pytest.mark.parametrize(
    ("arrives", "why"),
    [
        ({EVENTS: "each"}, "Letter was not asked for, and not as a message of its own"),
        ({LETTER: "web"}, "Letter was asked for on the web only, and not as a message of its own"),
        ({LETTER: "weekly"}, "Letter was asked for in a weekly digest, and not as a message of its own"),
    ],
)
def test_a_mail_that_was_not_to_arrive_by_itself_is_named(arrives: dict[int, str], why: str) -> None:
    book = Book(asks_for(arrives))
    book.letter(berlin(3))
    assert book.whys() == [(1, why)]


def test_a_mail_charged_to_another_topic_than_the_first_expected_is_named() -> None:
    book = Book(asks_for(EACH))
    book.hand_over(book.campaign(LETTER, EVENTS), berlin(3), EVENTS)
    assert book.whys() == [(1, "charged to Events instead of Letter")]


def test_a_digest_holds_topics_of_its_rhythm_only() -> None:
    book = Book(asks_for({LETTER: "weekly", EVENTS: "daily"}))
    book.hand_over(book.digest("weekly", date(2026, 11, 3)), berlin(3), LETTER, EVENTS)
    assert book.whys() == [(1, "Events was asked for in a daily digest, and not in a weekly digest")]


def test_nothing_comes_along_for_a_reader_who_leaves_out() -> None:
    book = Book(asks_for(EACH, overflow="leave_out"))
    book.hand_over(book.campaign(LETTER), berlin(3), LETTER, along={book.campaign(EVENTS): EVENTS})
    assert book.whys() == [(1, "Events came along, but what does not fit was to be left out")]


def test_items_of_a_digest_come_along_even_for_a_reader_who_leaves_out() -> None:
    book = Book(asks_for({LETTER: "each", EVENTS: "weekly"}, overflow="leave_out"))
    book.hand_over(book.campaign(LETTER), berlin(3), LETTER, along={book.campaign(EVENTS): EVENTS})
    assert book.broken() == []


@pytest.mark.parametrize("way", ["web", None])
def test_what_does_not_come_by_mail_does_not_come_along(way: str | None) -> None:
    book = Book(asks_for({LETTER: "each"} if way is None else {LETTER: "each", EVENTS: way}))
    book.hand_over(book.campaign(LETTER), berlin(3), LETTER, along={book.campaign(EVENTS): EVENTS})
    assert {invariant for invariant, _ in book.whys()} == {1}


def test_a_line_of_the_same_topic_counts_no_second_time() -> None:
    book = Book(asks_for(EACH))
    book.hand_over(book.campaign(LETTER), berlin(3), LETTER, along={book.campaign(LETTER): LETTER})
    assert book.broken() == []


def test_a_line_that_was_not_counted_is_named() -> None:
    book = Book(asks_for(EACH))
    book.hand_over(book.campaign(LETTER), berlin(3), LETTER, along={book.campaign(EVENTS): EVENTS})
    book.counted = [row for row in book.counted if not row.along]
    assert book.whys() == [(1, "'Issue 2' stood in it, and Events was not counted")]


def test_nothing_comes_along_in_a_notice_nor_a_notice_in_anything() -> None:
    book = Book(asks_for({**EACH, NOTICES: "each"}))
    book.hand_over(book.campaign(NOTICES), berlin(3), NOTICES, along={book.campaign(EVENTS): EVENTS})
    book.hand_over(book.campaign(LETTER), berlin(10), LETTER, along={book.campaign(NOTICES): NOTICES})
    assert book.whys() == [
        (1, "something came along in a notice"),
        (1, "Notices is for what cannot wait, and came along"),
    ]


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (Standing(confirmed=False), "not confirmed"),
        (Standing(confirmed=True, suppressed="complaint"), "the address is suppressed (complaint)"),
        (Standing(confirmed=True, unsubscribed=True), "unsubscribed from everything"),
        (
            Standing(confirmed=True, consent_ends_at=berlin(2)),
            "the consent had ended at 2026-11-02 08:00 UTC",
        ),
    ],
)
def test_a_mail_to_somebody_of_another_standing_is_named(standing: Standing, why: str) -> None:
    book = Book(asks_for(EACH))
    book.letter(berlin(3))
    book.letter(berlin(10))
    book.standings.append((berlin(5), standing))
    assert [(one.invariant, one.why, one.at) for one in book.broken()] == [(1, why, berlin(10))]


def test_a_mail_without_an_expectation_in_force_is_named() -> None:
    book = Book(asks_for(EACH, until=berlin(2)))
    book.letter(berlin(3))
    assert book.whys() == [(1, "nothing was asked for at that time")]


def test_a_mail_without_a_decision_behind_it_is_named() -> None:
    book = Book(asks_for(EACH))
    book.letter(berlin(3))
    book.sent = []
    assert book.whys() == [(1, "handed over without a decision to send it")]


def test_a_mail_is_judged_by_the_terms_at_its_instant() -> None:
    before, after = asks_for({LETTER: "each"}, until=berlin(5)), asks_for({EVENTS: "each"}, key=101, since=berlin(5))
    book = Book(before, after)
    book.letter(berlin(3))
    book.letter(berlin(10), EVENTS, expectation=101)
    assert book.broken() == []


def test_where_a_clock_stands_still_the_decision_says_which_terms_came_first() -> None:
    before, after = asks_for({LETTER: "each"}, until=berlin(3)), asks_for({EVENTS: "each"}, key=101, since=berlin(3))
    book = Book(before, after)
    book.letter(berlin(3))
    book.letter(berlin(3), EVENTS, expectation=101)
    assert book.broken() == []


@pytest.mark.parametrize(
    ("asked", "second", "window"),
    [
        ({"total": (1, "day")}, berlin(3, 20), "2 of at most 1 on 2026-11-03"),
        ({"total": (1, "day")}, berlin(4, 0, 59), "2 of at most 1 within 6 hours"),
        ({"total": (1, "week")}, berlin(7), "2 of at most 1 in the week from Monday 2026-11-02"),
        ({"total": (1, "week")}, berlin(8), "2 of at most 1 in the week from Monday 2026-11-02"),
        ({"total": (1, "two_weeks")}, berlin(13), "2 of at most 1 within 11 days"),
        ({"total": (1, "month")}, berlin(30), "2 of at most 1 in November 2026"),
        ({"total": (1, "quarter")}, berlin(30, month=12), "2 of at most 1 in quarter 4 of 2026"),
        ({"total": (1, "year")}, berlin(30, month=12), "2 of at most 1 in 2026"),
    ],
)
def test_every_window_of_the_total_is_read(asked: dict[str, object], second: datetime, window: str) -> None:
    book = Book(asks_for(EACH, **asked))
    book.letter(berlin(3, 19), EVENTS)
    book.letter(second, EVENTS)
    ((invariant, why),) = book.whys()
    assert invariant == 2
    assert why.startswith("total, at most 1 ")
    assert why.endswith(f": this was number {window}")


def test_saturday_and_monday_are_never_one_a_week() -> None:
    book = Book(asks_for(EACH, total=(1, "week")))
    book.letter(berlin(7), EVENTS)
    book.letter(berlin(9), EVENTS)
    assert book.whys() == [
        (2, "total, at most 1 a week: this was number 2 of at most 1 within 4 days"),
    ]


def test_a_week_from_sunday_is_read_beside_the_week_from_monday() -> None:
    book = Book(asks_for(EACH, total=(1, "week")))
    book.letter(berlin(8), EVENTS)
    book.letter(berlin(13), EVENTS)
    assert book.whys() == [
        (2, "total, at most 1 a week: this was number 2 of at most 1 in the week from Sunday 2026-11-08")
    ]


def test_a_cadence_that_names_its_days_is_read_from_the_first_of_them_only() -> None:
    book = Book(asks_for({LETTER: "each"}))
    book.letter(berlin(9))
    book.letter(berlin(17))
    book.letter(berlin(23))
    assert book.whys() == [
        (
            2,
            "accepted cadence of Letter, at most 1 a week: this was number 2 of at most 1"
            " in the week from Tuesday 2026-11-17",
        ),
        (
            2,
            "current cadence of Letter, at most 1 a week: this was number 2 of at most 1"
            " in the week from Tuesday 2026-11-17",
        ),
    ]


def test_two_weeks_hold_twice_the_cap_within_24_days() -> None:
    book = Book(asks_for(EACH, total=(1, "two_weeks")))
    for at in (berlin(1), berlin(12), berlin(24)):
        book.letter(at, EVENTS)
    assert book.whys() == [(2, "total, at most 1 in two weeks: this was number 3 of at most 2 within 24 days")]


def test_an_own_cap_and_both_cadences_bind() -> None:
    accepted, current = cadence(20, 3, "day"), cadence(21, 2, "day", version=2, stated_at=berlin(2))
    topics = {**TOPICS, EVENTS: Topic(id=EVENTS, name="Events", is_notice=False, cadences=(accepted, current))}
    book = Book(asks_for(EACH, own={EVENTS: (1, "day")}), topics=topics)
    for day in (1, 3):
        for hour in (0, 7, 14, 21):
            book.letter(berlin(day, hour), EVENTS)
    whose = [why.split(",")[0] for _, why in book.whys()]
    own, old, new = "own cap for Events", "accepted cadence of Events", "current cadence of Events"
    # On the first day the accepted version was the current one: three fitted, and the fourth broke it in both names.
    assert whose == [own, own, own, old, new, own, own, new, own, old, new]


def test_what_came_along_never_counts_against_the_next_issue_of_its_topic() -> None:
    book = Book(asks_for(EACH))
    book.hand_over(book.campaign(EVENTS), berlin(9), EVENTS, along={book.campaign(LETTER): LETTER})
    book.letter(berlin(10))
    assert book.broken() == []


def test_what_comes_along_is_bound_by_what_came_along_and_by_what_was_charged() -> None:
    book = Book(asks_for(EACH))
    book.letter(berlin(10))
    book.hand_over(book.campaign(EVENTS), berlin(12), EVENTS, along={book.campaign(LETTER): LETTER})
    assert [(invariant, why.split(",")[0]) for invariant, why in book.whys()] == [
        (2, "what came along: accepted cadence of Letter"),
        (2, "what came along: current cadence of Letter"),
    ]


def test_what_comes_along_is_not_bound_by_the_total() -> None:
    book = Book(asks_for(EACH, total=(1, "week")))
    book.hand_over(book.campaign(LETTER), berlin(10), LETTER, along={book.campaign(EVENTS): EVENTS})
    assert book.broken() == []


def test_a_digest_is_bound_by_its_rhythm_and_the_total_and_by_no_cadence() -> None:
    book = Book(asks_for({LETTER: "daily", EVENTS: "each"}, total=(2, "day")))
    book.letter(berlin(3, 1), EVENTS)
    book.hand_over(book.digest("daily", date(2026, 11, 3)), berlin(3, 9), LETTER)
    book.hand_over(book.digest("daily", date(2026, 11, 4)), berlin(3, 23), LETTER)
    assert book.whys() == [
        (2, "total, at most 2 a day: this was number 3 of at most 2 on 2026-11-03"),
        (2, "daily digest, at most 1 a day: this was number 2 of at most 1 on 2026-11-03"),
    ]


def test_notices_stand_outside_the_total_both_ways_and_have_their_cap_a_year() -> None:
    book = Book(asks_for({**EACH, NOTICES: "each"}, total=(1, "year")))
    for month in (2, 3, 4, 5):
        book.letter(berlin(2, month=month), NOTICES)
    book.letter(berlin(3))
    assert book.broken() == []
    book.letter(berlin(4), NOTICES)
    assert {why.split(",")[0] for _, why in book.whys()} == {
        "accepted cadence of Notices",
        "current cadence of Notices",
    }


def test_what_was_uncounted_before_the_hand_over_did_not_count_and_what_was_later_did() -> None:
    book = Book(asks_for(EACH, total=(1, "week")))
    refused = book.letter(berlin(3), EVENTS, outcome="refused")
    book.letter(berlin(4), EVENTS)
    book.uncount(refused, berlin(3, 10))
    assert book.broken() == []
    book.uncount(refused, berlin(4, 10))
    assert book.whys() == [
        (2, "total, at most 1 a week: this was number 2 of at most 1 in the week from Monday 2026-11-02")
    ]


def test_what_was_recorded_later_binds_nothing_earlier() -> None:
    book = Book(asks_for(EACH, total=(1, "week")))
    book.letter(berlin(4), EVENTS)
    book.foreign_mail(berlin(3), EVENTS, reserved=False)
    assert [one for one in book.broken() if not one.foreign] == []


def test_counted_instants_later_than_the_mail_count_as_if_at_it() -> None:
    book = Book(asks_for(EACH, total=(1, "day")))
    book.letter(berlin(4, 0, 10), EVENTS)
    book.letter(berlin(3, 23, 50), EVENTS)
    assert (2, "total, at most 1 a day: this was number 2 of at most 1 on 2026-11-03") in book.whys()


def test_windows_are_read_in_the_zone_of_the_terms_at_that_instant() -> None:
    book = Book(asks_for(EACH, total=(1, "month")))
    book.letter(berlin(1, 0, 30, month=10), EVENTS)
    book.letter(berlin(31, 23, 30, month=10), EVENTS)
    assert book.whys() == [(2, "total, at most 1 a month: this was number 2 of at most 1 in October 2026")]


def test_a_hand_over_that_stands_counts_once_and_from_its_commit() -> None:
    book = Book(asks_for(EACH))
    first, second, third = (book.letter(at) for at in (berlin(3), berlin(10), berlin(17)))
    book.uncount(first, berlin(3, 10))
    book.counted = [
        replace(row, in_total=False)
        if row.attempt == second
        else replace(row, counted_at=berlin(17, 10))
        if row.attempt == third
        else row
        for row in book.counted
    ]
    assert book.whys() == [
        (2, "its hand-over is accepted, but it counts no longer"),
        (2, "counted 0 times in total, instead of once"),
        (2, "counted at another instant than that of its hand-over"),
    ]


def test_a_hand_over_that_was_never_counted_is_named() -> None:
    book = Book(asks_for(EACH))
    book.letter(berlin(3), outcome="in_doubt")
    book.counted = []
    assert book.whys() == [(2, "its hand-over is in_doubt, but it was never counted")]


@pytest.mark.parametrize(
    ("asked", "at", "why"),
    [
        (
            {"paused": (date(2026, 11, 3), date(2026, 11, 10))},
            berlin(9, 23, 59),
            "counted during the pause from 2026-11-03 until 2026-11-10",
        ),
        ({"days": frozenset({0, 1})}, berlin(4), "counted on a Wednesday, but only Monday, Tuesday was asked for"),
        (
            {"hours": (time(22), time(3))},
            berlin(3, 3),
            "counted at 03:00, but only 22:00 to 03:00 was asked for",
        ),
    ],
)
def test_a_mail_in_a_pause_on_a_quiet_day_or_in_quiet_hours_is_named(
    asked: dict[str, object], at: datetime, why: str
) -> None:
    book = Book(asks_for(EACH, **asked))
    book.letter(at, EVENTS)
    assert book.whys() == [(3, why)]


@pytest.mark.parametrize("at", [berlin(2, 23, 59), berlin(10, 0), berlin(2, 22), berlin(10, 2, 59)])
def test_pause_and_hours_are_half_open(at: datetime) -> None:
    paused = (date(2026, 11, 3), date(2026, 11, 10))
    book = Book(asks_for(EACH, paused=paused, hours=(time(22), time(3))))
    book.letter(at, EVENTS)
    assert book.broken() == []


def test_a_reported_mail_is_listed_as_of_another_system_and_a_reserved_one_is_ours() -> None:
    book = Book(asks_for({LETTER: "each"}))
    book.foreign_mail(berlin(3), EVENTS, reserved=False)
    book.foreign_mail(berlin(4), EVENTS, reserved=True)
    assert [(one.invariant, one.foreign) for one in book.broken()] == [(1, True), (1, False)]


def test_a_line_says_who_by_public_number_which_mail_when_and_why() -> None:
    book = Book(asks_for({EVENTS: "each"}))
    book.letter(berlin(3))
    (line,) = (in_one_line(one, lambda number: f"sub_{number}") for one in book.broken())
    assert line == (
        "promise 1 (not asked for), sub_7, campaign 'Issue 1', Tuesday 2026-11-03 09:00 Europe/Berlin:"
        " Letter was not asked for, and not as a message of its own"
    )


def test_a_mail_that_counts_no_longer_is_no_broken_promise() -> None:
    book = Book(asks_for({EVENTS: "each"}))
    attempt = book.letter(berlin(3), outcome="given_back")
    book.uncount(attempt, berlin(3) + timedelta(seconds=6))
    assert book.broken() == []
    assert book.expectations[0].since == LONG_AGO
