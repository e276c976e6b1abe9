"""Subscribers in the console: finding them, their story, and changes by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from preferences.store.expectations import terms_of
from preferences.store.subscribers import subscriber
from tests.webapp.console.marketer import HERE, Marketer, csrf_of, marketer
from tests.webapp.console.test_campaigns import draft, schedule, town_of
from tests.webapp.visitor import dump, hidden


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def anna(at: Marketer) -> tuple[int, str]:
    """Anna, who expects the letter and events: her number, and the path of her page."""
    number = town_of(at).reader("anna", {"letter": "each", "events": "each"})
    page = at.get("subscribers")
    return number, f"subscribers/{page.partition('/subscribers/')[2].partition(chr(34))[0]}"


def found(at: Marketer, words: str) -> str:
    return at.post("subscribers", {"words": words}, 200)


def test_somebody_is_found_by_a_part_of_their_address_or_name(at: Marketer) -> None:
    anna(at)
    for words in ("ann", "ANNA@ex", "Anna", "a@e"):
        assert "anna@example.org" in found(at, words), words
    for words in ("bert", "%", "a_n", "\\"):
        assert "anna@example.org" not in found(at, words).partition("<table")[2], words


def test_searching_changes_nothing_and_an_empty_list_says_what_to_do(at: Marketer) -> None:
    assert "sign-up page" in at.get("subscribers")
    before = dump(at.at.there)
    assert "Nobody has this" in found(at, "anna")
    assert dump(at.at.there) == before


def test_the_story_of_somebody_stands_on_one_page(at: Marketer) -> None:
    _, path = anna(at)
    schedule(at, draft(at))
    town_of(at).hand_over()
    page = at.get(path)
    assert "anna@example.org" in page
    assert "November" in page
    assert "Sent: they asked for Letter" in page
    assert "What was promised" in page


def test_a_change_by_hand_has_a_reason_that_stays_with_it(at: Marketer) -> None:
    number, path = anna(at)
    page = at.get(path)
    fields = {
        "version": hidden(page, "version"),
        "topic": "letter",
        "arrives-letter": "monthly",
        "digest-hour": "09:00",
        "digest-weekday": "tue",
        "digest-day": "1",
        "reason": "Asked on the phone",
    }
    assert at.post(f"{path}/expectation", fields, form_on=path) == path
    page = at.get(path)
    assert "Asked on the phone" in page
    with at.at.there.database.read() as connection:
        terms = terms_of(connection, at.at.there.publication, [number])[number]
    assert [choice.arrives.value for choice in terms.expectation.topics] == ["monthly"]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"reason": ""}, 422, "say why"),
        ({"reason": "anna@example.org asked"}, 422, "leave addresses out"),
        ({"topic": ""}, 422, "choose at least one"),
        ({"count-letter": "often"}, 422, "whole number"),
        ({"version": "999"}, 409, "changed since"),
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(
    at: Marketer, fields: dict[str, str], status: int, said: str
) -> None:
    _, path = anna(at)
    page = at.get(path)
    before = dump(at.at.there)
    whole = {"version": hidden(page, "version"), "topic": "letter", "reason": "Kept <b>", **fields}
    page = at.post(f"{path}/expectation", whole, status, form_on=path)
    assert said in page
    assert dump(at.at.there) == before


def test_somebody_is_unsubscribed_by_hand_with_a_reason(at: Marketer) -> None:
    number, path = anna(at)
    assert "say why" in at.post(f"{path}/unsubscribe", {"scope": "all"}, 422, form_on=path)
    assert "choose a topic" in at.post(f"{path}/unsubscribe", {"scope": "x", "reason": "Why"}, 422, form_on=path)
    at.post(f"{path}/unsubscribe", {"scope": "events", "reason": "Why not"}, form_on=path)
    at.post(f"{path}/unsubscribe", {"scope": "all", "reason": "She called"}, form_on=path)
    page = at.get(path)
    assert "She called" in page
    assert "Nothing is promised to them" in page
    with at.at.there.database.read() as connection:
        assert subscriber(connection, at.at.there.publication, number).unsubscribed_at is not None


def test_nobody_is_brought_back_by_hand(at: Marketer) -> None:
    _, path = anna(at)
    page = at.get(path)
    fields = {"version": hidden(page, "version"), "topic": "letter", "reason": "Again", "csrf_token": csrf_of(page)}
    at.post(f"{path}/unsubscribe", {"scope": "all", "reason": "She called"}, form_on=path)
    answer = at.client.post(f"{HERE}/{path}/expectation", data=fields)
    assert answer.status_code == 409
    assert "only a sign-up" in answer.get_data(as_text=True)


def test_who_left_stands_beside_who_got_it(at: Marketer) -> None:
    number, path = anna(at)
    sent = draft(at)
    schedule(at, sent)
    town_of(at).hand_over()
    at.at.later(hours=1)
    at.post(f"{path}/unsubscribe", {"scope": "all", "reason": "She called"}, form_on=path)
    page = at.get(sent)
    assert "1 reader</a> unsubscribed, of 1 reader who got it: 100.00 %" in page
    assert "100.00 %" in page
    assert "She called" in at.get(f"{sent}/left?cause=operator")
    assert number


def test_a_hostile_name_is_text(at: Marketer) -> None:
    _, path = anna(at)
    at.post(f"{path}/name", {"name": "<script>alert(1)</script>"}, form_on=path)
    for page in ("subscribers", path):
        assert "<script>alert" not in at.get(page)
    assert "control characters" in at.post(f"{path}/name", {"name": "a\tb"}, 422, form_on=path)


def test_people_of_another_publication_are_not_there(at: Marketer) -> None:
    at.get("subscribers/sub_0000000000000000", 404)
