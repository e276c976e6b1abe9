"""A publication's own colours and logo on its readers' pages."""

import re
from pathlib import Path

import pytest

from preferences.appearance import Appearance
from preferences.colours import contrast
from preferences.errors import Invalid
from preferences.pictures import LARGEST_OCTETS, picture_in
from preferences.store.appearance import choose_appearance
from preferences.store.events import SYSTEM
from tests.webapp.pictures import jpeg, png
from tests.webapp.visitor import Visitor, visitor


def choose(there: Visitor, logo: bytes | None = None, *, accent: str | None = None, ground: str | None = None) -> None:
    colours = Appearance(accent=accent, ground=ground)
    with there.there.database.write() as connection:
        choose_appearance(connection, there.there.publication, colours, logo, SYSTEM, there.clock.now())


def test_a_picture_is_known_by_its_octets_and_says_how_large_it_is() -> None:
    assert (picture_in(png()).type, picture_in(png()).width, picture_in(png()).height) == ("image/png", 120, 40)
    assert (picture_in(jpeg()).type, picture_in(jpeg()).width, picture_in(jpeg()).height) == ("image/jpeg", 120, 40)


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "no picture"),
        (b"<svg onload='alert(1)'/>", "SVG"),
        (b"\n<?xml version='1.0'?><svg/>", "SVG"),
        (b"GIF89a", "GIF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"<html><script>alert(1)</script>", "no picture"),
        (png()[:60], "broken"),
        (jpeg()[:24], "broken"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (png(8, 8), "16 to 4000"),
        (png(4001, 20), "16 to 4000"),
        (png() + b"\0" * LARGEST_OCTETS, "200,000"),
    ],
)
def test_what_is_no_logo_is_refused_with_what_to_do(octets: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        picture_in(octets)


def test_pages_of_a_publication_that_chose_nothing_ask_for_nothing_more(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.get("/p/newsletter/sign-up")
        assert "look.css" not in page
        assert "<img" not in page
        anna.get("/p/newsletter/logo", 404)
        assert anna.get("/p/newsletter/look.css") == ""


def test_a_publication_s_colours_follow_the_stylesheet_and_can_be_read(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        choose(anna, accent="#ffd400", ground="#fff8e1")
        page = anna.get("/p/newsletter/sign-up")
        found = re.search(r'href="(/p/newsletter/look\.css\?v=1)"', page)
        assert found is not None
        assert page.index("/static/style.css") < page.index("look.css")
        look = anna.get(found[1])
        light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", look.partition("@media")[0]))
        assert contrast(light["accent"], light["ground"]) >= 4.5
        assert light["ground"] == "#fff8e1"
        assert re.fullmatch(r"[@a-z(): {}#0-9;_-]+\n", look), "nothing but tokens"


def test_browsers_keep_a_look_by_its_version_and_ask_anew_after_a_change(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        choose(anna, png(), accent="#7a1f5c")
        for path in ("/p/newsletter/look.css?v=1", "/p/newsletter/logo?v=1"):
            answer = anna.client.get(path)
            assert "immutable" in answer.headers["Cache-Control"]
            again = anna.client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
            assert again.status_code == 304
        choose(anna, png(200, 50), accent="#7a1f5c")
        page = anna.get("/p/newsletter/sign-up")
        assert "look.css?v=2" in page
        assert 'width="192" height="48"' in page
        assert "immutable" not in anna.client.get("/p/newsletter/logo?v=1").headers["Cache-Control"]


def test_a_logo_is_a_picture_and_nothing_else_to_a_browser(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        choose(anna, png())
        answer = anna.client.get("/p/newsletter/logo")
        assert answer.data == png()
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_back_to_the_house_s_own_leaves_nothing_of_it(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        choose(anna, png(), accent="#7a1f5c")
        choose(anna)
        page = anna.get("/p/newsletter/sign-up")
        assert "look.css" not in page
        assert "<img" not in page
        anna.get("/p/newsletter/logo", 404)
