"""Campaigns over HTTP: drafts, revisions, schedules, forecasts, deliveries and counts."""

from datetime import timedelta
from typing import Any

import pytest

from preferences.store.campaigns import campaigns
from preferences.store.planning import plan_campaign
from tests.webapp.api.conftest import NOW, Api
from tests.webapp.api.test_subscribers import ada

DRAFT: dict[str, Any] = {"name": "Week 48", "subject": "News", "topics": ["letter"], "markdown": "# Hello\n\nNews."}
MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{ name }}</mj-text></mj-column></mj-section></mj-body></mjml>"


@pytest.fixture
def draft(api: Api) -> Any:
    return api.post("/campaigns", DRAFT, 201)


def plan(api: Api) -> None:
    """What the mailer does at the scheduled instant."""
    with api.database.write() as connection:
        (row,) = campaigns(connection, api.publication_id, 10)
        plan_campaign(connection, row.id, api.clock.now())


def subscribe(api: Api, *addresses: str) -> None:
    for address in addresses:
        api.post("/subscribers", ada(email=address), 201)


def test_a_draft_is_made_and_shown(api: Api, draft: Any) -> None:
    assert draft["status"] == "draft"
    assert draft["title"] == "News"
    assert draft["topics"] == ["letter"]
    assert (draft["audience"], draft["revision"], draft["scheduled_at"]) == (None, 1, None)
    assert set(draft["outcomes"].values()) == {0}
    assert api.get(f"/campaigns/{draft['id']}") == draft


def test_campaigns_are_listed_newest_first_by_the_page(api: Api) -> None:
    made = [api.post("/campaigns", {**DRAFT, "name": f"No. {number}"}, 201)["id"] for number in range(5)]
    first = api.get("/campaigns?limit=3")
    second = api.get(f"/campaigns?limit=3&cursor={first['next']}")
    assert [row["id"] for row in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
    api.get("/campaigns?cursor=cam_nonsense", 422)


def test_a_name_that_stands_for_nothing_is_refused_with_its_line_and_with_what_there_is(api: Api, draft: Any) -> None:
    unknown = {"markdown": "Hello\n\n{{ first_name }}"}
    made = api.post("/campaigns", {**DRAFT, **unknown}, 422)
    changed = api.patch(f"/campaigns/{draft['id']}", unknown, 422)
    for (error,) in (made["errors"], changed["errors"]):
        assert error["field"] == "markdown"
        assert error["message"].startswith("line 3: there is no name first_name; there are name,")
    assert api.get(f"/campaigns/{draft['id']}") == draft


def test_a_field_that_nobody_has_is_refused_when_it_is_scheduled(api: Api) -> None:
    made = api.post("/campaigns", {**DRAFT, "markdown": "In {{ fields.city }}"}, 201)["id"]
    subscribe(api, "ada@example.org")
    (error,) = api.post(f"/campaigns/{made}/schedule", {"at": "now"}, 422)["errors"]
    assert (error["field"], "no reader has a field city" in error["message"]) == ("markdown", True)
    api.post("/subscribers", ada(email="bea@example.org", fields={"city": "Bonn"}), 201)
    api.post(f"/campaigns/{made}/schedule", {"at": "now"})


def test_a_campaign_is_spread_over_minutes_and_its_forecast_says_from_when_until_when(api: Api, draft: Any) -> None:
    subscribe(api, *(f"r{number}@example.org" for number in range(12)))
    at, when = f"/campaigns/{draft['id']}", "2026-11-25T09:00:00Z"
    told = api.post(f"{at}/forecast", {"at": when, "spread_minutes": 60})
    assert told["send"] == 12
    assert when <= told["sent_from"] < told["sent_until"] < "2026-11-25T10:00:00Z"
    assert api.post(f"{at}/forecast", {"at": when})["sent_until"] == when
    local = api.post(f"{at}/forecast", {"local": "2026-11-25T09:00"})
    assert local["sent_from"] == local["sent_until"] == "2026-11-25T08:00:00Z"
    for wrong in (-1, 1441, "60", 0.5):
        (error,) = api.post(f"{at}/schedule", {"at": when, "spread_minutes": wrong}, 422)["errors"]
        assert error["field"] == "spread_minutes"
    assert api.post(f"{at}/schedule", {"at": when, "spread_minutes": 60})["spread_minutes"] == 60
    assert api.post(f"{at}/schedule", {"at": when})["spread_minutes"] == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"subject": "a\r\nBcc: x@example.org"}, "subject"),
    ({"subject": ""}, "subject"),
    ({"subject": "{{ name"}, "subject"),
    ({"name": "x" * 201}, "name"),
    ({"topics": []}, "topics"),
    ({"topics": ["letter", "letter"]}, "topics"),
    ({"topics": ["nothing"]}, "topics[0]"),
    ({"topics": ["letter", "alerts"]}, "topics"),
    ({"mjml": MJML}, "mjml"),
    ({"markdown": None}, "mjml"),
    ({"markdown": "Hello {{ name"}, "markdown"),
    ({"markdown": None, "mjml": "<mjml><mj-body>\n<mj-nothing></mj-nothing></mj-body></mjml>"}, "mjml"),
    ({"sender": "no-reply@example.org"}, "sender"),
    ({"reply_to": "nobody"}, "reply_to"),
    ({"expires_at": "2026-12-01"}, "expires_at"),
    ({"expires_at": "2026-12-01T09:00:00"}, "expires_at"),
    ({"priority": 1000}, "priority"),
    ({"priority": True}, "priority"),
    ({"segment": {"a": {"b": 1}}}, "segment.a"),
    ({"html": "<p>"}, "html"),
]


