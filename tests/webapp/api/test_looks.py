"""The look of a campaign over HTTP: a letter unless it is an event, whose card says when it is."""

from typing import Any

import pytest

from tests.webapp.api.conftest import Api
from tests.webapp.api.test_campaigns import DRAFT, MJML

CARD = {
    "date": "Saturday 14 March",
    "time": "19:30",
    "place": "Mill Hall",
    "button": "Come",
    "url": "https://e.example/1",
}


def test_a_campaign_is_a_letter_unless_it_says_otherwise(api: Api) -> None:
    made = api.post("/campaigns", DRAFT, 201)
    assert (made["look"], made["event"]) == ("letter", None)


def test_an_event_keeps_its_card_and_a_change_of_it_is_a_new_revision(api: Api) -> None:
    made = api.post("/campaigns", {**DRAFT, "look": "event", "event": CARD}, 201)
    assert (made["look"], made["event"]) == ("event", CARD)
    changed = api.patch(f"/campaigns/{made['id']}", {"event": {**CARD, "time": "20:00"}})
    assert (changed["event"]["time"], changed["revision"]) == ("20:00", 2)
    letter = api.patch(f"/campaigns/{made['id']}", {"look": "letter", "event": None})
    assert (letter["look"], letter["event"], letter["revision"]) == ("letter", None, 3)


def test_mjml_brings_its_own_look(api: Api) -> None:
    made = api.post("/campaigns", {**DRAFT, "markdown": None, "mjml": MJML, "look": "event"}, 201)
    assert made["look"] == "event"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"look": "postcard"}, "look"),
        ({"look": "event"}, "event.date"),
        ({"event": {**CARD, "date": " "}}, "event.date"),
        ({"event": {**CARD, "place": "a\nb"}}, "event.place"),
        ({"event": {**CARD, "url": "javascript:alert(1)"}}, "event.url"),
        ({"event": {**CARD, "url": "https://e.example/{{ name }}"}}, "event.url"),
        ({"event": {**CARD, "url": ""}}, "event.url"),
        ({"event": {**CARD, "button": ""}}, "event.button"),
        ({"event": {**CARD, "colour": "red"}}, "event.colour"),
    ],
)
def test_what_is_wrong_with_a_look_is_said_beside_its_field(api: Api, changes: dict[str, Any], field: str) -> None:
    said = api.post("/campaigns", {**DRAFT, **changes}, 422)
    assert [one["field"] for one in said["errors"]] == [field]
