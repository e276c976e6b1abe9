"""Pictures of each page, at phone and desktop width, light and dark, into docs/screenshots.

Run it with: python -m tests.browser.screenshots
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.browser.conftest import launched
from tests.browser.product import product
from tests.browser.states import states

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SIZES = {"phone": (360, 640), "desktop": (1280, 800)}


def main(folder: Path) -> None:
    """Take them all anew."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, product(Path(data)) as running, sync_playwright() as playwright:
        chromium = launched(playwright)
        page = chromium.new_page()
        for state in states(page, running):
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme="light")
                page.screenshot(path=folder / f"{state}-{size}-light.jpeg", type="jpeg", quality=40)
                page.emulate_media(color_scheme="dark")
                page.screenshot(path=folder / f"{state}-{size}-dark.jpeg", type="jpeg", quality=40)
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
