"""A real browser, and the product in it, which waits for no disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.product import PATIENCE_MS, Product, product, whole_product
from tests.no_disk import wait_for_no_disk

wait_for_no_disk()

_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip


def browser_path() -> str:
    """The Chromium of this machine. Skips where there is none, unless these tests must run."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("CI"):
        pytest.fail("install Chromium: apt-get install chromium")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    return path


def launched(playwright: Playwright) -> Browser:
    """A browser that keeps to itself."""
    return playwright.chromium.launch(executable_path=browser_path(), args=list(_QUIET))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; each opens contexts of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Product]:
    """The product, begun anew for each test."""
    with product(tmp_path) as there:
        yield there


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Product]:
    """The product as it is after `make run`: with the whole example."""
    with whole_product(tmp_path) as there:
        yield there