def test_a_wrong_draft_is_refused_by_its_field(api: Api) -> None:
    for changes, field in WRONG:
        problem = api.post("/campaigns", {**DRAFT, **changes}, 422)
        assert any(error["field"].startswith(field) for error in problem["errors"]), (changes, problem)
    assert api.get("/campaigns")["items"] == []


def test_what_does_not_compile_says_in_which_line(api: Api) -> None:
    source = "<mjml><mj-body>\n<mj-section>\n<mj-nothing></mj-nothing></mj-section></mj-body></mjml>"
    problem = api.post("/campaigns", {**DRAFT, "markdown": None, "mjml": source}, 422)
    assert problem["errors"][0]["field"] == "mjml"
    assert problem["errors"][0]["message"].startswith("line 3:")


def test_other_content_is_another_revision_and_the_same_is_none(api: Api, draft: Any) -> None:
    path = f"/campaigns/{draft['id']}"
    assert api.patch(path, {"name": "Another name", "priority": 5})["revision"] == 1
    changed = api.patch(path, {"subject": "More news", "mjml": MJML, "expires_at": "2026-12-24T00:00:00+01:00"})
    assert (changed["revision"], changed["mjml"], changed["markdown"]) == (2, MJML, None)
    assert changed["title"] == "More news"
    assert changed["expires_at"] == "2026-12-23T23:00:00Z"
    assert api.patch(path, {"topics": ["events", "letter"]})["topics"] == ["events", "letter"]
    for wrong in (
        {"subject": None},
        {"topics": None},
        {"mjml": None},
        {"subject": "{% if %}"},
        {"topics": ["alerts", "letter"]},
    ):
        api.patch(path, wrong, 422)
    assert api.get(path)["revision"] == 2


def test_a_campaign_is_scheduled_for_an_instant_or_now(api: Api, draft: Any) -> None:
    path = f"/campaigns/{draft['id']}"
    scheduled = api.post(f"{path}/schedule", {"at": "2026-11-25T10:00:00+01:00"})
    assert (scheduled["status"], scheduled["scheduled_at"]) == ("scheduled", "2026-11-25T09:00:00Z")
    assert api.post(f"{path}/schedule", {"at": "now"})["scheduled_at"] == "2026-11-24T09:00:00Z"
    assert api.woken
    api.patch(path, {"subject": "Too late"}, 409)


