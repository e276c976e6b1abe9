"""The five minutes in which somebody decides whether this is real, in Chromium, as they would do them.

Be a reader, be the marketer, send twice, move the clock to Tuesday, look why, leave, see it counted, put it all back.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.product import Product
from tests.browser.reader import Reader, window

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 360, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
EXTRA_SEATS = "Extra seats: the lighthouse keeper's daughter"
MENDING = "Mending circle on Sundays"
LETTER = "The heron flies"
ONCE_THERE = 120_000


@pytest.mark.parametrize(
    ("scripts", "size"), [(True, DESKTOP), (False, PHONE)], ids=["scripts, desktop", "no scripts, phone"]
)
def test_the_five_minutes(browser: Browser, example: Product, scripts: bool, size: ViewportSize) -> None:
    context = window(browser, viewport=size, java_script_enabled=scripts)
    nora = Reader(context.new_page(), example)
    _become_a_reader(nora, scripts=scripts)
    _send_the_first_draft(nora)
    _send_the_second_draft(nora)
    _move_to_tuesday(nora)
    _leave(nora)
    _see_it_counted(nora.page, example)
    _put_it_back(nora)
    context.close()


def _become_a_reader(nora: Reader, *, scripts: bool) -> None:
    page = nora.page
    page.goto(nora.running.base_url)
    page.get_by_role("link", name="Be a reader").click()
    page.get_by_role("checkbox", name="The Tuesday Letter").check()
    page.get_by_role("checkbox", name="Events").check()
    page.get_by_label("Of everything together, at most").fill("1")
    page.get_by_label("Your e-mail address").fill("hello@visitor.example")
    if not scripts:
        page.get_by_role("button", name="Show me what I would get").click()
    expect(page.locator(".promise")).to_contain_text("At most one mail a week")
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator(".clock .badge")).to_have_text("1")
    nora.confirm()
    expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    page.get_by_role("link", name="Lanterns, and who carries them").click()
    expect(page.get_by_text("Maeve")).to_be_visible()


def _send_the_first_draft(nora: Reader) -> None:
    page = nora.page
    _forecast_of(nora, EXTRA_SEATS)
    expect(page.locator("#forecast")).to_contain_text("get it now")
    page.get_by_role("button", name="Send it now").click()
    _until_it_is_out(page)
    nora.open("/inbox")
    page.get_by_role("link", name=EXTRA_SEATS).click()
    expect(page.frame_locator("iframe").get_by_text("1 of at most 1 this week")).to_be_visible()


def _send_the_second_draft(nora: Reader) -> None:
    page = nora.page
    _forecast_of(nora, MENDING)
    expect(page.locator("#forecast")).to_contain_text(re.compile(r"\d+ later, with Tuesday’s “Letter 9"))
    expect(page.get_by_text("They asked for mail at most once a week, and have had that")).to_be_visible()
    page.get_by_role("button", name="Send it now").click()
    _until_it_is_out(page)


def _move_to_tuesday(nora: Reader) -> None:
    page = nora.page
    nora.open("/inbox")
    expect(page.get_by_role("link", name=MENDING)).to_have_count(0)
    nora.move_clock(re.compile("Tue"))
    nora.open("/inbox")
    page.get_by_role("link", name=LETTER).click()
    expect(page.frame_locator("iframe").get_by_text(MENDING)).to_be_visible()
    nora.in_mail(LETTER, "Manage preferences")
    page.get_by_role("link", name="What came, what waits, and why").click()
    expect(page.get_by_text(MENDING, exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text("Came along in “The heron flies”")


def _leave(nora: Reader) -> None:
    page = nora.page
    nora.in_mail(EXTRA_SEATS, "Unsubscribe")
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.get_by_role("button", name="The topic is not for me").click()
    expect(page.get_by_text("Thank you")).to_be_visible()


def _see_it_counted(page: Page, example: Product) -> None:
    _campaign(page, example, EXTRA_SEATS)
    left = page.locator("section", has=page.get_by_role("heading", name="Who left over it"))
    expect(left).to_contain_text("unsubscribed")
    left.get_by_role("link", name="Not relevant").click()
    expect(page.get_by_text("hello@visitor.example")).to_be_visible()


def _put_it_back(nora: Reader) -> None:
    page = nora.page
    nora.open("/inbox?to=")
    nora.unfold_clock()
    page.get_by_role("link", name="Reset").click()
    page.get_by_role("button", name="Put everything back").click()
    nora.come_back()
    nora.open("/console/p/sandbox/campaigns")
    row = page.get_by_role("row", name=re.compile(re.escape(EXTRA_SEATS)))
    expect(row).to_contain_text(re.compile("draft", re.IGNORECASE))


def _campaign(page: Page, example: Product, name: str) -> None:
    page.goto(example.base_url)
    page.get_by_role("link", name="Be the marketer").click()
    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("link", name=name).click()


def _forecast_of(nora: Reader, name: str) -> None:
    _campaign(nora.page, nora.running, name)
    nora.page.get_by_role("link", name="Forecast and schedule").click()


def _until_it_is_out(page: Page) -> None:
    """The outcome follows by itself, without scripts too: the page asks to be read again."""
    expect(page.locator(".lead .tag")).to_have_text(re.compile("still wait|finished"), timeout=ONCE_THERE)
