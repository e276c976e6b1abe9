"""Mails of other systems: asked about, reserved, settled, and reported afterwards."""

from datetime import timedelta
from typing import Any

import pytest

from preferences.links import Links, Purpose
from tests.webapp.api.conftest import NOW, Api
from tests.webapp.api.test_subscribers import CONFIRMED, ada


@pytest.fixture
def reader(api: Api) -> Any:
    """Ada, who gets the letter and, once a week in one mail, events."""
    return api.post("/subscribers", ada(), 201)


def ask(api: Api, topics: list[str], **more: Any) -> Any:
    return api.post("/decisions", {"email": "ada@example.org", "topics": topics, **more})


def opening(api: Api, reader: Any, topic: str = "letter") -> Any:
    return api.get(f"/subscribers/{reader['id']}")["opens_at"]["topics"][topic]


def test_asking_counts_nothing(api: Api, reader: Any) -> None:
    for _ in range(2):
        told = ask(api, ["letter"])
        assert (told["outcome"], told["reason"], told["topic"]) == ("send", "expected", "letter")
        assert (told["id"], told["headers"]) == (None, None)
    assert opening(api, reader) is None


def test_a_reserved_mail_counts_at_once(api: Api, reader: Any) -> None:
    told = ask(api, ["letter"], reserve=True)
    assert told["outcome"] == "send"
    again = ask(api, ["letter"])
    assert (again["outcome"], again["reason"]) == ("wait", "topic_cap")
    assert again["opens_at"] == opening(api, reader) != None  # noqa: E711 - a chain of comparisons
    assert again["evidence"]["cap"] == {"count": 1, "per": "week"}
    assert again["evidence"]["counted"] == 1
    assert again["evidence"]["window"] == ["2026-11-24", "2026-12-01"]