def test_a_local_time_begins_where_the_day_begins_first(api: Api, draft: Any) -> None:
    scheduled = api.post(f"/campaigns/{draft['id']}/schedule", {"local": "2026-11-26T09:00"})
    assert (scheduled["local"], scheduled["scheduled_at"]) == ("2026-11-26T09:00", "2026-11-25T19:00:00Z")
    again = api.post(f"/campaigns/{draft['id']}/schedule", {"local": "2026-11-24T12:00"})
    assert again["scheduled_at"] == "2026-11-24T09:00:00Z"


def test_what_is_past_or_is_no_time_is_refused(api: Api, draft: Any) -> None:
    for when in (
        {"at": "2026-11-24T08:58:00Z"},
        {"at": "2026-11-25T09:00:00"},
        {"at": "tomorrow"},
        {"at": 1790000000},
        {"at": "2026-02-30T09:00:00Z"},
        {"local": "2026-11-24T08:00"},
        {"local": "2026-11-25T09:00:00+01:00"},
        {"local": "2026-11-25T09:00", "at": "now"},
        {},
    ):
        api.post(f"/campaigns/{draft['id']}/schedule", when, 422)
    assert api.get(f"/campaigns/{draft['id']}")["status"] == "draft"


def test_what_would_expire_before_it_is_sent_is_refused(api: Api, draft: Any) -> None:
    api.patch(f"/campaigns/{draft['id']}", {"expires_at": "2026-11-25T00:00:00Z"})
    problem = api.post(f"/campaigns/{draft['id']}/schedule", {"at": "2026-11-25T00:00:00Z"}, 422)
    assert problem["errors"][0]["field"] == "expires_at"


def test_nothing_is_scheduled_before_the_publication_may_send(api: Api, draft: Any) -> None:
    api.patch("/publication", {"postal_address": None})
    problem = api.post(f"/campaigns/{draft['id']}/schedule", {"at": "now"}, 422)
    assert problem["errors"][0]["field"] == "postal_address"
    assert "set" in problem["errors"][0]["message"]


def test_what_may_not_be_done_in_a_status_is_a_conflict(api: Api, draft: Any) -> None:
    path = f"/campaigns/{draft['id']}"
    api.post(f"{path}/pause", status=409)
    api.post(f"{path}/resume", status=409)
    api.post(f"{path}/schedule", {"at": "2026-11-25T09:00:00Z"})
    assert api.post(f"{path}/pause")["status"] == "paused"
    api.post(f"{path}/pause", status=409)
    api.patch(path, {"subject": "Better news"})
    assert api.post(f"{path}/resume")["status"] == "scheduled"
    assert api.post(f"{path}/end")["status"] == "ended"
    for step in ("end", "pause", "resume"):
        api.post(f"{path}/{step}", status=409)
    api.post(f"{path}/schedule", {"at": "now"}, 409)


def test_only_a_token_that_may_send_sets_anything_going(api: Api, draft: Any) -> None:
    writer = api.with_scope("write")
    path = f"/campaigns/{draft['id']}"
    writer.patch(path, {"subject": "News!"})
    writer.post(f"{path}/schedule", {"at": "now"}, 403)
    for step in ("pause", "resume", "end"):
        writer.post(f"{path}/{step}", status=403)
    api.with_scope("read").post(f"{path}/forecast", {"at": "now"})
    api.with_scope("send").post(f"{path}/schedule", {"at": "now"})


def test_a_campaign_of_another_publication_is_not_found(api: Api, draft: Any, other_publication: Api) -> None:
    path = f"/campaigns/{draft['id']}"
    other_publication.get(path, 404)
    other_publication.patch(path, {"subject": "x"}, 404)
    other_publication.get(f"{path}/deliveries", 404)
    other_publication.post(f"{path}/forecast", {"at": "now"}, 404)
    for step in ("pause", "resume", "end"):
        other_publication.post(f"{path}/{step}", status=404)
    other_publication.post(f"{path}/schedule", {"at": "now"}, 404)


