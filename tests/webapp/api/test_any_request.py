"""Whatever is sent, no answer is a failure of ours: every one is what the document says, or a problem."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webapp.api.conftest import Api
from tests.webapp.api.test_campaigns import DRAFT
from tests.webapp.api.test_subscribers import ada

INSTANTS = [
    "2026-11-24T09:00:00Z",
    "2026-12-24T18:00:00+01:00",
    "9000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "now",
]
WORDS = [
    "letter",
    "events",
    "alerts",
    "nothing",
    "ada@example.org",
    "b@xn--bcher-kva.example",
    "Europe/Berlin",
    "P1D",
    "en",
    "news",
    "# Hello {{ name }}",
    "{% for x in y %}",
    "<mjml><mj-body></mj-body></mjml>",
    "07:00",
    "2027-01-04",
    "week",
    "each",
    "all",
    "topic",
    "too_often",
    "sent",
    "a\r\nb",
    "\u202e\U0001f600",
    "",
    " ",
]
TEXTS = st.sampled_from(WORDS + INSTANTS) | st.text(max_size=20)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


class Shapes:
    """Documents of the shape that the OpenAPI document gives, with something else here and there."""

    def __init__(self, components: dict[str, Any]) -> None:
        self.components = components

    def of(self, schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
        return self._right(schema, depth) if depth == 0 else st.one_of(*[self._right(schema, depth)] * 9, ANY_JSON)

    def _right(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            return self._right(self.components[schema["$ref"].rpartition("/")[2]], depth)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return st.one_of(*(self._right(one, depth) for one in schema[choice]))
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "const" in schema:
            return st.just(schema["const"])
        return self._typed(schema, depth)

    def _typed(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        match schema.get("type"):
            case "object" if "properties" in schema:
                required = set(schema.get("required", ()))
                inner = {name: self.of(one, depth + 1) for name, one in schema["properties"].items()}
                return st.fixed_dictionaries(
                    {name: one for name, one in inner.items() if name in required},
                    optional={name: one for name, one in inner.items() if name not in required},
                )
            case "object":
                return st.dictionaries(TEXTS, ANY_JSON, max_size=3)
            case "array":
                return st.lists(self.of(schema.get("items", {}), depth + 1), max_size=3)
            case "string":
                return st.sampled_from(INSTANTS) if schema.get("format") == "date-time" else TEXTS
            case "integer":
                return st.integers(-5, 2000) | st.integers()
            case "boolean":
                return st.booleans()
            case "null":
                return st.none()
            case _:
                return ANY_JSON


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody")
            yield method.upper(), path.removeprefix("/api/v1"), body and body["content"]["application/json"]["schema"]


@pytest.mark.slow
def test_no_request_makes_the_program_fail(api: Api) -> None:
    reader = api.post("/subscribers", ada(), 201)["id"]
    draft = api.post("/campaigns", DRAFT, 201)["id"]
    mail = api.post("/decisions", {"email": "ada@example.org", "topics": ["letter"], "reserve": True})["id"]
    document = api.get("/openapi.json")
    shapes = Shapes(document["components"]["schemas"])
    ids = st.sampled_from([reader, draft, mail, "letter", "sub_aaaaaaaaaaaaaaaa"]) | TEXTS.filter(bool)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        for method, path, schema in operations(document):
            filled = path
            for name in ("{id}", "{slug}"):
                filled = filled.replace(name, quote(data.draw(ids), safe=""))
            body = None if schema is None else data.draw(st.one_of(*[shapes.of(schema)] * 4, ANY_JSON))
            asks = method == "GET" and data.draw(st.booleans())
            query = {"cursor": data.draw(TEXTS)} if asks else None
            headers = {"Authorization": f"Bearer {api.token}", "If-Match": "*"}
            answer = api.client.open(f"/api/v1{filled}", method=method, headers=headers, json=body, query_string=query)
            assert answer.status_code < 500, (method, filled, body)
            assert answer.status_code < 400 or answer.content_type == "application/problem+json", (method, filled, body)

    holds()