def test_a_reserved_mail_comes_with_the_headers_that_let_the_reader_leave(api: Api, reader: Any) -> None:
    headers = ask(api, ["letter"], reserve=True)["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = headers["List-Unsubscribe"].removeprefix("<http://127.0.0.1:8000/u1/").removesuffix(">")
    claim = Links(["k" * 32]).read(token, Purpose.ONE_CLICK)
    assert claim is not None
    assert claim.publication == api.publication_id


def test_a_mail_that_was_not_sent_counts_no_more(api: Api, reader: Any) -> None:
    told = ask(api, ["letter"], reserve=True)
    path = f"/decisions/{told['id']}/outcome"
    assert api.post(path, {"outcome": "not_sent"}) == {"id": told["id"], "outcome": "not_sent"}
    api.post(path, {"outcome": "not_sent"})
    api.post(path, {"outcome": "sent"}, 409)
    assert opening(api, reader) is None
    assert ask(api, ["letter"])["outcome"] == "send"


def test_a_mail_that_was_sent_stays_counted(api: Api, reader: Any) -> None:
    told = ask(api, ["letter"], reserve=True)
    path = f"/decisions/{told['id']}/outcome"
    api.post(path, {"outcome": "sent"})
    api.post(path, {"outcome": "sent"})
    api.post(path, {"outcome": "not_sent"}, 409)
    assert opening(api, reader) is not None


def test_what_is_declined_is_not_counted_and_has_no_outcome(api: Api, reader: Any) -> None:
    ask(api, ["letter"], reserve=True)
    declined = ask(api, ["letter"], reserve=True)
    assert (declined["outcome"], declined["headers"]) == ("wait", None)
    api.post(f"/decisions/{declined['id']}/outcome", {"outcome": "sent"}, 409)


def test_an_outcome_of_nothing_is_not_found(api: Api, other_publication: Api, reader: Any) -> None:
    told = ask(api, ["letter"], reserve=True)
    api.post("/decisions/mail_aaaaaaaaaaaaaaaa/outcome", {"outcome": "sent"}, 404)
    other_publication.post(f"/decisions/{told['id']}/outcome", {"outcome": "not_sent"}, 404)
    api.post(f"/decisions/{told['id']}/outcome", {"outcome": "lost"}, 422)


def test_what_would_go_into_a_digest_is_not_sent(api: Api, reader: Any) -> None:
    told = ask(api, ["events"])
    assert (told["outcome"], told["reason"]) == ("not_sent", "digest_weekly")


def test_an_unknown_address_expects_nothing(api: Api) -> None:
    for reserve in (False, True):
        told = api.post("/decisions", {"email": "who@example.org", "topics": ["letter"], "reserve": reserve})
        assert (told["outcome"], told["reason"], told["id"]) == ("not_sent", "off_topic", None)


def test_who_left_gets_nothing(api: Api, reader: Any) -> None:
    api.post(f"/subscribers/{reader['id']}/unsubscribes", {"scope": "all"}, 201)
    told = ask(api, ["letter"], reserve=True)
    assert (told["outcome"], told["reason"], told["headers"]) == ("not_sent", "unsubscribed", None)


def test_it_can_be_asked_about_later_and_not_about_before(api: Api, reader: Any) -> None:
    ask(api, ["letter"], reserve=True)
    assert ask(api, ["letter"], at="2026-12-08T09:00:00Z")["outcome"] == "send"
    wrongs: list[dict[str, Any]] = [
        {"at": "2026-11-23T09:00:00Z"},
        {"at": "2026-12-08T09:00:00Z", "reserve": True},
        {"at": "2026-12-08T09:00:00"},
        {"topics": []},
        {"topics": ["nothing"]},
        {"topics": ["letter", "letter"]},
        {"email": "nobody"},
        {"reserve": "yes"},
    ]
    for wrong in wrongs:
        api.post("/decisions", {"email": "ada@example.org", "topics": ["letter"], **wrong}, 422)


def test_asking_needs_to_read_and_reserving_to_send(api: Api, reader: Any) -> None:
    question = {"email": "ada@example.org", "topics": ["letter"]}
    api.with_scope("read").post("/decisions", question)
    api.with_scope("write").post("/decisions", {**question, "reserve": True}, 403)
    told = api.with_scope("send").post("/decisions", {**question, "reserve": True})
    api.with_scope("write").post(f"/decisions/{told['id']}/outcome", {"outcome": "sent"}, 403)


def test_a_reservation_repeated_under_its_key_counts_once(api: Api, reader: Any) -> None:
    question = {"email": "ada@example.org", "topics": ["letter"], "reserve": True}
    first = api.post("/decisions", question, Idempotency_Key="r1")
    assert api.post("/decisions", question, Idempotency_Key="r1") == first
    assert first["outcome"] == "send"


SENT: dict[str, Any] = {
    "email": "ada@example.org",
    "topics": ["letter"],
    "sent_at": "2026-11-24T08:30:00Z",
    "id": "order-1",
}


def later(api: Api) -> None:
    api.clock.instant = NOW + timedelta(hours=2)


def test_a_reported_mail_counts_when_it_was_sent_and_once_for_its_id(api: Api, reader: Any) -> None:
    later(api)
    mail = {**SENT, "sent_at": "2026-11-24T10:00:00Z"}
    told = api.post("/messages", mail, 201)
    assert (told["broken"], told["outcome"], told["counted"]) == (False, "send", True)
    assert api.post("/messages", mail, 200) == {**told, "counted": False}
    assert ask(api, ["letter"])["evidence"]["counted"] == 1
    api.post("/messages", {**mail, "topics": ["events"]}, 409)


def test_a_reported_mail_that_the_terms_did_not_allow_is_a_broken_promise(api: Api, reader: Any) -> None:
    later(api)
    first = api.post("/messages", {**SENT, "sent_at": "2026-11-24T09:30:00Z"}, 201)
    second = api.post("/messages", {**SENT, "sent_at": "2026-11-24T10:30:00Z", "id": "order-2"}, 201)
    assert (first["broken"], second["broken"], second["reason"]) == (False, True, "topic_cap")


def test_a_reported_mail_is_judged_by_what_held_when_it_was_sent(api: Api, reader: Any) -> None:
    later(api)
    api.post(f"/subscribers/{reader['id']}/unsubscribes", {"scope": "all"}, 201)
    before = api.post("/messages", {**SENT, "sent_at": "2026-11-24T10:00:00Z"}, 201)
    api.clock.instant = NOW + timedelta(hours=4)
    after = api.post("/messages", {**SENT, "sent_at": "2026-11-24T12:00:00Z", "id": "order-2"}, 201)
    assert (before["broken"], after["broken"], after["reason"]) == (False, True, "unsubscribed")


def test_before_anything_was_promised_there_was_nothing_to_break(api: Api, reader: Any) -> None:
    assert api.post("/messages", {**SENT, "sent_at": "2026-11-20T12:00:00Z"}, 201)["broken"] is False


def test_a_raised_or_lowered_cadence_does_not_change_what_was_allowed_then(api: Api, reader: Any) -> None:
    later(api)
    api.patch("/topics/letter", {"cadence": {"at_most": {"count": 1, "per": "quarter"}}})
    api.clock.instant = NOW + timedelta(days=8)
    api.post("/messages", {**SENT, "sent_at": "2026-11-24T09:30:00Z"}, 201)
    told = api.post("/messages", {**SENT, "sent_at": "2026-12-01T09:30:00Z", "id": "order-2"}, 201)
    assert (told["broken"], told["reason"]) == (True, "topic_cap")


def test_what_was_not_sent_yet_or_is_no_mail_is_refused(api: Api, reader: Any) -> None:
    wrongs: list[dict[str, Any]] = [
        {"sent_at": "2026-11-24T09:02:00Z"},
        {"sent_at": "1970-01-01T00:00:00Z"},
        {"sent_at": "2026-11-24T08:30:00"},
        {"topics": []},
        {"topics": ["nothing"]},
        {"id": ""},
        {"email": "x"},
        {"more": 1},
    ]
    for wrong in wrongs:
        api.post("/messages", {**SENT, **wrong}, 422)
    api.post("/messages", {**SENT, "email": "who@example.org"}, 404)
    assert opening(api, reader) is None


def test_of_many_reported_mails_each_counts_or_fails_by_itself(api: Api, reader: Any) -> None:
    api.post("/subscribers", ada(email="b@example.org", consent=CONFIRMED), 201)
    mails = [
        {**SENT, "id": "m1"},
        {**SENT, "id": "m2", "email": "b@example.org"},
        {**SENT, "id": "m3", "email": "who@example.org"},
        {**SENT, "id": "m4", "sent_at": "2027-01-01T00:00:00Z"},
        {**SENT, "id": "m1"},
        7,
    ]
    results = api.post("/messages", mails)
    assert [result["status"] for result in results] == [201, 201, 404, 422, 200, 422]
    api.post("/messages", [{}] * 1001, 422)


def test_mails_of_other_systems_stand_in_the_ledger(api: Api, reader: Any) -> None:
    ask(api, ["letter"], reserve=True)
    api.clock.instant = NOW + timedelta(hours=2)
    api.post("/messages", {**SENT, "sent_at": "2026-11-24T10:00:00Z"}, 201)
    entries = [
        entry for entry in api.get(f"/subscribers/{reader['id']}/ledger")["items"] if entry["kind"] == "mail_elsewhere"
    ]
    assert [(entry["state"], entry["broken"]) for entry in entries] == [("reported", True), ("reserved", False)]
    assert entries[0]["decision"]["reason"] == "topic_cap"
