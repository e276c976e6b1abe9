"""Campaigns in the console: writing, preview, forecast, scheduling, what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from preferences.store.tables import ATTEMPT, DELIVERY
from tests.mailer.town import Town
from tests.webapp.console.marketer import HERE, Marketer, csrf_of, marketer
from tests.webapp.visitor import dump

DRAFT = {
    "name": "November",
    "subject": "Hello {{ name }}",
    "order-letter": "1",
    "format": "markdown",
    "source": "# Hello {{ name }}\n\nThe news of November.",
    "summary": "The news",
    "priority": "0",
}


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def town_of(at: Marketer) -> Town:
    """The mailer of the same publication, at the same instant."""
    town = Town(at.at.there.database)
    town.clock.instant = at.at.clock.now()
    return town


def draft(at: Marketer, **fields: Any) -> str:
    """The path of a new draft."""
    return at.post("campaigns/new", {**DRAFT, **fields}).removesuffix("/preview")


def schedule(at: Marketer, path: str, how: str = "now", when: str = "") -> str:
    """Schedule it as the form does."""
    page = at.get(f"{path}/schedule?how={how}&at={when}")
    answer = at.client.post(f"{HERE}/{path}/schedule", data={"how": how, "at": when, "csrf_token": csrf_of(page)})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return at.get(path)


def test_who_comes_through_a_proxy_is_sent_to_no_inbox_that_the_proxy_hides(at: Marketer) -> None:
    assert 'href="/inbox"' in at.get("")
    handed_on = at.client.get(f"{HERE}/", headers={"X-Forwarded-For": "192.0.2.7"}).get_data(as_text=True)
    assert 'href="/inbox"' not in handed_on
    assert "ssh -L" in handed_on


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source": "{% if %}"}, "line 1"),
        ({"format": "mjml", "source": "<mjml>\n<mj-body>\n<mj-nothing/>\n</mj-body>\n</mjml>"}, "line 3"),
        ({"source": ""}, "write what readers will read"),
        ({"subject": "{{ name"}, "subject"),
        ({"name": ""}, "must not be empty"),
        ({"order-letter": ""}, "give at least one topic a place"),
        ({"order-letter": "first"}, "must be a whole number"),
        ({"priority": "1000"}, "from -100 to 100"),
        ({"priority": "high"}, "from -100 to 100"),
        ({"expires_at": "soon"}, "must be a date and a time"),
        ({"format": "word"}, "must be markdown or mjml"),
        ({"reply_to": "noreply@example.org"}, "mailbox"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_its_field_and_nothing_is_lost(
    at: Marketer, fields: dict[str, str], said: str
) -> None:
    before = dump(at.at.there)
    page = at.post("campaigns/new", {**DRAFT, "summary": "Kept & <i>safe</i>", **fields}, 422)
    assert said in page
    assert "Kept &amp; &lt;i&gt;safe&lt;/i&gt;" in page
    assert dump(at.at.there) == before


def test_topics_stand_in_the_order_of_their_places(at: Marketer) -> None:
    path = draft(at, **{"order-letter": "2", "order-events": "1"})
    page = at.get(f"{path}/edit")
    assert 'name="order-events" inputmode="numeric" size="3" maxlength="3" value="1"' in page


def test_of_two_tabs_the_second_loses_nothing_and_overwrites_nothing(at: Marketer) -> None:
    path = draft(at)
    page = at.get(f"{path}/edit")
    fields = {**DRAFT, "revision": "1", "csrf_token": csrf_of(page)}
    first = at.client.post(f"{HERE}/{path}/edit", data={**fields, "source": "First"})
    second = at.client.post(f"{HERE}/{path}/edit", data={**fields, "source": "Second"})
    assert (first.status_code, second.status_code) == (303, 409)
    assert "Second" in second.get_data(as_text=True)
    assert ">\nFirst</textarea>" in at.get(f"{path}/edit")


def test_the_forecast_says_in_words_who_gets_it_and_changes_nothing(at: Marketer) -> None:
    town = town_of(at)
    for name in ("anna", "bert"):
        town.reader(name, {"letter": "each"})
    town.reader("cleo", {"letter": "weekly"})
    town.reader("dora", {"letter": "each"}, paused={"from": "2026-11-01", "until": "2026-11-28"})
    path = draft(at)
    before = dump(at.at.there)
    page = at.get(f"{path}/schedule?how=now")
    assert "2 readers of 4 get it now" in page
    assert "1 reader finds it in a digest" in page
    assert "They paused their mail" in page
    page = at.get(f"{path}/schedule?how=at&at=2026-11-25T09:00&compare=yes")
    assert "most at once" in page
    assert dump(at.at.there) == before


def test_what_was_forecast_happens(at: Marketer) -> None:
    town = town_of(at)
    for name in ("anna", "bert"):
        town.reader(name, {"letter": "each"})
    town.reader("webb", {"letter": "web"})
    path = draft(at)
    assert "2 readers of 3 get it now" in at.get(f"{path}/schedule?how=now")
    schedule(at, path)
    town.hand_over()
    page = at.get(path)
    assert "3 readers</a> expected one of its topics" in page
    assert 'people?state=accepted">sent</a></dt><dd>2</dd>' in page
    people = at.get(f"{path}/people?state=accepted")
    assert "anna@example.org" in people
    assert "webb@example.org" not in people
    assert "webb@example.org" in at.get(f"{path}/people?reason=web_only")


@pytest.mark.parametrize(
    ("how", "when", "said"),
    [
        ("at", "2026-11-24T12:00", "this is past"),
        ("local", "2026-11-23T12:00", "this is past"),
        ("at", "2028-11-24T12:00", "within 366 days"),
        ("at", "tomorrow", "must be a date and a time"),
        ("at", "2026-11-25", "must be a date and a time"),
        ("at", "", "say when"),
        ("never", "", "choose one of the three"),
    ],
)
def test_a_time_that_cannot_be_is_refused_beside_its_field(at: Marketer, how: str, when: str, said: str) -> None:
    path = draft(at)
    assert said in at.get(f"{path}/schedule?how={how}&at={when}", 422)
    before = dump(at.at.there)
    page = at.post(f"{path}/schedule", {"how": how, "at": when}, 422)
    assert said in page
    assert 'id="problem-' in page
    assert dump(at.at.there) == before


def test_a_time_is_read_in_the_zone_of_the_publication(at: Marketer) -> None:
    page = schedule(at, draft(at), "at", "2026-11-26T09:00")
    assert "Thursday 26 November at 09:00" in page
    page = schedule(at, draft(at), "local", "2026-11-26T09:00")
    assert "Thursday 26 November at 09:00, each reader" in page


def test_going_back_and_sending_it_again_sends_nothing_twice(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    page = at.get(f"{path}/schedule?how=now")
    fields = {"how": "now", "at": "", "csrf_token": csrf_of(page)}
    assert at.client.post(f"{HERE}/{path}/schedule", data=fields).status_code == 303
    assert at.client.post(f"{HERE}/{path}/schedule", data=fields).status_code == 303
    town.hand_over()
    again = at.client.post(f"{HERE}/{path}/schedule", data=fields)
    assert again.status_code == 409
    assert "cannot be scheduled now" in again.get_data(as_text=True)
    assert town.counts(1) == {"accepted": 1}


def test_a_campaign_is_paused_changed_and_goes_on(at: Marketer) -> None:
    path = draft(at)
    schedule(at, path, "at", "2026-11-26T09:00")
    at.post(f"{path}/do", {"do": "pause"}, form_on=path)
    assert "paused" in at.get(path)
    assert at.post(f"{path}/edit", {**DRAFT, "revision": "1", "source": "Better"}) == path
    at.post(f"{path}/do", {"do": "resume"}, form_on=path)
    assert "scheduled" in at.get(path)


def test_ending_says_first_how_many_it_touches(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    town.reader("cleo", {"letter": "weekly"})
    path = draft(at)
    schedule(at, path)
    town.hand_over()
    page = at.get(f"{path}/end")
    assert "1 reader who still wait" in page
    at.post(f"{path}/end", {})
    assert "The campaign was ended" in at.get(f"{path}/people?state=not_sent")
    assert "over already" in at.get(f"{path}/end")


def test_a_button_that_is_not_there_does_nothing(at: Marketer) -> None:
    path = draft(at)
    at.post(f"{path}/do", {"do": "erase"}, 422, form_on=f"{path}/edit")
    at.post(f"{path}/do", {"do": "resume"}, 409, form_on=f"{path}/edit")


def in_doubt(at: Marketer) -> tuple[Town, str]:
    """A campaign whose only delivery is in doubt."""
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    schedule(at, path)
    town.hand_over()
    with at.at.there.database.write() as connection:
        connection.execute(update(DELIVERY).values(state="in_doubt"))
        connection.execute(update(ATTEMPT).values(outcome="in_doubt"))
    return town, path


def delivery_in(page: str) -> str:
    return page.partition('name="delivery" value="')[2].partition('"')[0]


def test_a_delivery_in_doubt_is_answered_by_a_person_once(at: Marketer) -> None:
    town, path = in_doubt(at)
    assert "may have got it or not" in at.get(path)
    page = at.get(f"{path}/people?state=in_doubt")
    fields = {"delivery": delivery_in(page), "do": "arrived"}
    at.post(f"{path}/people", fields, form_on=f"{path}/people?state=in_doubt")
    assert town.counts(1) == {"accepted": 1}
    at.post(f"{path}/people", fields, 409, form_on="campaigns/new")


def test_what_did_not_arrive_is_decided_again(at: Marketer) -> None:
    town, path = in_doubt(at)
    page = at.get(f"{path}/people?state=in_doubt")
    at.post(f"{path}/people", {"delivery": delivery_in(page), "do": "not_arrived"}, form_on=f"{path}/people")
    assert town.counts(1) == {"due": 1}


def test_hostile_content_is_text_everywhere_in_the_console(at: Marketer) -> None:
    path = draft(at, name="<script>alert(1)</script>", subject="<img src=x onerror=1>", title="</title><b>")
    for page in ("campaigns", path, f"{path}/preview", f"{path}/edit", f"{path}/schedule?how=now", f"{path}/end"):
        text = at.get(page)
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_ids_that_are_none_lead_nowhere(at: Marketer) -> None:
    for path in ("campaigns/cam_0000000000000000", "campaigns/1", "campaigns/x/edit"):
        at.get(path, 404)
    path = draft(at)
    for query in ("people?state=lost", "people?reason=lost", "left?cause=lost"):
        at.get(f"{path}/{query}", 404)
