"""What a reader comes for, each from the first tap to the last, on a phone, with scripts and without."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.product import Product, product
from tests.browser.reader import Reader, window

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 360, "height": 640}
_numbers = count(1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One product for all of these: each reader has an address of their own, and the clock only goes on."""
    with product(tmp_path_factory.mktemp("house")) as there:
        yield there


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def anna(request: pytest.FixtureRequest, browser: Browser, house: Product) -> Iterator[Reader]:
    """Somebody with a phone who has confirmed two topics, and has just got a mail about one of them."""
    context = window(browser, viewport=PHONE, java_script_enabled=request.param)
    reader = Reader(context.new_page(), house, address=f"anna{next(_numbers)}@visitor.example")
    reader.sign_up()
    reader.confirm()
    issue(reader, "Soup in the yard")
    yield reader
    context.close()


def issue(reader: Reader, title: str) -> None:
    """Something is sent about events, and the hour goes by."""
    site = reader.running.sandbox.site
    now = site.clock.now()
    reader.running.campaign(title, "events", now, "Bring a bowl.", question="What would you cook?")
    assert site.advance is not None
    site.advance(now + timedelta(hours=1))


def test_a_change_to_less_is_done_at_once_and_can_be_taken_back(anna: Reader) -> None:
    page = anna.page
    anna.in_mail("Soup in the yard", "Manage preferences")
    page.get_by_text("More choices").click()
    page.get_by_role("checkbox", name="Events").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".promise").first).not_to_contain_text("Events")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".promise").first).to_contain_text("Events")


def test_more_asks_the_mailbox_and_opens_with_what_was_typed(anna: Reader) -> None:
    page = anna.page
    anna.in_mail("Soup in the yard", "Manage preferences")
    page.get_by_text("More choices").click()
    page.get_by_role("checkbox", name="Essays").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
    anna.follow_mailed("Your link")
    expect(page.get_by_role("checkbox", name="Essays")).to_be_checked()
    page.get_by_role("button", name="Save it now").click()
    expect(page.locator(".promise").first).to_contain_text("Essays")


def test_a_pause_is_one_tap_and_says_when_it_ends(anna: Reader) -> None:
    anna.in_mail("Soup in the yard", "Manage preferences")
    anna.page.get_by_role("button", name="Pause for a month").click()
    expect(anna.page.locator(".promise").first).to_contain_text("Nothing until")


def test_why_a_mail_came_is_one_tap_from_it(anna: Reader) -> None:
    anna.in_mail("Soup in the yard", "Why am I getting this?")
    expect(anna.page.get_by_role("heading", name="What came, and why")).to_be_visible()
    expect(anna.page.get_by_text(re.compile("You asked for Events")).first).to_be_visible()


def test_who_leaves_may_say_why_and_come_back(anna: Reader) -> None:
    page = anna.page
    anna.in_mail("Soup in the yard", "Unsubscribe")
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.get_by_role("button", name="It came too often").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    page.get_by_role("link", name="Come back to single topics").click()
    page.get_by_role("button", name="Save").click()
    anna.follow_mailed("Your link")
    page.get_by_role("button", name="Save it now").click()
    expect(page.locator(".promise").first).to_contain_text("Events")


def test_a_friend_is_brought_and_neither_learns_of_the_other(anna: Reader, browser: Browser) -> None:
    page = anna.page
    anna.in_mail("Soup in the yard", "Pass it on")
    link = page.get_by_label("The link").input_value()
    context = window(browser, viewport=PHONE)
    ben = Reader(context.new_page(), anna.running, address=f"ben{next(_numbers)}@visitor.example")
    ben.page.goto(link)
    assert anna.address not in ben.page.content()
    ben.fill_in_here()
    ben.page.get_by_role("button", name="Sign up").click()
    ben.confirm()
    context.close()
    page.reload()
    expect(page.get_by_text("You have brought 1 reader.")).to_be_visible()
    assert ben.address not in page.content()


def test_an_answer_is_kept_and_can_be_changed(anna: Reader) -> None:
    page = anna.page
    anna.in_mail("Soup in the yard", "Read on the web")
    page.get_by_role("link", name="Say what you think").click()
    expect(page.get_by_role("heading", name="What would you cook?")).to_be_visible()
    page.get_by_label("Your answer").fill("Barley, with dill.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("Barley, with dill.").first).to_be_visible()


def test_a_vote_that_it_is_too_often_offers_the_change_right_there(anna: Reader) -> None:
    page = anna.page
    anna.in_mail("Soup in the yard", "Read on the web")
    page.get_by_role("link", name="Too often").click()
    page.get_by_role("button", name="Yes, it comes too often").click()
    page.get_by_role("button", name="Once a week, all in one mail").click()
    expect(page.locator(".promise").first).to_contain_text("One mail a week")


def test_everything_known_is_taken_along_and_then_erased(anna: Reader) -> None:
    page = anna.page
    anna.open("/fresh")
    page.get_by_label("Your e-mail address").fill(anna.address)
    page.get_by_role("button", name="Send me the link").click()
    anna.follow_mailed("Your link")
    page.get_by_role("link", name=re.compile("^My data")).click()
    expect(page.get_by_text(anna.address).first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="The same for programs").click()
    path = download.value.path()
    assert anna.address in json.dumps(json.loads(Path(path).read_text(encoding="utf-8")))
    page.get_by_role("link", name="Erase everything about me").click()
    page.get_by_role("button", name=re.compile("Erase")).click()
    expect(page.locator("main")).not_to_contain_text(anna.address)
    anna.open(f"/inbox?to={anna.address}")
    expect(page.get_by_role("link", name="Soup in the yard")).to_have_count(0)


def test_reading_instead_of_receiving_is_a_feed_and_an_archive(anna: Reader) -> None:
    page = anna.page
    anna.in_mail("Soup in the yard", "Read on the web")
    page.get_by_role("link", name="All issues of Events").click()
    expect(page.get_by_role("link", name="Soup in the yard").first).to_be_visible()
    feed = page.locator("link[type='application/atom+xml']").first.get_attribute("href")
    assert feed is not None
    answer = page.request.get(feed if feed.startswith("http") else f"{anna.running.base_url}{feed}")
    assert answer.ok
    assert "Soup in the yard" in answer.text()
