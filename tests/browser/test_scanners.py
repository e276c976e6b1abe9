"""Whatever fetches the addresses of mails and pages changes nothing: only a person's button does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser.product import Product, this_week
from tests.browser.reader import Reader, window
from tests.browser.scanning import METHODS, Scanner, captured_addresses, everything_but_observations

pytestmark = pytest.mark.slow


def lived(page: Page, running: Product) -> None:
    """One reader signs up, reads, asks for less and for more, and leaves a topic: each leaves mails with links."""
    anna = Reader(page, running)
    anna.sign_up()
    anna.confirm()
    this_week(running)
    anna.open("/inbox")
    anna.move_clock("+1 hour")
    anna.in_mail("A concert in the stairwell", "Manage preferences")
    page.get_by_role("button", name="Pause for a month").click()
    anna.open("/fresh")
    page.get_by_label("Your e-mail address").fill("anna@example.org")
    page.get_by_role("button", name="Send me the link").click()
    anna.in_mail("A concert in the stairwell", "Unsubscribe")
    page.get_by_role("button", name="Stop Events only").click()
    anna.open("/inbox")


def test_nothing_that_is_only_fetched_changes_anything(browser: Browser, running: Product) -> None:
    context = window(browser)
    lived(context.new_page(), running)
    context.close()
    database = running.sandbox.database
    before = everything_but_observations(database)
    scanner = Scanner(running.base_url)
    scanner.scan({running.base_url + "/", *captured_addresses(database)})

    assert everything_but_observations(database) == before
    kinds = {address.removeprefix(running.base_url).removeprefix("/sandbox").split("/")[1] for address in scanner.seen}
    # It has been where it matters; a scanner that finds nothing changes nothing either.
    assert {"u", "u1", "me", "h", "r", "confirm", "p", "a", "console", "inbox", "fresh"} <= kinds
    failed = {asked: code for asked, code in scanner.answers.items() if code >= 500}
    assert failed == {}
    assert {method for method, _ in scanner.answers} == set(METHODS)

    context = window(browser)
    page = context.new_page()
    for address in scanner.one_of_each_kind():
        try:
            page.goto(address)
            page.wait_for_timeout(100)
        except Error as error:  # a download is no page
            if "Download is starting" not in str(error) and "ERR_ABORTED" not in str(error):
                raise
    context.close()
    assert everything_but_observations(database) == before
