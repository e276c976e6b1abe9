"""A reader's five minutes in Chromium, with and without scripts: sign up, confirm, read, ask for less, leave."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from tests.browser.product import Product, this_week
from tests.browser.reader import Reader, window

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 360, "height": 640}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_reader_sees_the_promise_made_kept_and_ended(browser: Browser, running: Product, scripts: bool) -> None:
    context = window(browser, viewport=PHONE, java_script_enabled=scripts)
    anna = Reader(context.new_page(), running)
    page = anna.page
    anna.fill_in()
    if not scripts:
        page.get_by_role("button", name="Show me what I would get").click()
    expect(page.locator(".promise")).to_contain_text("At most one mail a week")
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator(".clock .badge")).not_to_have_text("0")
    anna.confirm()
    expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    page.get_by_role("link", name="A lamp for the reading room").click()
    expect(page.get_by_text("Dear reader,")).to_be_visible()

    this_week(running)
    anna.open("/inbox")
    anna.move_clock("+1 hour")
    anna.open("/inbox")
    anna.in_mail("A concert in the stairwell", "Manage preferences")
    expect(page.get_by_role("heading", name="What you get")).to_be_visible()
    expect(page.locator(".promise")).to_contain_text("1 mail")
    page.get_by_role("link", name="What came, what waits, and why").click()
    expect(page.get_by_role("heading", name="A concert in the stairwell")).to_be_visible()
    anna.in_mail("A concert in the stairwell", "Why am I getting this?")
    expect(page.get_by_text("Your mailbox took it.")).to_be_visible()

    anna.in_mail("A concert in the stairwell", "Unsubscribe")
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.get_by_role("button", name="The topic is not for me").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    context.close()


def test_the_first_screen_of_the_preferences_has_the_sentence_and_the_three_ways_to_less(
    browser: Browser, running: Product
) -> None:
    context = window(browser, viewport=PHONE)
    anna = Reader(context.new_page(), running)
    anna.see_preferences()
    for shown in (
        anna.page.locator(".promise p").first,
        anna.page.get_by_text("So far nothing has come"),
        anna.page.get_by_role("button", name="Once a week, all in one mail"),
        anna.page.get_by_role("button", name="Pause for a month"),
        anna.page.get_by_role("link", name="Unsubscribe"),
    ):
        box = shown.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= PHONE["height"], shown
    context.close()


def test_the_sentence_follows_each_change_and_nothing_is_saved_by_it(browser: Browser, running: Product) -> None:
    context = window(browser, viewport=PHONE)
    anna = Reader(context.new_page(), running)
    anna.see_preferences()
    page = anna.page
    before = anna.sentence()
    page.get_by_text("More choices").click()
    page.get_by_label("Of everything together, at most").fill("2")
    page.locator("select[name=per-total]").select_option("month")
    expect(page.locator(".promise[role=status]")).to_contain_text("2 mails a month")
    page.reload()
    assert anna.sentence() == before
    context.close()


def test_without_scripts_what_would_be_saved_is_shown_beside_the_form_and_saved_or_taken_back(
    browser: Browser, running: Product
) -> None:
    context = window(browser, viewport=PHONE, java_script_enabled=False)
    anna = Reader(context.new_page(), running)
    anna.see_preferences()
    page = anna.page
    before = anna.sentence()
    page.get_by_text("More choices").click()
    page.get_by_label("Of everything together, at most").fill("2")
    page.get_by_role("button", name="Show me what I would get").click()
    expect(page.locator("#would")).to_be_in_viewport()
    expect(page.locator("#would")).to_contain_text("At most 2 mails a week")
    expect(page.get_by_label("Of everything together, at most")).to_have_value("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. This is how it is from now on.")).to_be_visible()
    expect(page.locator(".promise p").first).to_contain_text("At most 2 mails a week")
    page.get_by_role("button", name="Undo").click()
    assert anna.sentence() == before
    context.close()


def test_the_preferences_are_changed_with_the_keyboard_alone(browser: Browser, running: Product) -> None:
    context = window(browser, viewport=PHONE)
    anna = Reader(context.new_page(), running)
    anna.see_preferences()
    page = anna.page

    def tab_to(what: Locator) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if what.evaluate("one => one === document.activeElement"):
                assert what.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
                return
        raise AssertionError(f"the keyboard does not reach {what}")

    tab_to(page.locator("details.more > summary"))
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("checkbox", name="Events"))
    page.keyboard.press("Space")
    tab_to(page.get_by_label("Of everything together, at most"))
    page.keyboard.type("3")
    tab_to(page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert "Events" not in anna.sentence()
    context.close()
