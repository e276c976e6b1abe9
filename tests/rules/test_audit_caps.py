"""Invariant 2: every window of every cap that binds a mail, given what was recorded by then."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from preferences.audit.ledger import Topic
from tests.rules.audit_cast import EVENTS, LETTER, NOTICES, TOPICS, Book, asks_for, berlin, cadence

EACH = {LETTER: "each", EVENTS: "each"}


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
def test_every_window_of_the_total_is_read(asked: dict[str, Any], second: datetime, window: str) -> None:
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
    number = "2 of at most 1 in the week from Tuesday 2026-11-17"
    assert book.whys() == [
        (2, f"{whose} cadence of Letter, at most 1 a week: this was number {number}")
        for whose in ("accepted", "current")
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
