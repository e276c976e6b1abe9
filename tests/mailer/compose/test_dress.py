"""Our own mails in the colours of their publication, with its logo."""

import re
from typing import Any

import pytest

from mailer.compose import ServiceKind, compile_digest, compile_service
from mailer.compose.digest import DigestContent
from preferences.appearance import HOUSE_PALETTES, TOKENS, Appearance, Logo, palettes_of
from preferences.look import EventCard, Look
from tests.mailer.compose.cast import EVENT, GARDEN, campaign, envelope, part_of, reader, text
from tests.mailer.compose.test_below import EVERYTHING
from tests.mailer.compose.test_digest_and_service import ITEMS, SERVICE_VALUES

OWN = Appearance(accent="#7a1f5c", ground="#f4f6fb", logo=Logo(width=480, height=96), version=3)
DRESSED: dict[str, Any] = {"appearance": OWN, "logo_url": "https://garden.example/p/garden/logo?v=3"}
CARD = EventCard(date="Friday", button="Come", url="https://garden.example/come")


def mails() -> dict[str, bytes]:
    """One of each kind that we set ourselves."""
    whom = reader(**EVERYTHING, along=(EVENT,))
    written = {"mjml": None, "markdown": "# Hello\n\n> and [more](https://garden.example/more)", "question": "And?"}
    return {
        "letter": campaign(**written, **DRESSED).render(whom).data,
        "event": campaign(**written, **DRESSED, look=Look.EVENT, event=CARD).render(whom).data,
        "digest": compile_digest(DigestContent(**GARDEN, **DRESSED, title="The week")).render(whom, ITEMS[:2]).data,
        "service": compile_service(ServiceKind.GOODBYE, envelope(**DRESSED)).render(reader(), SERVICE_VALUES).data,
    }


@pytest.mark.parametrize("kind", ["letter", "event", "digest", "service"])
def test_nothing_in_a_mail_of_ours_keeps_the_colours_of_the_house(kind: str) -> None:
    html = part_of(mails()[kind], "html")
    own = palettes_of(OWN)
    kept = {getattr(one, name) for one in (own.light, own.dark) for name in TOKENS}
    house = {getattr(one, name) for one in (HOUSE_PALETTES.light, HOUSE_PALETTES.dark) for name in TOKENS} - kept
    assert house & set(re.findall("#[0-9a-f]{6}", html)) == set()
    assert own.light.ground in html
    assert own.dark.ground in html


@pytest.mark.parametrize("kind", ["letter", "event", "digest", "service"])
def test_the_logo_stands_at_the_top_with_the_name_for_who_sees_no_pictures(kind: str) -> None:
    html, plain = (part_of(mails()[kind], part) for part in ("html", "plain"))
    found = re.findall(r"<img[^>]*>", html)
    assert len(found) == 1
    assert 'src="https://garden.example/p/garden/logo?v=3"' in found[0]
    assert 'alt="The Garden"' in found[0]
    assert 'width="240" height="48"' in found[0].replace("\n", " ")
    assert "logo?v=3" not in plain


def test_what_an_author_wrote_keeps_its_colours() -> None:
    mjml = text('<span style="color:#14614b">mine</span>')
    html = part_of(campaign(mjml=mjml, **DRESSED).render(reader()).data, "html")
    assert "#14614b" in html
    assert "<img" not in html
    assert palettes_of(OWN).light.accent in html, "the footer is ours"
