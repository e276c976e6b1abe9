"""The clock bar: on every page of a sandbox, moved by buttons, one move at a time, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from preferences.errors import AnyDoubt, Conflict, TrothError
from preferences.links import Purpose
from preferences.store.database import DatabaseAway
from preferences.store.tables import CAMPAIGN
from tests.store.newsletter import NOON, add_campaign, asked, signed_up
from tests.webapp.visitor import Visitor, visitor
from webapp import create_app

ENOUGH_SECONDS = 120


def in_sandbox(
    anna: Visitor, advance: Callable[[datetime], None] | None = None, reset: Callable[[], None] | None = None
) -> FlaskClient:
    """A browser at a sandbox over the same database, whose clock is Anna's."""

    def move(to: datetime) -> None:
        anna.clock.instant = max(anna.clock.instant, to)

    app = create_app(replace(anna.site, advance=advance or move, reset=reset))
    app.testing = True
    return app.test_client(use_cookies=False)


def test_every_page_of_a_sandbox_has_the_clock_and_no_other_page_has(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        sandbox = in_sandbox(anna)
        for path in ("/p/newsletter/sign-up", f"/me/{anna.token(Purpose.PREFERENCES, person)}", "/inbox", "/nowhere"):
            page = sandbox.get(path).get_data(as_text=True)
            assert "+1 hour" in page
            assert "Europe/Berlin" in page
            assert f'name="back" value="{path}"' in page
            assert "+1 hour" not in anna.client.get(path).get_data(as_text=True)
        assert anna.client.get("/clock").status_code == 404
        assert anna.client.post("/clock", data={"move": "hour"}).status_code in (404, 405)


@pytest.mark.parametrize(
    ("button", "span"), [("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(days=7))]
)
def test_a_button_moves_the_clock_and_comes_back_to_the_page_it_stood_on(
    database_url: str, tmp_path: Path, button: str, span: timedelta
) -> None:
    with visitor(database_url, tmp_path) as anna:
        answer = in_sandbox(anna).post("/clock", data={"move": button, "back": "/inbox?before=7"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox?before=7")
        assert anna.clock.now() == NOON + span


def test_to_the_next_send_is_the_instant_of_what_is_planned_next(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        sandbox = in_sandbox(anna)
        assert "Next send" not in sandbox.get("/inbox").get_data(as_text=True)
        assert sandbox.post("/clock", data={"move": "next"}).status_code == 409
        with anna.there.database.write() as connection:
            add_campaign(connection, anna.there, anna.there.letter, NOON + timedelta(hours=5))
            connection.execute(CAMPAIGN.update().values(status="scheduled"))
        assert "Next send" in sandbox.get("/inbox").get_data(as_text=True)
        sandbox.post("/clock", data={"move": "next"})
        assert anna.clock.now() == NOON + timedelta(hours=5)


def test_while_one_move_runs_another_adds_nothing_and_both_see_how_far_it_is(database_url: str, tmp_path: Path) -> None:
    may_go_on, ended = Event(), Event()

    with visitor(database_url, tmp_path) as anna:

        def slowly(to: datetime) -> None:
            anna.clock.instant += (to - anna.clock.instant) / 2
            assert may_go_on.wait(ENOUGH_SECONDS)
            anna.clock.instant = to
            ended.set()

        sandbox = in_sandbox(anna, slowly)
        first = sandbox.post("/clock", data={"move": "day", "back": "/inbox"})
        assert first.headers["Location"] == "/clock?back=/inbox"
        page = sandbox.get("/clock?back=/inbox")
        assert "Refresh" in page.headers
        assert 'value="50"' in page.get_data(as_text=True)
        second = sandbox.post("/clock", data={"move": "day", "back": "/inbox"})
        assert "turn=other" in second.headers["Location"]
        assert "your press added nothing" in sandbox.get(second.headers["Location"]).get_data(as_text=True)
        may_go_on.set()
        assert ended.wait(ENOUGH_SECONDS)
        sandbox.application.extensions["troth_moves"].wait(ENOUGH_SECONDS)
        assert anna.clock.now() == NOON + timedelta(days=1)
        page = sandbox.get("/clock?back=/inbox")
        assert "Refresh" not in page.headers
        assert 'href="/inbox"' in page.get_data(as_text=True)


def test_a_move_that_fails_says_so_and_may_be_pressed_again(database_url: str, tmp_path: Path) -> None:
    def fails(_to: datetime) -> None:
        raise RuntimeError("something broke")

    with visitor(database_url, tmp_path) as anna:
        sandbox = in_sandbox(anna, fails)
        for _ in range(2):
            assert sandbox.post("/clock", data={"move": "hour", "back": "/inbox"}).headers["Location"] == "/inbox"
            assert "It stopped on the way" in sandbox.get("/inbox").get_data(as_text=True)


def test_a_move_that_a_busy_machine_stopped_goes_on_by_itself(database_url: str, tmp_path: Path) -> None:
    doubts: list[TrothError] = [AnyDoubt("the lease was lost"), DatabaseAway("database is locked")]
    there = Event()

    def stops(to: datetime) -> None:
        if doubts:
            raise doubts.pop()
        anna.clock.instant = to
        there.set()

    with visitor(database_url, tmp_path) as anna:
        sandbox = in_sandbox(anna, stops)
        sandbox.post("/clock", data={"move": "hour", "back": "/inbox"})
        assert there.wait(ENOUGH_SECONDS)
        while "The clock is moving" in sandbox.get("/inbox").get_data(as_text=True):
            pass
        page = sandbox.get("/inbox").get_data(as_text=True)
        assert "Nothing was sent meanwhile." in page
        assert "It stopped on the way" not in page


def test_reset_is_offered_where_it_can_be_done_and_ends_at_the_start(database_url: str, tmp_path: Path) -> None:
    happened = []
    with visitor(database_url, tmp_path) as anna:
        assert "Reset" not in in_sandbox(anna).get("/inbox").get_data(as_text=True)
        assert in_sandbox(anna).post("/clock", data={"move": "reset"}).status_code == 409
        assert in_sandbox(anna).get("/clock/reset").status_code == 409
        sandbox = in_sandbox(anna, reset=lambda: happened.append("reset"))
        assert ">Reset<" in sandbox.get("/inbox").get_data(as_text=True)
        question = sandbox.get("/clock/reset?back=/inbox").get_data(as_text=True)
        assert "0 mails in the test inbox" in question
        assert "cannot be undone" in question
        assert 'href="/inbox"' in question
        assert happened == []
        answer = sandbox.post("/clock", data={"move": "reset", "back": "/me/of-somebody-who-is-gone"})
        assert answer.headers["Location"] == "/"
        assert happened == ["reset"]


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example", "x", ""])
def test_the_way_back_never_leads_elsewhere(database_url: str, tmp_path: Path, back: str) -> None:
    with visitor(database_url, tmp_path) as anna:
        assert in_sandbox(anna).post("/clock", data={"move": "hour", "back": back}).headers["Location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_on_another_sites_page_does_not_move_the_clock(
    database_url: str, tmp_path: Path, headers: dict[str, str]
) -> None:
    with visitor(database_url, tmp_path) as anna:
        assert in_sandbox(anna).post("/clock", data={"move": "hour"}, headers=headers).status_code == 409
        assert anna.clock.now() == NOON


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Origin": "https://localhost"}, {}])
def test_a_form_on_its_own_page_moves_it_whatever_the_browser_knows(
    database_url: str, tmp_path: Path, headers: dict[str, str]
) -> None:
    with visitor(database_url, tmp_path) as anna:
        assert in_sandbox(anna).post("/clock", data={"move": "hour"}, headers=headers).status_code == 303
        assert anna.clock.now() == NOON + timedelta(hours=1)


def test_to_the_next_campaign_says_its_day_and_goes_there(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        sandbox = in_sandbox(anna)
        assert sandbox.post("/clock", data={"move": "letter"}).status_code == 409
        at = NOON + timedelta(days=1, hours=-3)
        with anna.there.database.write() as connection:
            add_campaign(connection, anna.there, anna.there.letter, at)
            connection.execute(CAMPAIGN.update().values(status="scheduled"))
        assert f">To {at.astimezone(ZoneInfo('Europe/Berlin')):%A %H:%M}<" in sandbox.get("/inbox").get_data(
            as_text=True
        )
        sandbox.post("/clock", data={"move": "letter"})
        assert anna.clock.now() == at


@pytest.mark.parametrize("at", [NOON.isoformat(), "nonsense"])
def test_a_press_on_a_page_that_shows_another_time_adds_nothing(database_url: str, tmp_path: Path, at: str) -> None:
    with visitor(database_url, tmp_path) as anna:
        sandbox = in_sandbox(anna)
        shown = f'name="at" value="{NOON.isoformat()}"'
        assert shown in sandbox.get("/inbox").get_data(as_text=True)
        sandbox.post("/clock", data={"move": "hour", "at": NOON.isoformat()})
        second = sandbox.post("/clock", data={"move": "hour", "at": at, "back": "/inbox"})
        assert "your press added nothing" in sandbox.get(second.headers["Location"]).get_data(as_text=True)
        assert anna.clock.now() == NOON + timedelta(hours=1)


def test_a_reset_begins_while_a_move_runs_and_a_second_one_adds_nothing(database_url: str, tmp_path: Path) -> None:
    may_go_on, resets = Event(), []

    def slowly(_to: datetime) -> None:
        assert may_go_on.wait(ENOUGH_SECONDS)
        raise Conflict("the sandbox was reset meanwhile")

    def reset() -> None:
        resets.append(1)
        assert may_go_on.wait(ENOUGH_SECONDS)

    with visitor(database_url, tmp_path) as anna:
        sandbox = in_sandbox(anna, slowly, reset)
        sandbox.post("/clock", data={"move": "day"})
        assert "The clock is moving: 0 %" in sandbox.get("/inbox").get_data(as_text=True)
        assert "Stop, and put everything back" in sandbox.get("/clock").get_data(as_text=True)
        sandbox.post("/clock", data={"move": "reset"})
        second = sandbox.post("/clock", data={"move": "reset"})
        page = sandbox.get(second.headers["Location"]).get_data(as_text=True)
        assert "Somebody else was faster and is putting everything back" in page
        may_go_on.set()
        assert sandbox.application.extensions["troth_moves"].wait(ENOUGH_SECONDS)
        assert resets == [1]
        assert "Everything is as it was at the beginning." in sandbox.get("/inbox").get_data(as_text=True)
