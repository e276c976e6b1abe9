"""My data in Chromium on a phone, without scripts: see it, take it along, move to another address, be forgotten."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.product import Product
from tests.browser.reader import Reader, window

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 360, "height": 640}


def test_a_reader_takes_everything_along_moves_and_is_forgotten(
    browser: Browser, running: Product, tmp_path: Path
) -> None:
    context = window(browser, viewport=PHONE, java_script_enabled=False)
    anna = Reader(context.new_page(), running)
    page = anna.page
    anna.sign_up()
    anna.confirm()
    page.get_by_role("link", name="My preferences").click()
    page.get_by_role("link", name="My data").click()
    expect(page.get_by_text("anna@example.org")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything, as tables").click()
    download.value.save_as(tmp_path / "anna.zip")
    assert "consents.csv" in zipfile.ZipFile(tmp_path / "anna.zip").namelist()
    my_data = page.url

    page.get_by_role("link", name="Change the address").click()
    page.get_by_label("The new address").fill("anna.new@visitor.example")
    page.get_by_role("button", name="Ask both mailboxes").click()
    expect(page.get_by_text("Agreed at the new address: not yet.")).to_be_visible()
    anna.in_mail("go to another address?", "Agree, or say that it was not me")
    page.get_by_role("button", name="Yes, send it there").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    # The other mailbox is somebody else's to the test inbox, until it has answered.
    page.goto(f"{anna.sandbox}/inbox?to=anna.new%40visitor.example")
    page.get_by_role("link", name="write to this address?").first.click()
    leads_to = page.frame_locator("iframe").get_by_role("link", name="Open the page").get_attribute("href")
    page.goto(leads_to or "")
    page.get_by_role("button", name="Yes, send it here").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()

    page.goto(my_data)
    expect(page.get_by_text("anna.new@visitor.example")).to_be_visible()
    page.get_by_role("link", name="Erase everything about me").click()
    page.get_by_role("button", name="Erase everything about me").click()
    expect(page.get_by_role("heading", name="Everything is erased")).to_be_visible()
    page.goto(my_data)
    expect(page.get_by_text("There is nobody here any more")).to_be_visible()
    anna.open("/inbox")
    expect(page.get_by_text("0 of")).to_be_visible()
    context.close()
