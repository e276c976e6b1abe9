"""What a week is in a promise: said where mails are counted, and true."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from preferences.cadence import BoundCap, Cap, Period, Whose, opening
from preferences.links import Purpose
from tests.store.newsletter import asked, signed_up
from tests.webapp.visitor import Visitor, visitor

ONE = {"count": 1, "per": "week"}


def pages(anna: Visitor, reader: int) -> str:
    return anna.get(f"/me/{anna.token(Purpose.PREFERENCES, reader)}")


def test_where_mails_are_counted_by_the_week_the_page_says_what_a_week_is(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = pages(anna, signed_up(anna.there, asked("letter", "events", at_most=ONE)))
        assert (
            "A week here is a calendar week, counted from Monday and from Sunday alike, and within any 4 days" in page
        )
        assert "A month here is a calendar month, and within any 21 days" in page
        assert "A quarter here" not in page
        assert "begins on the first of the usual days" not in page


def test_a_letter_with_usual_days_has_weeks_of_its_own(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = pages(anna, signed_up(anna.there, asked("letter")))
        assert "A week here begins on the first of the usual days, and within any 4 days" in page
        assert "A month here" not in page


def test_it_is_said_in_the_language_of_the_reader(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        reader = signed_up(anna.there, asked("events", at_most=ONE), language="de")
        assert "Eine Woche ist hier eine Kalenderwoche" in pages(anna, reader)


def test_one_a_week_may_be_a_thursday_and_the_tuesday_after() -> None:
    cap = BoundCap.of(Whose.TOTAL, Cap(count=1, per=Period.WEEK))
    thursday, monday, tuesday = (datetime(2026, 11, day, 9, 0, tzinfo=UTC) for day in (19, 23, 24))
    berlin = ZoneInfo("Europe/Berlin")
    assert opening(cap, [thursday], berlin, tuesday) is None
    assert opening(cap, [thursday], berlin, monday.replace(hour=8)) is not None
