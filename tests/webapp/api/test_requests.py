"""What holds for every request: tokens, scopes, JSON, problems, repetition, the document."""

import json
import threading
from datetime import timedelta

from preferences.store.tokens import revoke_token, token_of
from tests.webapp.api.conftest import LETTER, NOW, Api


def test_without_a_known_token_nothing_is_answered(api: Api) -> None:
    for header in (None, "", "Bearer", "Bearer ", "Bearer troth_wrong", "Basic troth", "Bearer \u00fc"):
        headers = {} if header is None else {"Authorization": header}
        answer = api.client.get("/api/v1/publication", headers=headers)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json"), header
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_is_refused(api: Api) -> None:
    with api.database.write() as connection:
        token = token_of(connection, api.token)
        assert token is not None
        revoke_token(connection, api.publication_id, token.id, NOW)
    api.get("/publication", 401)


def test_a_scope_includes_those_before_it(api: Api) -> None:
    for scope, status in (("read", 403), ("write", 201), ("send", 201), ("admin", 201)):
        api.with_scope(scope).post("/topics", {**LETTER, "slug": f"with-{scope}"}, status)
        api.with_scope(scope).get("/topics")


def test_a_smaller_scope_than_admin_may_not_change_the_publication(api: Api) -> None:
    api.with_scope("send").patch("/publication", {"name": "Mine"}, 403)


def test_an_address_that_does_not_exist_is_said_as_a_problem(api: Api) -> None:
    api.get("/nothing", 404)
    answer = api.client.get("/api/v2")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_method_that_is_not_served_says_which_are(api: Api) -> None:
    answer = api.call("DELETE", "/topics")
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert "POST" in answer.headers["Allow"]


UNREADABLE = [
    (b"{", "application/json", 400),
    (b"\xff\xfe{", "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b"{}", "text/plain", 415),
    (b"a=1", "application/x-www-form-urlencoded", 415),
    (b'"text"', "application/json", 422),
    (b"null", "application/json", 422),
    (b'{"slug": NaN}', "application/json", 422),
    (b'{"slug": 1e999}', "application/json", 422),
    (b'{"slug": "a\\u0000"}', "application/json", 422),
    (b'{"slug": "a\\ud800"}', "application/json", 422),
    (b'{"\\u0000": 1}', "application/json", 422),
    (b'{"slug": 99999999999999999999}', "application/json", 422),
    (b"", "application/json", 422),
]


def test_what_is_no_document_is_refused(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    for body, content_type, status in UNREADABLE:
        answer = api.client.post("/api/v1/topics", data=body, headers=headers, content_type=content_type)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), body[:40]


def test_a_request_that_is_too_large_is_refused(api: Api) -> None:
    api.post("/topics", {**LETTER, "description": "x" * 9_000_000}, 413)


def test_a_request_repeated_under_its_key_is_answered_again_and_done_once(api: Api) -> None:
    topic = {**LETTER, "slug": "once"}
    first = api.post("/topics", topic, 201, Idempotency_Key="k1")
    assert api.post("/topics", topic, 201, Idempotency_Key="k1") == first
    api.post("/topics", topic, 409, Idempotency_Key="k2")


def test_a_key_used_for_another_request_is_refused(api: Api) -> None:
    api.post("/topics", {**LETTER, "slug": "once"}, 201, Idempotency_Key="k1")
    api.post("/topics", {**LETTER, "slug": "twice"}, 422, Idempotency_Key="k1")
    api.get("/topics/twice", 404)


def test_a_key_belongs_to_its_token(api: Api) -> None:
    api.post("/topics", {**LETTER, "slug": "once"}, 201, Idempotency_Key="k1")
    api.with_scope("write").post("/topics", {**LETTER, "slug": "twice"}, 201, Idempotency_Key="k1")


def test_a_refused_request_leaves_its_key_unused(api: Api) -> None:
    api.post("/topics", {**LETTER, "slug": "No"}, 422, Idempotency_Key="k1")
    api.post("/topics", {**LETTER, "slug": "yes"}, 201, Idempotency_Key="k1")


def test_a_key_is_forgotten_after_a_day(api: Api) -> None:
    topic = {**LETTER, "slug": "once"}
    api.post("/topics", topic, 201, Idempotency_Key="k1")
    api.clock.instant = NOW + timedelta(days=1, seconds=1)
    api.post("/topics", topic, 409, Idempotency_Key="k1")


def test_what_is_no_key_is_refused(api: Api) -> None:
    api.post("/topics", LETTER, 400, Idempotency_Key="x" * 256)


def test_a_request_at_once_with_another_of_its_key_is_done_once(api: Api) -> None:
    statuses: list[int] = []

    def ask() -> None:
        answer = api.call("POST", "/topics", {**LETTER, "slug": "once"}, Idempotency_Key="k1")
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert sum(topic["slug"] == "once" for topic in api.get("/topics")["items"]) == 1


def test_the_document_describes_every_route_and_names_every_problem(api: Api) -> None:
    document = api.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    routes = {rule.rule for rule in api.client.application.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    described = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    assert routes - {"/api/v1/", "/api/v1/openapi.json"} == described
    for item in document["paths"].values():
        for operation in item.values():
            assert operation["summary"]
            assert {"401", "403", "422"} <= set(operation["responses"])


def test_every_reference_of_the_document_leads_somewhere(api: Api) -> None:
    document = api.get("/openapi.json")
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= set(document["components"]["schemas"])


def test_the_page_beside_the_document_loads_nothing(api: Api) -> None:
    answer = api.client.get("/api/v1/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "/api/v1/topics" in page
    assert "<script" not in page
    assert "https://" not in page