def test_a_forecast_says_what_planning_would_decide_and_changes_nothing(api: Api, draft: Any) -> None:
    subscribe(api, "a@example.org", "b@example.org")
    api.post(
        "/subscribers", ada(email="c@example.org", expectation={"topics": [{"topic": "letter", "arrives": "web"}]}), 201
    )
    told = api.post(f"/campaigns/{draft['id']}/forecast", {"at": "now"})
    assert (told["audience"], told["send"], told["web"]) == (3, 2, 1)
    assert told["by_reason"] == {"expected": 2, "web_only": 1}
    assert told["reach_by"] == [{"on": "2026-11-24", "count": 2}]
    assert told["counts_on"] == []
    assert api.get(f"/campaigns/{draft['id']}") == draft
    for wrong in ({}, {"at": "2026-11-24T09:00:00"}, {"at": "2099-01-01T00:00:00Z"}, {"at": "now", "local": "x"}):
        api.post(f"/campaigns/{draft['id']}/forecast", wrong, 422)


def test_counts_add_up_to_the_audience_and_deliveries_are_listed(api: Api, draft: Any) -> None:
    subscribe(api, *(f"{letter}@example.org" for letter in "abcde"))
    api.post(
        "/subscribers", ada(email="w@example.org", expectation={"topics": [{"topic": "letter", "arrives": "web"}]}), 201
    )
    path = f"/campaigns/{draft['id']}"
    api.post(f"{path}/schedule", {"at": "now"})
    plan(api)
    told = api.get(path)
    assert told["status"] == "sending"
    assert told["audience"] == sum(told["outcomes"].values()) == sum(told["by_reason"].values()) == 6
    assert (told["outcomes"]["due"], told["outcomes"]["web"]) == (5, 1)
    first = api.get(f"{path}/deliveries?limit=4")
    second = api.get(f"{path}/deliveries?limit=4&cursor={first['next']}")
    everything = first["items"] + second["items"]
    assert (len(everything), second["next"]) == (6, None)
    assert {row["decision"]["reason"] for row in everything} == {"expected", "web_only"}
    assert len(api.get(f"{path}/deliveries?state=web")["items"]) == 1
    assert len(api.get(f"{path}/deliveries?reason=expected&state=due")["items"]) == 5
    for wrong in ("state=lost", "reason=none", "cursor=x", "limit=0"):
        api.get(f"{path}/deliveries?{wrong}", 422)


def test_what_has_begun_keeps_its_audience_while_its_content_changes(api: Api, draft: Any) -> None:
    subscribe(api, "a@example.org")
    path = f"/campaigns/{draft['id']}"
    api.post(f"{path}/schedule", {"at": "now"})
    plan(api)
    api.post(f"{path}/pause")
    assert api.patch(path, {"subject": "Corrected"})["revision"] == 2
    for settled in ({"topics": ["events"]}, {"segment": {"a": 1}}, {"expires_at": "2026-12-24T00:00:00Z"}):
        api.patch(path, settled, 422)
    assert api.post(f"{path}/resume")["status"] == "sending"


def test_ending_a_campaign_sends_nothing_more_of_it(api: Api, draft: Any) -> None:
    subscribe(api, "a@example.org", "b@example.org")
    path = f"/campaigns/{draft['id']}"
    api.post(f"{path}/schedule", {"at": "now"})
    plan(api)
    api.clock.instant = NOW + timedelta(minutes=5)
    ended = api.post(f"{path}/end")
    assert (ended["status"], ended["outcomes"]["not_sent"], ended["outcomes"]["due"]) == ("ended", 2, 0)
    assert ended["by_reason"] == {"campaign_ended": 2}
    (row, _) = api.get(f"{path}/deliveries")["items"]
    assert (row["decision"]["outcome"], row["decision"]["reason"]) == ("not_sent", "campaign_ended")
    entries = api.get(f"/subscribers/{row['subscriber']}/ledger")["items"]
    assert [entry["decision"]["reason"] for entry in entries if entry["kind"] == "decision"] == [
        "campaign_ended",
        "expected",
    ]
