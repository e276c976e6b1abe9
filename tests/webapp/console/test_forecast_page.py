"""The forecast in words: when and with what it reaches whom, whose promise binds, what it pushes out, and a better moment."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.mailer.town import ONE_A_WEEK
from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.console.test_campaigns import draft, schedule, town_of
from tests.webapp.visitor import dump

EVENT = {"order-letter": "", "order-events": "1", "name": "Open day", "subject": "Open day"}


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def said(at: Marketer, path: str, query: str = "how=now") -> str:
    return html.unescape(at.get(f"{path}/schedule?{query}"))


def test_what_waits_is_said_to_come_with_the_mail_in_which_it_comes_then(at: Marketer) -> None:
    town = town_of(at)
    for name in ("anna", "bert"):
        town.reader(name, {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
    town.reader("cleo", {"events": "each"})
    town.campaign("First", "events", at=town.now)
    town.hand_over()
    at.at.later(days=3)
    town.clock.instant += timedelta(days=3)
    with_letter = draft(at, name="The long letter")
    schedule(at, with_letter, "at", "2026-12-01T09:00")
    path = draft(at, **EVENT)
    page = said(at, path)
    assert "2 later, with Tuesday’s “The long letter”." in page
    assert "They asked for mail at most once a week, and have had that" in page
    schedule(at, path)
    town.hand_over()
    town.go_to(town.now + timedelta(days=7))
    assert town.counts(3) == {"came_along": 2, "accepted": 1}


def test_the_forecast_names_what_this_send_pushes_out(at: Marketer) -> None:
    town = town_of(at)
    for name in ("anna", "bert"):
        town.reader(name, {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
    town.reader("cleo", {"letter": "each"})
    letter = draft(at, name="The long letter")
    schedule(at, letter, "at", "2026-11-26T09:00")
    path = draft(at, **EVENT)
    before = dump(at.at.there)
    page = said(at, path)
    assert f'{letter}">“The long letter”</a></td><td class="number">2</td>' in page
    assert dump(at.at.there) == before


def test_a_send_that_fills_nobodys_promise_pushes_nothing_out(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each", "events": "each"})
    schedule(at, draft(at), "at", "2026-11-26T09:00")
    assert "Nothing that is planned until" in said(at, draft(at, **EVENT))


def test_a_digest_that_is_pushed_out_is_named_with_its_day(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each", "events": "daily"}, at_most=ONE_A_WEEK)
    town.campaign("Item", "events", at=town.now)
    town.hand_over()
    page = said(at, draft(at))
    assert "comes along in it" not in page
    assert "The daily digest of" in page


def test_a_better_moment_nearby_is_said_with_how_many(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"}, days=["wed", "thu"])
    town.reader("bert", {"letter": "each"})
    town.reader("cleo", {"letter": "each"}, days=["wed"])
    path = draft(at)
    page = said(at, path)
    best = page.partition("Best nearby:")[2].partition("</p>")[0]
    assert "Wednesday 25 November at 09:00" in best
    assert "3 at once instead of 1" in best
    assert "Best nearby" not in said(at, path, "how=at&at=2026-11-25T09:00")


def test_the_moment_of_another_mail_is_not_called_better(at: Marketer) -> None:
    town = town_of(at)
    for name in ("anna", "bert"):
        town.reader(name, {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK, days=["wed"])
    schedule(at, draft(at), "at", "2026-11-25T09:00")
    assert "Best nearby" not in said(at, draft(at, **EVENT, priority="-1"))


def test_every_reader_is_told_of_once(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    town.reader("bert", {"letter": "each"}, paused={"from": "2026-11-20", "until": "2027-03-01"})
    town.reader("cleo", {"letter": "weekly"})
    town.reader("dora", {"letter": "web"})
    page = said(at, draft(at))
    for line in (
        "1 reader of 4 gets it now.",
        "1 reader finds it in a digest, on",
        "1 reader does not get it.",
        "1 reader finds it on the web, as they asked.",
        "It reaches 2 readers within a week.",
    ):
        assert line in page


def test_of_what_went_out_the_page_schedules_nothing_more(at: Marketer) -> None:
    town_of(at).reader("anna", {"letter": "each"})
    path = draft(at)
    schedule(at, path)
    town_of(at).hand_over()
    page = said(at, path)
    assert "It is finished already" in page
    assert "Send it now" not in page
