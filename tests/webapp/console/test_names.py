"""Names in a text: what is there, what is refused because it is not, and what readers without one would read."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preferences.store.subscribers import change_person
from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.console.test_campaigns import DRAFT, draft, town_of
from tests.webapp.visitor import dump


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def page_of(at: Marketer, path: str) -> str:
    return html.unescape(at.get(path))


def give(at: Marketer, reader: int, **changes: Any) -> None:

    with at.at.there.database.write() as connection:
        change_person(connection, reader, changes)


def test_a_name_that_stands_for_nothing_is_refused_with_what_there_is(at: Marketer) -> None:
    reader = town_of(at).reader("anna", {"letter": "each"})
    give(at, reader, fields={"city": "Bonn"})
    before = dump(at.at.there)
    page = html.unescape(at.post("campaigns/new", {**DRAFT, "source": "Dear\n{{ first_name }}"}, 422))
    assert "line 2: there is no name first_name; there are name, promise," in page
    assert "of readers fields.city" in page
    assert dump(at.at.there) == before


@pytest.mark.parametrize(
    "source", ["{{ first_name|default('you') }}", "{{ fields.first_name }}", "{{ city }}", "{{ promise }}{{ web_url }}"]
)
def test_a_name_that_is_there_or_may_be_is_taken(at: Marketer, source: str) -> None:
    give(at, town_of(at).reader("anna", {"letter": "each"}), fields={"city": "Bonn"})
    draft(at, source=source)


def test_a_field_that_nobody_has_is_refused_when_it_is_to_go_out(at: Marketer) -> None:
    reader = town_of(at).reader("anna", {"letter": "each"})
    path = draft(at, source="In {{ fields.city }}")
    page = html.unescape(at.post(f"{path}/schedule", {"how": "now"}, 422))
    assert "line 1: no reader has a field city" in page
    give(at, reader, fields={"city": "Bonn"})
    at.post(f"{path}/schedule", {"how": "now"})


def test_preview_and_forecast_say_how_many_have_no_name_and_what_they_read(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    nameless = [town.reader(name, {"letter": "each"}) for name in ("bert", "cleo")]
    for reader in nameless:
        give(at, reader, name="")
    path = draft(at, subject="News", source="Hello {{ name }},")
    for page in (page_of(at, f"{path}/preview"), page_of(at, f"{path}/schedule?how=now")):
        assert "2 readers of 3 have no name and read “Hello ,”" in page
        chosen = page.partition('">Read it as one of them')[0].rpartition('href="')[2].partition("newsletter/")[2]
        assert "Hello ,\n" in page_of(at, f"{chosen}&view=text")


@pytest.mark.parametrize(
    "source", ["Hello {{ name or 'friend' }}", "{% if name %}Hello {{ name }}{% endif %}", "Hello"]
)
def test_nothing_is_said_where_the_text_covers_who_has_no_name(at: Marketer, source: str) -> None:
    give(at, town_of(at).reader("anna", {"letter": "each"}), name="")
    path = draft(at, subject="News", source=source)
    assert "have no name" not in page_of(at, f"{path}/preview").replace("has", "have")


def test_the_forecast_says_for_how_many_the_mail_cannot_be_made(at: Marketer) -> None:
    town = town_of(at)
    give(at, town.reader("anna", {"letter": "each"}), fields={"city": "Bonn"})
    town.reader("bert", {"letter": "each"})
    page = page_of(at, f"{draft(at, source='In {{ fields.city }}')}/schedule?how=now")
    assert "1 reader of 2 has no field city, so the mail cannot be made for this one" in page


def test_the_form_says_what_can_stand_there(at: Marketer) -> None:
    give(at, town_of(at).reader("anna", {"letter": "each"}), fields={"city": "Bonn"})
    assert "{{ fields.city }}" in page_of(at, "campaigns/new")
