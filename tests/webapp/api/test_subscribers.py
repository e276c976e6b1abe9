"""Subscribers: signing up, being shown, changing, leaving, and the ledger of all that."""

from datetime import timedelta
from typing import Any

from preferences.store.erasures import erase
from preferences.store.events import SYSTEM
from preferences.store.service_mails import due_service_mails
from preferences.store.subscribers import subscribers
from tests.webapp.api.conftest import NOW, Api

CONSENT = {"source": "till in the shop", "at": "2026-11-20T10:00:00+01:00", "wording": "I want the letter."}
CONFIRMED = {**CONSENT, "confirmed_at": "2026-11-20T10:05:00+01:00"}
EXPECTATION: dict[str, Any] = {
    "topics": [{"topic": "letter", "arrives": "each"}, {"topic": "events", "arrives": "weekly"}]
}


def ada(**changes: Any) -> dict[str, Any]:
    return {
        "email": "Ada@Example.org",
        "expectation": EXPECTATION,
        "consent": CONFIRMED,
        "zone": "Europe/Berlin",
        **changes,
    }


def test_a_confirmed_consent_subscribes_at_once(api: Api) -> None:
    told = api.post("/subscribers", ada(name="Ada", fields={"city": "London", "age": 36}), 201)
    assert told["email"] == "Ada@Example.org"
    assert told["standing"] == "confirmed"
    assert told["zone"] == "Europe/Berlin"
    assert told["expectation"]["topics"] == EXPECTATION["topics"]
    assert told["opens_at"] == {"total": None, "topics": {"letter": None, "events": None}}
    assert "Letter once a week" in told["promise"]
    assert told["fields"] == {"city": "London", "age": 36}
    assert api.get(f"/subscribers/{told['id']}") == told
    with api.database.read() as connection:
        assert due_service_mails(connection, NOW) == []


def test_without_a_confirmation_a_request_is_made_and_a_mail_asked_for(api: Api) -> None:
    told = api.post("/subscribers", ada(consent=CONSENT), 202)
    assert told["request"].startswith("req_")
    assert "Letter once a week" in told["promise"]
    assert api.post("/subscribers/search", {"email": "ada@example.org"})["items"] == []
    with api.database.read() as connection:
        assert [row.address for row in due_service_mails(connection, NOW)] == ["Ada@Example.org"]
    assert api.woken


def test_a_known_address_is_a_conflict_that_says_who_it_is(api: Api) -> None:
    first = api.post("/subscribers", ada(), 201)
    problem = api.post("/subscribers", ada(email="ada@EXAMPLE.ORG"), 409)
    assert problem["id"] == first["id"]


def test_every_problem_of_a_sign_up_comes_in_one_answer(api: Api) -> None:
    wrong = {
        "email": "not an address",
        "expectation": {"topics": [{"topic": "letter", "arrives": "hourly"}], "days": [], "hours": {"from": "7"}},
        "consent": {"source": "x", "at": "2026-11-20T10:00:00", "wording": "x"},
        "extra": 1,
        "fields": {"a": {"nested": 1}},
    }
    fields = {error["field"] for error in api.post("/subscribers", wrong, 422)["errors"]}
    assert {
        "email",
        "extra",
        "consent.at",
        "expectation.topics[0].arrives",
        "expectation.days",
        "expectation.hours.from",
        "expectation.hours.to",
    } <= fields
    assert any(field.startswith("fields.a") for field in fields)


def test_what_cannot_be_promised_is_refused(api: Api) -> None:
    wrongs: list[dict[str, Any]] = [
        {"topics": []},
        {"topics": [{"topic": "nothing"}]},
        {"topics": [{"topic": "alerts", "arrives": "weekly"}]},
    ]
    for expectation in wrongs:
        api.post("/subscribers", ada(expectation=expectation), 422)
    api.post("/subscribers", ada(zone="Moon/Crater"), 422)
    api.post("/subscribers", ada(brought_by="sub_nobody"), 422)
    api.post("/subscribers", ada(consent={**CONFIRMED, "confirmed_at": "2027-01-01T00:00:00Z"}), 422)


