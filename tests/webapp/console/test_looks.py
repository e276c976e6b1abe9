"""Choosing a look in the console: nothing that was typed is lost, and what is wrong stands beside its field."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.console.test_campaigns import DRAFT

CARD = {
    "look": "event",
    "event.date": "Saturday 14 March",
    "event.place": "Mill Hall",
    "event.button": "Come",
    "event.url": "https://e.example/1",
}


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def test_an_event_is_written_shown_and_changed_back_to_a_letter(at: Marketer) -> None:
    path = at.post("campaigns/new", {**DRAFT, **CARD}).removesuffix("/preview")
    frame = at.get(f"{path}/preview/html")
    assert frame.index("Saturday 14 March") < frame.index("Mill Hall") < frame.index("The news of November.")
    form = at.get(f"{path}/edit")
    assert 'name="event.place" type="text" value="Mill Hall"' in form
    at.post(f"{path}/edit", {**DRAFT, **CARD, "look": "letter", "revision": "1"})
    assert "Mill Hall" not in at.get(f"{path}/preview/html")
    assert 'value="Mill Hall"' in at.get(f"{path}/edit")


def test_an_event_without_its_date_is_told_so_and_loses_nothing(at: Marketer) -> None:
    page = at.post("campaigns/new", {**DRAFT, **CARD, "event.date": ""}, 422)
    assert 'id="problem-event.date"' in page
    assert 'value="Mill Hall"' in page
    assert "The news of November." in page


def test_an_event_of_which_nothing_is_typed_is_told_to_say_when(at: Marketer) -> None:
    assert "say when it is" in at.post("campaigns/new", {**DRAFT, "look": "event"}, 422)
