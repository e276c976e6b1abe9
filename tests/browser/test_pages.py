"""Each page and state: nothing that axe-core finds wrong, nothing wider than the screen, no page that is heavy."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser.product import Product
from tests.browser.rare_states import rare_states
from tests.browser.reader import window
from tests.browser.states import after_sends, before_a_send
from tests.languages.pseudo import MIRRORED, spoken

pytestmark = pytest.mark.slow

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
# Octets of HTML, stylesheet and scripts together.
HEAVIEST = 30_000
WIDTHS = (320, 1280)
TRIES = 10
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
# What is light is looked at for everything; what is dark is the same page in other colours, so for its colours.
OF_COLOURS = ("color-contrast", "link-in-text-block")
RULES: dict[str, dict[str, object]] = {"light": {}, "dark": {"runOnly": {"type": "rule", "values": OF_COLOURS}}}
# A mail's frame runs nothing, so it cannot be looked into from here; it is looked at as a page, as "read".
LOOK = """rules => axe.run({exclude: [['iframe']]}, {iframes: false, resultTypes: ['violations'], ...rules})
    .then(done => done.violations.map(one => one.id + ' at ' + JSON.stringify(one.nodes.map(node => node.target))))"""
LINKS = "[...document.querySelectorAll('script[src], link[rel=stylesheet], link[rel=icon]')].map(e => e.src || e.href)"


# In two parts, so that two processes can look at the same time.
@pytest.mark.parametrize("lived", [before_a_send, after_sends], ids=["before a send", "after sends"])
def test_every_page_is_for_everybody_narrow_and_wide_light_and_dark_and_light_to_carry(
    browser: Browser, example: Product, lived: Callable[[Page, Product], Iterator[str]]
) -> None:
    assert (wrong := _wrong_with(browser, lambda page: lived(page, example))) == [], "\n".join(wrong)


def test_what_few_people_ever_see_is_for_everybody_in_every_language(
    browser: Browser, running: Product, tmp_path: Path
) -> None:
    with spoken(tmp_path / "languages", MIRRORED):
        wrong = _wrong_with(browser, lambda page: rare_states(page, running, "de", MIRRORED))
    assert wrong == [], "\n".join(wrong)


def _wrong_with(browser: Browser, lived: Callable[[Page], Iterable[str]]) -> list[str]:
    """What is wrong with which page; in a browser that lets axe-core look at it."""
    context = window(browser, viewport={"width": WIDTHS[0], "height": 720}, bypass_csp=True)
    page = context.new_page()
    wrong = []
    weights: dict[str, int] = {}
    for state in lived(page):
        weight = _weight(page, weights)
        if weight >= HEAVIEST:
            wrong.append(f"{state}: {weight} octets")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 720})
            wrong += [f"{state}, {width}: {found}" for found in _patiently(page)]
    context.close()
    return wrong


def _patiently(page: Page) -> list[str]:
    """A page that follows something is loaded anew every now and then, also while one looks at it: then look again."""
    for _ in range(TRIES):
        try:
            return list(_looked_at(page))
        except Error as error:
            if "navigation" not in str(error):
                raise
            page.wait_for_load_state()
    raise AssertionError(f"{page.url} is never there for long enough to be looked at")


def _looked_at(page: Page) -> Iterator[str]:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        yield from (f"{scheme}: {found}" for found in page.evaluate(LOOK, RULES[scheme]))
    if page.evaluate(WIDER):
        yield "wider than the screen"
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    if page.evaluate(WIDER):
        yield "wider than the screen where text is twice as large"
    page.evaluate("document.documentElement.style.fontSize = ''")


def _weight(page: Page, known: dict[str, int]) -> int:
    """Octets of the page, its stylesheet and its scripts, each compressed by itself; the `known` ones by address."""
    links = page.evaluate(LINKS)
    known |= {link: _compressed(page.request.get(link).body()) for link in links if link not in known}
    return _compressed(page.content().encode()) + sum(known[link] for link in links)


def _compressed(content: bytes) -> int:
    return len(gzip.compress(content, 9))
