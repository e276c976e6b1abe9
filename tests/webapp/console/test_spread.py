"""The shape of a send in the console: chosen, forecast with each reader's own instant, and told afterwards."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from preferences.store.tables import CAMPAIGN
from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.console.test_campaigns import draft, town_of


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def said(at: Marketer, path: str, query: str) -> str:
    return html.unescape(at.get(f"{path}/schedule?{query}"))


def test_a_spread_send_is_forecast_from_when_until_when_and_goes_out_so(at: Marketer) -> None:
    town = town_of(at)
    for number in range(30):
        town.reader(f"r{number}", {"letter": "each"})
    path = draft(at)
    page = said(at, path, "how=at&at=2026-11-25T09:00&spread=120")
    assert "If it goes out Wednesday 25 November at 09:00 in Europe/Berlin, spread over 2 hours" in page
    assert "30 readers of 30 get it between Wednesday 25 November at 09:" in page
    assert " and 10:5" in page.partition("get it between")[2].partition("</p>")[0]
    at.post(f"{path}/schedule", {"how": "at", "at": "2026-11-25T09:00", "spread": "120"})
    assert "at 09:00, spread over 2 hours" in html.unescape(at.get(path))
    with at.at.there.database.read() as connection:
        assert connection.execute(select(CAMPAIGN.c.spread_minutes)).scalar_one() == 120


def test_who_has_quiet_hours_at_their_turn_is_not_counted_as_reached_then(at: Marketer) -> None:
    town = town_of(at)
    for number in range(30):
        town.reader(f"r{number}", {"letter": "each"}, hours={"from": "07:00", "to": "10:00"})
    page = said(at, draft(at), "how=at&at=2026-11-25T09:00&spread=120")
    first = page.partition("If it goes out")[2].partition("of 30 get it")[0]
    assert 0 < int(first.rpartition("<p>")[2].split()[0]) < 30
    assert "later by itself, on Thursday 26 November" in page


def test_each_readers_own_time_is_forecast_by_their_own_clocks(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"}, zone="Pacific/Kiritimati")
    town.reader("bert", {"letter": "each"}, zone="Pacific/Pago_Pago", days=["thu"])
    page = said(at, draft(at), "how=local&at=2026-11-26T09:00")
    assert "2 readers of 2 get it between Wednesday 25 November at 20:00 and Thursday 26 November at 21:00" in page
    assert "each by their own clock" in page
    page = said(at, draft(at), "how=local&at=2026-11-27T09:00")
    assert "1 reader of 2 gets it" in page


@pytest.mark.parametrize("spread", ["-5", "soon", "100000", "9" * 30])
def test_what_is_no_span_is_refused_beside_its_field(at: Marketer, spread: str) -> None:
    path = draft(at)
    page = at.post(f"{path}/schedule", {"how": "now", "spread": spread}, 422)
    assert '<a href="#spread">How fast</a>: choose one of the list' in page


def test_a_campaign_that_is_over_before_all_of_it_is_sent_is_refused(at: Marketer) -> None:
    path = draft(at, expires_at="2026-11-25T10:00")
    page = at.post(f"{path}/schedule", {"how": "at", "at": "2026-11-25T09:00", "spread": "60"}, 422)
    assert "not worth sending after" in page


def test_the_preview_shows_what_would_come_along_now_whatever_turn_a_reader_has(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each", "events": "each"}, at_most={"count": 1, "per": "week"})
    town.campaign("Monday", "events")
    town.hand_over()
    town.campaign("Held", "events", summary="what could not leave")
    town.hand_over()
    at.at.later(days=7)
    path = draft(at)
    at.post(f"{path}/schedule", {"how": "at", "at": "2026-12-03T09:00", "spread": "1440"})
    chosen = at.post(f"{path}/preview", {"words": "anna"})
    assert "what could not leave" in at.get(f"{chosen}&view=text")
