"""The two pictures at the top of the README, taken from the running product, light and dark, into docs/pictures.

Run it with: python -m tests.browser.pictures
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import launched
from tests.browser.console_states import forecast_of, send_now, until_it_is_out
from tests.browser.product import whole_product
from tests.browser.reader import Reader
from tests.browser.screenshots import SCHEMES, coloured
from tests.browser.states import EXTRA_SEATS, MENDING, ask_for_two_topics

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def main(folder: Path) -> None:
    """Take both anew."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, whole_product(Path(data)) as running, sync_playwright() as playwright:
        chromium = launched(playwright)
        nora = Reader(chromium.new_page(reduced_motion="reduce", viewport={"width": 390, "height": 840}), running)
        _promise(nora, folder)
        nora.page.set_viewport_size({"width": 760, "height": 840})
        _forecast(nora, folder)
        chromium.close()


def _promise(nora: Reader, folder: Path) -> None:
    """The sentence follows what was chosen."""
    ask_for_two_topics(nora)
    nora.page.get_by_text("At most one mail a week").first.wait_for()
    nora.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    _take(nora.page, folder, "promise")
    nora.page.get_by_role("button", name="Sign up").click()
    nora.confirm()


def _forecast(nora: Reader, folder: Path) -> None:
    """The second draft, where the first has filled what many readers asked for."""
    send_now(nora, EXTRA_SEATS)
    until_it_is_out(nora.page)
    forecast_of(nora, MENDING)
    nora.page.locator("#forecast").evaluate("there => scrollTo(0, there.offsetTop - 24)")
    _take(nora.page, folder, "forecast")


def _take(page: Page, folder: Path, name: str) -> None:
    for scheme in SCHEMES:
        coloured(page, scheme)
        page.screenshot(path=folder / f"{name}-{scheme}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
