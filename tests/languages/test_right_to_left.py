"""Languages that are written from right to left: pages and mails turn round, and what readers and senders wrote does not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.compose import VALUES, DigestContent, ServiceKind, compile_digest, compile_service
from preferences.links import Purpose
from preferences.wording import why_line
from preferences.wording.dates import clock_in_words
from tests.languages.pseudo import MIRRORED, spoken
from tests.mailer.compose.cast import EVENT, GARDEN, campaign, envelope, reader
from tests.store.newsletter import NOON, asked, signed_up
from tests.webapp.visitor import visitor
from webapp.templating import FOLDER

STYLES = FOLDER.parent / "webapp" / "static" / "style.css"
# Sides that do not turn with the language; a query of the width, and pictures, have no sides.
PHYSICAL = re.compile(
    r"(?:^|[;{\s])((?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|left|right"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:|(?:text-align|float|clear)\s*:\s*(left|right)"
)


@pytest.fixture
def arabic(tmp_path: Path) -> Iterator[None]:
    with spoken(tmp_path / "languages", MIRRORED):
        yield


def test_the_stylesheet_knows_no_left_and_no_right() -> None:
    styles = re.sub(r"/\*.*?\*/", "", STYLES.read_text(), flags=re.DOTALL)
    assert [found.group().strip() for found in PHYSICAL.finditer(styles)] == []
    # Four values in a row are sides, too, where the second and the fourth differ.
    shorthands = [found.split() for found in re.findall(r"(?:margin|padding|inset|border-width):\s*([^;}]+)", styles)]
    assert [sides for sides in shorthands if len(sides) == 4 and sides[1] != sides[3]] == []


@pytest.mark.usefixtures("arabic")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_turn_round(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"), language=MIRRORED)
        page = anna.get(f"/me/{anna.token(Purpose.FRESH, person)}")
    assert f'<html lang="{MIRRORED}" dir="rtl">' in page
    assert "\u2068Letter\u2069" in page


@pytest.mark.usefixtures("arabic")
def test_what_is_filled_in_keeps_its_own_direction_and_a_time_stays_whole() -> None:
    assert "\u2068Letter\u2069" in why_line("Letter", language=MIRRORED)
    assert "09:00" in clock_in_words(NOON.replace(hour=9).time(), MIRRORED)
    assert "\u2068" not in why_line("Letter", language="de")


@pytest.mark.usefixtures("arabic")
@pytest.mark.parametrize("kind", ServiceKind)
def test_service_mails_turn_round(kind: ServiceKind) -> None:
    values = dict.fromkeys(VALUES[kind], "x")
    html = compile_service(kind, envelope(language=MIRRORED)).preview(reader(language=MIRRORED), values).html
    assert f'lang="{MIRRORED}" dir="rtl"' in html
    assert "direction:ltr" not in html
    # A column says left, and that it is turned; the texts in it say right.
    assert not re.search(r"text-align:\s?left(?!;direction:rtl)|align=\"left\"|border-left|padding-left", html)


@pytest.mark.usefixtures("arabic")
def test_around_what_a_sender_wrote_only_the_frame_turns_round() -> None:
    read = campaign(language="en").preview(reader(language=MIRRORED, along=(EVENT,)))
    assert 'lang="en"' in read.html
    assert read.html.count(f'lang="{MIRRORED}" dir="rtl"') >= 2
    digest = compile_digest(DigestContent(**GARDEN, title="The week", rhythm="weekly"))
    html = digest.preview(reader(language=MIRRORED), (EVENT,)).html
    assert f'<h1 lang="{MIRRORED}" dir="rtl"' in html
