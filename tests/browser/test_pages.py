"""Each page and state: nothing that axe-core finds wrong, nothing wider than the screen, no page that is heavy."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.product import Product
from tests.browser.states import states

pytestmark = pytest.mark.slow

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
# Octets of HTML, stylesheet and scripts together.
HEAVIEST = 40_000


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_for_everybody_in_light_and_in_dark(browser: Browser, running: Product, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 720}, bypass_csp=True)
    page = context.new_page()
    wrong = []
    for state in states(page, running):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            wrong += [f"{state}, {scheme}: {found}" for found in _violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wrong.append(f"{state}: wider than the screen")
    assert not wrong, "\n".join(wrong)
    context.close()


def _violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    # A mail's frame runs nothing, so it cannot be looked into from here; it is looked at as a page, as "read".
    found = page.evaluate("axe.run({exclude: [['iframe']]}, {iframes: false}).then(done => done.violations)")
    return [f"{one['id']} at {[node['target'] for node in one['nodes']]}" for one in found]


def test_every_page_weighs_less_than_forty_kilobytes_compressed(browser: Browser, running: Product) -> None:
    context = browser.new_context()
    page = context.new_page()
    for state in states(page, running):
        links = page.evaluate(
            "[...document.querySelectorAll('script[src], link[rel=stylesheet], link[rel=icon]')].map(e => e.src || e.href)"
        )
        parts = [page.content().encode(), *(context.request.get(link).body() for link in links)]
        weight = sum(len(gzip.compress(part)) for part in parts)
        assert weight < HEAVIEST, (state, weight)
    context.close()
