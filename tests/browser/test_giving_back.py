"""Bringing a friend, in a browser without scripts: read, answer, say that it comes too often, pass it on, be brought."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.product import MONDAY, Product
from tests.browser.reader import Reader

pytestmark = pytest.mark.slow

QUESTION = "Which book should we read aloud in December?"
FRIEND = "friend@example.org"


def test_a_reader_answers_votes_and_brings_a_friend_without_scripts(browser: Browser, running: Product) -> None:
    running.campaign("First frost", "letter", MONDAY + timedelta(hours=23), "What the week has brought.", QUESTION)
    context = browser.new_context(viewport={"width": 360, "height": 640}, java_script_enabled=False)
    anna = Reader(context.new_page(), running)
    page = anna.page
    anna.sign_up()
    anna.confirm()
    anna.open("/inbox")
    anna.move_clock("+1 day")
    anna.in_mail("First frost", "Read on the web")
    read = page.url
    page.get_by_role("link", name="Say what you think").click()
    page.get_by_label("Your answer").fill("The Waves, with soup.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.goto(read)
    page.get_by_role("link", name="Too often").click()
    page.get_by_role("button", name="Yes, it comes too often").click()
    page.get_by_role("button", name="Once a week, all in one mail").click()
    expect(page.locator(".promise").first).to_contain_text("mail a week")
    page.goto(read)
    page.get_by_role("link", name="Pass it on").click()
    passed_on = page.url
    expect(page.locator("[data-share] button")).to_be_hidden()
    _is_brought(browser, running, page.get_by_label("The link").input_value())
    page.goto(passed_on)
    expect(page.get_by_text("You have brought 1 reader.")).to_be_visible()
    anna.open("/console/p/sandbox/regulars/answers")
    expect(page.get_by_text("The Waves, with soup.")).to_be_visible()
    anna.open("/console/p/sandbox/regulars/brought")
    expect(page.get_by_role("link", name=FRIEND).first).to_be_visible()
    context.close()


def _is_brought(browser: Browser, running: Product, link: str) -> None:
    """A friend reads what was passed on, signs up and confirms, with a browser of their own."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, java_script_enabled=False)
    friend = Reader(context.new_page(), running)
    page = friend.page
    page.goto(link)
    page.get_by_role("link", name="Read it first").click()
    expect(page.get_by_role("heading", name="First frost")).to_be_visible()
    page.goto(link)
    page.get_by_role("checkbox", name="The Letter").check()
    page.get_by_label("Your e-mail address").fill(FRIEND)
    page.get_by_role("button", name="Sign up", exact=True).click()
    friend.confirm()
    context.close()
