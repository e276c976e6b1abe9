"""Every page and state that a person can come to, one after the other, for whoever wants to look at each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import Page

from tests.browser.product import MONDAY, Product, this_week
from tests.browser.reader import Reader


def states(page: Page, running: Product) -> Iterator[str]:
    """Bring the page to one state after the other; the name of each, when it is there."""
    anna = Reader(page, running)
    page.goto(running.base_url)
    yield "front-door"
    page.goto(f"{running.base_url}/set-up")
    yield "set-up"
    page.get_by_role("button", name="Set it up").click()
    yield "set-up-problems"
    page.goto(f"{running.base_url}/nowhere")
    yield "leads-nowhere"
    yield from _signing_up(anna)
    yield from _subscribed(anna)
    yield from _leaving(anna)


def _signing_up(anna: Reader) -> Iterator[str]:
    anna.open("/inbox")
    yield "inbox-empty"
    anna.fill_in()
    anna.page.get_by_role("button", name="Show me what I would get").click()
    yield "sign-up"
    anna.page.get_by_label("Of everything together, at most").fill("many")
    anna.page.get_by_role("button", name="Sign up").click()
    yield "sign-up-problems"
    anna.sign_up()
    yield "check-your-mail"
    anna.in_mail("Please confirm", "Yes, write to me")
    yield "confirm"
    anna.page.get_by_role("button", name="Yes, write to me").click()
    yield "confirmed"


def _subscribed(anna: Reader) -> Iterator[str]:
    this_week(anna.running)
    assert anna.running.sandbox.site.advance is not None
    anna.running.sandbox.site.advance(MONDAY + timedelta(days=2))
    anna.open("/inbox")
    yield "inbox"
    anna.page.get_by_role("link", name="A concert in the stairwell").first.click()
    yield "inbox-mail"
    anna.in_mail("A concert in the stairwell", "Manage preferences")
    yield "preferences"
    anna.page.get_by_text("More choices").click()
    yield "preferences-more"
    anna.page.get_by_role("link", name="What came, what waits, and why").click()
    yield "history"
    anna.page.get_by_role("link", name="Read it now").first.click()
    yield "read"


def _leaving(anna: Reader) -> Iterator[str]:
    anna.in_mail("A concert in the stairwell", "Unsubscribe")
    yield "unsubscribe"
    anna.page.get_by_role("button", name="Stop everything").click()
    yield "unsubscribed"
    anna.page.get_by_role("button", name="The topic is not for me").click()
    yield "unsubscribed-cause"
    anna.open("/fresh")
    yield "fresh-link"
