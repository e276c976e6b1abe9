"""A reader in a browser: what one person does, step by step, on pages and in the test inbox."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.product import PATIENCE_MS, Product


def window(browser: Browser, **options: Any) -> BrowserContext:
    """A window of nobody yet, which waits as long as a busy machine may take."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context


class Reader:
    """One person with one browser window."""

    def __init__(self, page: Page, running: Product, address: str = "anna@example.org") -> None:
        self.page = page
        self.running = running
        self.address = address
        self.sandbox = f"{running.base_url}/sandbox"

    def open(self, path: str) -> None:
        """Go to a page of the sandbox."""
        self.page.goto(f"{self.sandbox}{path}")

    def fill_in(self) -> None:
        """Two topics, at most one mail a week."""
        self.page.goto(self.running.base_url)
        self.page.get_by_role("link", name="Be a reader").click()
        self.fill_in_here()

    def fill_in_here(self) -> None:
        """The same on the sign-up page that is open."""
        self.page.get_by_role("checkbox", name="The Letter").check()
        self.page.get_by_role("checkbox", name="Events").check()
        self.page.get_by_label("Of everything together, at most").fill("1")
        self.page.get_by_label("Your e-mail address").fill(self.address)

    def sign_up(self) -> None:
        """The same, and asked for."""
        self.fill_in()
        self.page.get_by_role("button", name="Sign up").click()

    def in_mail(self, subject: str, link: str) -> None:
        """Open the newest mail of that subject in the test inbox, and follow a link in it."""
        self.open("/inbox")
        self.page.get_by_role("link", name=subject).first.click()
        # Where it leads, in this window: a mail's button opens another one.
        leads_to = self.page.frame_locator("iframe").get_by_role("link", name=link).first.get_attribute("href")
        assert leads_to is not None
        self.page.goto(leads_to)

    def confirm(self) -> None:
        """Press the button in the mail, and the one on the page behind it."""
        self.in_mail("Please confirm", "Yes, write to me")
        self.page.get_by_role("button", name="Yes, write to me").click()

    def see_preferences(self) -> None:
        """Sign up, confirm, and open what was chosen."""
        self.sign_up()
        self.confirm()
        self.page.get_by_role("link", name="My preferences").click()

    def follow_mailed(self, subject: str) -> None:
        """Open the newest service mail of that subject, and press its button."""
        self.open("/inbox")
        self.page.get_by_role("link", name=subject).first.click()
        button = self.page.frame_locator("iframe").locator(".t-button a").first
        self.page.goto(button.get_attribute("href") or "")

    def move_clock(self, button: str | re.Pattern[str]) -> None:
        """Press a button of the clock bar and wait until it is there."""
        self.unfold_clock()
        self.page.get_by_role("button", name=button).click()
        self.come_back()

    def unfold_clock(self) -> None:
        """Show the buttons of the clock bar, which are folded away where there is little room."""
        fold = self.page.locator(".turn > summary")
        if fold.is_visible():
            fold.click()

    def come_back(self) -> None:
        """Wait until the clock is there, and go back; what is done at once has gone back by itself."""
        if "/clock" in self.page.url:
            self.page.get_by_role("link", name="Go back").click(timeout=120_000)

    def sentence(self) -> str:
        """The promise on the page."""
        return self.page.locator(".promise p").first.inner_text()