def test_of_many_each_succeeds_or_fails_by_itself(api: Api) -> None:
    api.post("/subscribers", ada(), 201)
    entries = [
        ada(email="one@example.org"),
        ada(),
        ada(email="no"),
        ada(email="two@example.org", consent=CONSENT),
        ada(email="three@example.org", expectation={"topics": [{"topic": "nothing"}]}),
        "nonsense",
        ada(email="four@example.org"),
    ]
    results = api.post("/subscribers", entries)
    assert [result["status"] for result in results] == [201, 409, 422, 202, 422, 422, 201]
    assert results[1]["id"].startswith("sub_")
    assert results[2]["problem"]["errors"][0]["field"] == "email"
    for address, count in (("one@example.org", 1), ("three@example.org", 0), ("four@example.org", 1)):
        assert len(api.post("/subscribers/search", {"email": address})["items"]) == count


def test_more_than_a_thousand_at_once_are_refused(api: Api) -> None:
    api.post("/subscribers", [{}] * 1001, 422)
    assert api.post("/subscribers", []) == []


def test_nobody_is_found_by_an_id_of_another_publication(api: Api, other_publication: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    other_publication.get(f"/subscribers/{told['id']}", 404)
    other_publication.patch(f"/subscribers/{told['id']}", {"name": "x"}, 404)
    other_publication.put(f"/subscribers/{told['id']}/expectation", EXPECTATION, 404, If_Match="1")
    other_publication.post(f"/subscribers/{told['id']}/unsubscribes", {"scope": "all"}, 404)
    other_publication.get(f"/subscribers/{told['id']}/ledger", 404)
    api.get("/subscribers/sub_aaaaaaaaaaaaaaaa", 404)
    api.get("/subscribers/1", 404)


def test_who_was_erased_is_not_found(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    with api.database.write() as connection:
        erase(connection, api.publication_id, api_number(api, told), SYSTEM, NOW)
    api.get(f"/subscribers/{told['id']}", 404)
    api.patch(f"/subscribers/{told['id']}", {"name": "x"}, 404)
    assert api.post("/subscribers/search", {"email": "ada@example.org"})["items"] == []


def api_number(api: Api, told: Any) -> int:
    """The number of the only subscriber there is."""
    with api.database.read() as connection:
        (number,) = subscribers(connection, range(1, 100))
    return number


def test_name_fields_language_and_zone_change(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    path = f"/subscribers/{told['id']}"
    changed = api.patch(path, {"name": "Ada L.", "fields": {"a": None}, "language": "de", "zone": "America/New_York"})
    assert (changed["name"], changed["fields"], changed["language"]) == ("Ada L.", {"a": None}, "de")
    assert changed["zone"] == "America/New_York"
    assert changed["expectation"] == told["expectation"]
    assert api.patch(path, {"fields": None})["fields"] == {}
    wrongs: list[dict[str, Any]] = [
        {"name": "a\nb"},
        {"zone": "Nowhere"},
        {"zone": None},
        {"language": "?"},
        {"fields": {"a": []}},
    ]
    for wrong in wrongs:
        api.patch(path, wrong, 422)


def test_the_expectation_changes_only_for_the_version_that_was_read(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    path = f"/subscribers/{told['id']}/expectation"
    asked = {"topics": [{"topic": "letter", "arrives": "monthly"}], "at_most": {"count": 1, "per": "month"}}
    api.put(path, asked, 428)
    api.put(path, asked, 412, If_Match='"999"')
    api.put(path, asked, 412, If_Match="nonsense")
    changed = api.put(path, asked, 200, If_Match=f'"{told["version"]}"')
    assert changed["version"] > told["version"]
    assert changed["expectation"]["topics"] == asked["topics"]
    assert changed["expectation"]["at_most"] == asked["at_most"]
    api.put(path, asked, 412, If_Match=str(told["version"]))
    api.put(path, asked, 200, If_Match="*")


def test_the_version_stands_in_the_etag(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    assert api.call("GET", f"/subscribers/{told['id']}").headers["ETag"] == f'"{told["version"]}"'


def test_a_raised_cadence_is_accepted_only_when_it_is_said_so(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    api.patch("/topics/letter", {"cadence": {"at_most": {"count": 3, "per": "week"}}})
    path = f"/subscribers/{told['id']}/expectation"
    kept = api.put(path, EXPECTATION, If_Match="*")
    assert "once a week" in kept["promise"]
    accepted = api.put(path, {**EXPECTATION, "accept": ["letter"]}, If_Match="*")
    assert "3" in accepted["promise"]
    for wrong in (["jobs"], "letter", [1]):
        api.put(path, {**EXPECTATION, "accept": wrong}, 422, If_Match="*")


def test_every_problem_of_an_expectation_comes_in_one_answer(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    wrong = {"topics": [{"topic": "letter", "often": 1}], "overflow": "spill", "digest": {"day": 32}}
    problem = api.put(f"/subscribers/{told['id']}/expectation", wrong, 422, If_Match="*")
    assert {error["field"] for error in problem["errors"]} == {"topics[0].often", "overflow", "digest.day"}


def test_leaving_is_recorded_once_and_takes_effect_at_once(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    path = f"/subscribers/{told['id']}/unsubscribes"
    one = api.post(path, {"scope": "topic", "topic": "events", "cause": "too_often"}, 201)
    assert (one["scope"], one["topic"], one["cause"], one["was_new"]) == ("topic", "events", "too_often", True)
    left = api.get(f"/subscribers/{told['id']}")
    assert [topic["topic"] for topic in left["expectation"]["topics"]] == ["letter"]
    api.post(path, {"scope": "topic", "topic": "events"}, 200)
    api.post(path, {"scope": "all"}, 201)
    api.post(path, {"scope": "all"}, 200)
    gone = api.get(f"/subscribers/{told['id']}")
    assert (gone["standing"], gone["expectation"], gone["promise"]) == ("unsubscribed", None, None)
    api.put(f"/subscribers/{told['id']}/expectation", EXPECTATION, 409, If_Match="*")


def test_a_wrong_unsubscribe_ends_nothing(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    for wrong in (
        {"scope": "some"},
        {"scope": "topic"},
        {"scope": "topic", "topic": "nothing"},
        {"scope": "all", "topic": "letter"},
        {"scope": "all", "cause": "bounce"},
        {"scope": "all", "route": "console"},
    ):
        api.post(f"/subscribers/{told['id']}/unsubscribes", wrong, 422)
    assert api.get(f"/subscribers/{told['id']}") == told


def test_the_ledger_has_everything_newest_first_by_the_page(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    path = f"/subscribers/{told['id']}"
    for step in range(1, 6):
        api.clock.instant = NOW + timedelta(hours=step)
        api.patch(path, {"name": f"Ada {step}"})
    api.post(f"{path}/unsubscribes", {"scope": "topic", "topic": "events"}, 201)
    everything = api.get(f"{path}/ledger")
    assert everything["next"] is None
    assert everything["items"][0]["event"] == "unsubscribed"
    assert everything["items"][0]["details"]["topic"] == "events"
    assert everything["items"][-1]["event"] == "subscribed"
    instants = [entry["at"] for entry in everything["items"]]
    assert instants == sorted(instants, reverse=True)
    paged: list[Any] = []
    following: Any = ""
    while following is not None:
        page = api.get(f"{path}/ledger?limit=2{following and '&cursor=' + following}")
        paged += page["items"]
        following = page["next"]
    assert paged == everything["items"]


def test_a_cursor_that_no_list_gave_is_refused(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    for wrong in ("x", "WzFd", "W10", "bnVsbA", "%00", "WyIyMDI2LTExLTI0VDA5OjAwOjAwIiwgMSwgMV0", "a" * 5000):
        api.get(f"/subscribers/{told['id']}/ledger?cursor={wrong}", 422)
    for wrong in ("limit=0", "limit=501", "limit=x", "unknown=1"):
        api.get(f"/subscribers/{told['id']}/ledger?{wrong}", 422)


def test_reading_is_enough_to_search_and_not_to_change(api: Api) -> None:
    told = api.post("/subscribers", ada(), 201)
    reader = api.with_scope("read")
    assert reader.post("/subscribers/search", {"email": "ADA@example.org"})["items"] == [told]
    reader.post("/subscribers/search", {"email": "nothing"}, 422)
    reader.post("/subscribers", ada(email="x@example.org"), 403)
    reader.patch(f"/subscribers/{told['id']}", {"name": "x"}, 403)
    reader.put(f"/subscribers/{told['id']}/expectation", EXPECTATION, 403, If_Match="*")
    reader.post(f"/subscribers/{told['id']}/unsubscribes", {"scope": "all"}, 403)


def test_a_list_repeated_under_its_key_is_answered_again_and_done_once(api: Api) -> None:
    entries = [ada(email=f"reader{number}@example.org") for number in range(45)]
    first = api.post("/subscribers", entries, Idempotency_Key="list")
    assert {result["status"] for result in first} == {201}
    assert len({result["id"] for result in first}) == 45
    assert api.post("/subscribers", entries, Idempotency_Key="list") == first
    assert {result["status"] for result in api.post("/subscribers", entries)} == {409}
    api.post("/subscribers", entries[:1], 422, Idempotency_Key="list")
