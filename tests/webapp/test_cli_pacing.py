"""`troth destination` and `troth warm-up`, and where what they hold back is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.transport import OutcomeKind
from preferences.store.came import Came, Result
from preferences.store.clock import SystemClock
from preferences.store.destinations import Destination, slow_down
from preferences.store.publications import publications
from preferences.store.statuses import situation
from preferences.store.warm_up import WarmUp, begin_warm_up
from tests.mailer.town import Town, town_at
from tests.webapp.commands import command_line
from webapp.cli.status import answer
from webapp.pacing import destination_in_words, warm_up_in_words

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with town_at(database_url) as town:
        yield town


def test_a_ceiling_is_set_shown_and_ended(town: Town, database_url: str, tmp_path: Path) -> None:
    run = command_line(tmp_path, database_url)
    assert run("destination", "show").stdout == "no destination is slowed, and none has a ceiling\n"
    assert (
        run("destination", "limit", "Büro.example", "1000").stdout
        == "xn--bro-hoa.example: at most 1,000 mails an hour\n"
    )
    assert "xn--bro-hoa.example: at most 1,000 mails an hour go there" in run("destination", "show").stdout
    assert "xn--bro-hoa.example: at most 1,000" in run("status").stdout
    assert run("destination", "limit", "büro.example", "none").stdout == "xn--bro-hoa.example: no ceiling\n"
    assert run("destination", "show").stdout == "no destination is slowed, and none has a ceiling\n"
    del town


@pytest.mark.parametrize("number", ["9", "-1", "many", "1e3", "9999999999"])
def test_a_ceiling_that_cannot_be_is_refused(town: Town, database_url: str, tmp_path: Path, number: str) -> None:
    said = command_line(tmp_path, database_url)("destination", "limit", "small.example", "--", number)
    assert said.exit_code != 0
    assert "10" in said.stderr
    del town


def test_who_is_slowed_is_shown_with_why_and_goes_on_when_told(town: Town, database_url: str, tmp_path: Path) -> None:
    reader = town.reader("anna", {})
    now = SystemClock().now()
    slowed = Result(
        attempt_id=1,
        delivery_id=1,
        subscriber_id=reader,
        came=Came.SLOWED,
        ended_at=now,
        code=421,
        reply="4.7.28 too much for <anna@example.org>",
    )
    with town.database.write() as connection:
        slow_down(connection, [slowed], now)
    run = command_line(tmp_path, database_url)
    shown = run("destination", "show").stdout
    assert shown.startswith("example.org: nothing goes there until ")
    assert shown.endswith("because it said: 421 4.7.28 too much for …\n")
    assert run("destination", "go-on", "example.org").stdout == "example.org: mail goes there again\n"
    again = run("destination", "go-on", "example.org")
    assert (again.exit_code, "not slowed" in again.stderr) == (1, True)


def test_a_warm_up_is_begun_shown_and_ended(town: Town, database_url: str, tmp_path: Path) -> None:
    run = command_line(tmp_path, database_url)
    assert run("warm-up", "show").stdout == "there is no warm-up, and no ceiling a day\n"
    assert "at most 50 mails today" in run("warm-up", "begin").stdout
    assert run("warm-up", "show").stdout == "warm-up, day 1: 0 of at most 50 mails today\n"
    assert "warm-up, day 1: 0 of at most 50 mails today\n" in run("status").stdout
    again = run("warm-up", "begin", "--first", "20")
    assert (again.exit_code, "has begun already" in again.stderr) == (1, True)
    assert run("warm-up", "end").stdout.startswith("the warm-up is over: there is no ceiling; ")
    assert run("warm-up", "end").stdout == "there was no warm-up\n"
    assert run("warm-up", "begin", "--first", "9").exit_code == 2
    del town


def test_what_is_used_up_says_when_the_rest_goes() -> None:
    found = WarmUp(day=NOON.date(), number=2, first=50, last=1000, ceiling=100, counted=100)
    said = warm_up_in_words(found, lambda at: f"{at:%d %H:%M}")
    assert (
        said == "warm-up, day 2: 100 of at most 100 mails today; the rest goes after 25 00:00, at its time of the day"
    )


def test_a_wait_that_is_over_is_not_shown_as_one() -> None:
    one = Destination(domain="a.example", slow_until=NOON, said="421 slow down", per_hour=None)
    assert destination_in_words(one, NOON, str) == "a.example: nothing holds it back"


def test_status_says_how_many_are_held_back_when_nothing_else_is_due(town: Town) -> None:
    town.topic("letter", 5)
    for one in range(12):
        town.reader(f"reader{one}", {"letter": "each"})
    town.clock.instant = NOON
    with town.database.write() as connection:
        begin_warm_up(connection, 10, 20, town.now)
    town.campaign("first", "letter")
    town.go_to(NOON + timedelta(minutes=5))
    said = _answer(town)
    assert "2 mails held back for a while" in said
    assert "nothing is due before" in said


def test_status_does_not_blame_readers_for_what_the_mail_server_put_off(town: Town) -> None:
    town.topic("letter", 5)
    town.reader("reader", {"letter": "each"})
    town.clock.instant = NOON
    town.transport._answers = {"reader@example.org": OutcomeKind.DEFERRED}  # type: ignore[attr-defined]
    town.campaign("first", "letter")
    town.go_to(NOON + timedelta(minutes=1))
    assert "1 mail to be tried again, because the mail server said later" in _answer(town)


def _answer(town: Town) -> str:
    with town.database.read() as connection:
        (row,) = publications(connection)
    found = situation(town.database, row, town.now, town.now, is_driven=False)
    return answer(found, UTC, "UTC", has_relay=True)
