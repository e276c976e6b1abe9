"""Invariants 1 and 3: a wrong row for every way in which a mail can break what was asked for, and each is named."""

import ast
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

import preferences.audit
from preferences.audit.ledger import Standing
from preferences.audit.report import in_one_line
from tests.rules.audit_cast import EVENTS, LETTER, NOTICES, Book, asks_for, berlin

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


def test_where_a_clock_stands_still_a_mail_holds_what_came_along_in_it_and_not_what_came_along_before() -> None:
    before, after = asks_for(EACH, until=berlin(3)), asks_for({LETTER: "each", EVENTS: "web"}, key=101, since=berlin(3))
    book = Book(before, after)
    letter, events = book.campaign(LETTER), book.campaign(EVENTS)
    first = book.hand_over(letter, berlin(3), LETTER, along={events: EVENTS}, outcome="refused")
    book.uncount(first, berlin(3))
    book.hand_over(letter, berlin(3), LETTER, expectation=101)
    book.deliveries[events] = replace(book.deliveries[events], state="web", carrier=None, last_outcome="web")
    assert book.broken() == []


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
    asked: dict[str, Any], at: datetime, why: str
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
