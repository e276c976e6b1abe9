"""Topics in the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.store.issues import sample_issues
from preferences.store.topics import topic_named
from tests.store.newsletter import NOON
from tests.webapp.console.marketer import Marketer, csrf_of, marketer
from tests.webapp.console.test_campaigns import draft, schedule
from tests.webapp.test_pages_archive import went_out
from tests.webapp.visitor import dump
from webapp.console.replay import replay

NEW = {"name": "Recipes", "slug": "recipes", "count": "2", "per": "month", "at_least": "1", "day": "tue"}


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def tuesdays() -> list[date]:
    return [date(2026, 1, 6) + timedelta(weeks=week) for week in range(52)]


def cadence(count: int, per: Period, *days: Weekday) -> Cadence:
    return Cadence(id=0, at_most=Cap(count=count, per=per), days=frozenset(days))


def test_four_a_month_misses_the_fifth_tuesdays_of_a_year_and_one_a_week_misses_none() -> None:
    assert len(replay(cadence(4, Period.MONTH), tuesdays(), UTC).missed) == 4
    assert replay(cadence(1, Period.WEEK), tuesdays(), UTC).missed == ()
    assert len(replay(cadence(1, Period.TWO_WEEKS), tuesdays(), UTC).missed) == 26


def test_today_names_the_drafts_that_wait_to_be_scheduled(at: Marketer) -> None:
    assert "Drafts" not in at.get("")
    content = {"subject": "Quinces", "format": "markdown", "source": "Hello", "priority": "0"}
    path = at.post("campaigns/new", {"name": "Quinces", "order-letter": "1", **content}).removesuffix("/preview")
    assert f'{path}/schedule">Quinces</a>' in at.get("")
    at.post(f"{path}/schedule", {"how": "now"})
    assert "Drafts" not in at.get("")


def test_today_lists_what_leaves_next_first(at: Marketer) -> None:
    for name, on in (("Later", "12-03"), ("Next", "11-26"), ("Between", "11-30")):
        schedule(at, draft(at, name=name), "at", f"2026-{on}T09:00")
    page = at.get("")
    assert page.index(">Next<") < page.index(">Between<") < page.index(">Later<")


def test_today_says_why_nothing_goes_out(at: Marketer) -> None:
    page = at.get("")
    assert "nothing is scheduled and nothing waits" in page
    assert "Europe/Berlin" in page


def test_a_topic_is_made_with_its_promise(at: Marketer) -> None:
    assert at.post("topics/new", NEW) == "topics/recipes"
    page = at.get("topics/recipes")
    assert "at most twice a month" in page.lower()
    assert "Recipes" in at.get("topics")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("count", "often", "whole number from 1 to 1000"),
        ("count", "0", "whole number from 1 to 1000"),
        ("at_least", "3", "from 1 to 2"),
        ("slug", "No Good", "lower-case letters"),
        ("name", "", "must not be empty"),
        ("per", "fortnight", "must be one of"),
        ("slug", "letter", "already"),
    ],
)
def test_what_is_wrong_with_a_topic_stands_on_the_form_and_nothing_is_lost(
    at: Marketer, field: str, value: str, said: str
) -> None:
    before = dump(at.at.there)
    status = 409 if said == "already" else 422
    page = at.post("topics/new", {**NEW, "description": "Soup & <b>bread</b>", field: value}, status)
    assert said in page
    assert "Soup &amp; &lt;b&gt;bread&lt;/b&gt;" in page
    assert dump(at.at.there) == before


def test_showing_what_a_cadence_would_have_meant_changes_nothing(at: Marketer) -> None:
    before = dump(at.at.there)
    dates = "\n".join(on.isoformat() for on in tuesdays())
    page = at.post("topics/letter/cadence", {"count": "4", "per": "month", "dates": dates, "do": "show"}, 200)
    assert "missed its day 4 times of 52" in page
    page = at.post("topics/letter/cadence", {"count": "1", "per": "week", "dates": dates, "do": "show"}, 200)
    assert "missed its day never" in page
    assert dump(at.at.there) == before


def test_dates_that_are_none_are_said_beside_their_field(at: Marketer) -> None:
    page = at.post("topics/letter/cadence", {"count": "4", "per": "month", "dates": "soon", "do": "show"}, 422)
    assert "is no date" in page


def test_stating_a_cadence_is_a_new_version(at: Marketer) -> None:
    at.post("topics/letter/cadence", {"count": "3", "per": "month", "do": "state"})
    with at.at.there.database.read() as connection:
        topic = topic_named(connection, at.at.there.publication, "letter")
    assert (topic.version, topic.cadence.at_most) == (2, Cap(count=3, per=Period.MONTH))
    assert "current" in at.get("topics/letter")


def test_two_tabs_that_state_the_same_cadence_make_one_version(at: Marketer) -> None:
    page = at.get("topics/letter/cadence")
    fields = {"count": "3", "per": "month", "do": "state", "csrf_token": csrf_of(page)}
    for _ in range(2):
        assert at.client.post("/console/p/newsletter/topics/letter/cadence", data=fields).status_code == 303
    with at.at.there.database.read() as connection:
        assert topic_named(connection, at.at.there.publication, "letter").version == 2


def test_a_hostile_name_is_text(at: Marketer) -> None:
    at.post("topics/letter", {"name": "<script>alert(1)</script>", "description": "\"'><img src=x>"})
    for path in ("topics", "topics/letter", "topics/letter/cadence"):
        page = at.get(path)
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_a_topic_that_is_not_there_is_said_so(at: Marketer) -> None:
    assert "nothing here" in at.get("topics/nowhere", 404)


def test_a_topic_is_taken_off_the_archive_and_shows_the_sample_that_was_chosen(at: Marketer) -> None:
    there = at.at.there
    for number in range(2):
        went_out(there, NOON + timedelta(days=number), f"Issue {number}")
    page = at.get("topics/letter")
    options = dict(re.findall(r'<option value="(cam_[^"]+)">(Issue \d)', page))
    first = next(value for value, title in options.items() if title == "Issue 0")
    assert "Listed in the archive" in page
    assert 'name="listed" value="yes" checked' in page
    at.post("topics/letter/archive", {"sample": first}, form_on="topics/letter")
    page = at.get("topics/letter")
    assert 'name="listed" value="yes" checked' not in page
    assert f'<option value="{first}" selected' in page
    with there.database.read() as connection:
        assert topic_named(connection, there.publication, "letter").is_unlisted
        assert sample_issues(connection, there.publication, [there.letter])[there.letter].title == "Issue 0"
    at.post("topics/letter/archive", {"listed": "yes", "sample": "cam_0000000000000000"}, 404, form_on="topics/letter")
    at.post("topics/letter/archive", {"listed": "yes"}, form_on="topics/letter")
    with there.database.read() as connection:
        assert not topic_named(connection, there.publication, "letter").is_unlisted
        assert sample_issues(connection, there.publication, [there.letter])[there.letter].title == "Issue 1"
