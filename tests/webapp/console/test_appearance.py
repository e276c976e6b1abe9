"""Settings → Appearance: seen before it is kept, said where a colour had to be moved, and easy to take back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from preferences.appearance import HOUSE, Appearance
from preferences.store.publications import publication
from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.pictures import png

PATH = "settings/appearance"
COLOURS = {"accent": "#ffd400", "ground": "#fff8e1"}


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def kept(at: Marketer) -> Appearance:
    with at.at.there.database.read() as connection:
        return publication(connection, at.at.there.publication).appearance


def file(octets: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(octets), "logo.svg"


def test_looking_keeps_nothing_and_loses_nothing_that_was_typed(at: Marketer) -> None:
    page = at.post(f"{PATH}/look", {**COLOURS, "logo": file(png())}, 200, form_on=PATH)
    assert kept(at) == HOUSE
    assert 'value="#ffd400"' in page
    assert "Nothing is kept yet" in page
    carried = re.search(r'name="logo_kept" value="([^"]+)"', page)
    assert carried is not None
    at.post(PATH, {**COLOURS, "logo_kept": carried[1]})
    there = kept(at)
    assert (there.accent, there.ground) == ("#ffd400", "#fff8e1")
    assert there.logo is not None
    assert at.client.get("/p/newsletter/logo").data == png()


def test_a_colour_that_cannot_be_read_is_said_to_be_moved_with_the_numbers(at: Marketer) -> None:
    page = at.post(f"{PATH}/look", COLOURS, 200, form_on=PATH)
    row = re.search(r"<tr><td>Accent</td><td>in the light</td>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    assert re.search(r"#ffd400</code> 1\.\d : 1", row[1])
    assert re.search(r"<code>#[0-9a-f]{6}</code> 4\.[5-9] : 1", row[1])


def test_frames_show_a_page_and_a_mail_in_the_colours_that_were_typed(at: Marketer) -> None:
    query = "accent=%237a1f5c&ground=%23f4f6fb"
    assert "--accent: #7a1f5c" in at.get(f"{PATH}/look.css?{query}&scheme=light")
    assert "color-scheme: dark" in at.get(f"{PATH}/look.css?{query}&scheme=dark")
    assert "#7a1f5c" in at.get(f"{PATH}/mail?{query}&scheme=light")
    assert "look.css?accent=%237a1f5c" in at.get(f"{PATH}/page?{query}&scheme=light")
    answer = at.client.get(f"/console/p/newsletter/{PATH}/mail?{query}")
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({**COLOURS, "accent": "green"}, "accent"),
        ({**COLOURS, "ground": "red;}"}, "ground"),
        ({**COLOURS, "logo": b"<svg onload='alert(1)'/>"}, "logo"),
        ({**COLOURS, "logo_kept": "no base64!"}, "logo"),
        ({**COLOURS, "logo_kept": "PHN2Zy8+"}, "logo"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_kept(
    at: Marketer, fields: dict[str, str | bytes], field: str
) -> None:
    sent = {name: file(value) if isinstance(value, bytes) else value for name, value in fields.items()}
    page = at.post(PATH, sent, 422)
    assert f'id="problem-{field}"' in page
    assert 'value="#fff8e1"' in page or field == "ground"
    assert kept(at) == HOUSE


def test_the_house_s_own_is_one_press_away(at: Marketer) -> None:
    at.post(PATH, {**COLOURS, "logo": file(png())})
    at.post(PATH, {**COLOURS, "do": "house"})
    assert not kept(at).has_colours
    assert kept(at).logo is None


def test_a_logo_stays_where_none_was_chosen_anew_and_goes_when_that_is_ticked(at: Marketer) -> None:
    at.post(PATH, {**COLOURS, "logo": file(png())})
    at.post(PATH, {**COLOURS, "accent": "#7a1f5c"})
    assert kept(at).logo is not None
    at.post(PATH, {**COLOURS, "no_logo": "yes"})
    assert kept(at).logo is None
