"""Pictures of each page, at phone and desktop width, light and dark, into docs/screenshots, with a page that shows them.

Run it with: python -m tests.browser.screenshots
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import launched
from tests.browser.product import PATIENCE_MS, product, whole_product
from tests.browser.rare_states import rare_states
from tests.browser.states import states

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SIZES = {"phone": (360, 640), "desktop": (1280, 800)}
SCHEMES = ("light", "dark")
# As far as a picture goes down a long page: what is below looks like what is above.
LONGEST = {"phone": 1200, "desktop": 1200}
QUALITY = 32
HEAD = """# How it looks

Every page and state of the example publication, on a phone (360 pixels wide) and on a desk (1280), light and dark. Long pages
are cut at 1200 pixels. Retaken with `.venv/bin/python -m tests.browser.screenshots`.

"""


def main(folder: Path) -> None:
    """Take them all anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jpeg"):
        old.unlink()
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        page = chromium.new_page(java_script_enabled=False)
        page.set_default_timeout(PATIENCE_MS)
        with TemporaryDirectory() as data, whole_product(Path(data)) as running:
            taken = _all(page, folder, states(page, running))
        # What few people ever see is made with few readers.
        with TemporaryDirectory() as data, product(Path(data)) as running:
            taken += _all(page, folder, rare_states(page, running))
        chromium.close()
    (folder / "README.md").write_text(HEAD + "\n".join(_section(state) for state in taken))


def _all(page: Page, folder: Path, lived: Iterable[str]) -> list[str]:
    """Pictures of each state that the page is brought to; answers their names."""
    taken = []
    for state in lived:
        _take(page, folder, state)
        taken.append(state)
    return taken


def _take(page: Page, folder: Path, state: str) -> None:
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_load_state("networkidle")
        for scheme in SCHEMES:
            coloured(page, scheme)
            whole = min(LONGEST[size], max(height, _height(page)))
            page.set_viewport_size({"width": width, "height": whole})
            page.screenshot(path=folder / f"{state}-{size}-{scheme}.jpeg", type="jpeg", quality=QUALITY)
            page.set_viewport_size({"width": width, "height": height})


def coloured(page: Page, scheme: str) -> None:
    """Show the page as somebody sees it who prefers light, or dark."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")


def _height(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def _section(state: str) -> str:
    files = [(f"{state}-{size}-{scheme}.jpeg", f"{size}, {scheme}") for size in SIZES for scheme in SCHEMES]
    pictures = " ".join(f"[![{words}]({file})]({file})" for file, words in files)
    return f"## {state.replace('-', ' ').capitalize()}\n\n{pictures}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
