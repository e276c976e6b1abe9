"""Our own mails in a window as wide as a phone's and as a mail is: nothing axe-core finds wrong, light and dark."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from mailer.compose import CampaignContent, compile_campaign
from preferences.look import EventCard, Look
from tests.browser.reader import window
from tests.browser.test_pages import AXE
from tests.mailer.compose.cast import EVENT, GARDEN, reader
from tests.mailer.compose.test_looks import SWAP, every_mail

pytestmark = pytest.mark.slow

# What a page around a mail has, such as landmarks, a mail has not.
_RULES = (
    "{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa']}, rules: {'heading-order': {enabled: true}}}"
)
RICH = (
    "# Spring\n\nDear {{ name }}, [come](https://garden.example/x).\n\n## What grows\n\n- beans\n- *peas*\n\n"
    "> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code`\n\n---\n\n{{ along }}\n\n"
    "Averylongwordthatnobodyevercouldhavewrittenbutsomebodydidbecausetheycould and on."
)


def mails() -> dict[str, str]:
    """Every mail of ours, and one of each look with everything in it that Markdown has."""
    rich = CampaignContent(**GARDEN, subject="x", title="x", summary="y", markdown=RICH)
    odd = replace(SWAP, date="Every second Saturday from the fourteenth of March on", place="x" * 60)
    event = replace(rich, look=Look.EVENT, event=EventCard(**{name: getattr(odd, name) for name in odd.__slots__}))
    one = reader(along=(EVENT,))
    written = {name: compile_campaign(content).preview(one).html for name, content in (("rich", rich), ("odd", event))}
    return every_mail() | written


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 600])
def test_every_mail_is_for_everybody(browser: Browser, width: int, scheme: str) -> None:
    context = window(
        browser, viewport={"width": width, "height": 640}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    wrong = []
    for name, html in mails().items():
        page.set_content(html)
        page.evaluate(AXE)
        found = page.evaluate(f"axe.run({_RULES}).then(done => done.violations)")
        wrong += [f"{name}: {one['id']} at {[node['target'] for node in one['nodes']]}" for one in found]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wrong.append(f"{name}: wider than the screen")
    assert not wrong, "\n".join(wrong)
    context.close()


def test_a_mail_is_dark_in_a_dark_room(browser: Browser) -> None:
    context = window(browser, color_scheme="dark")
    page = context.new_page()
    page.set_content(every_mail()["letter"])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 21)"
    assert page.evaluate("getComputedStyle(document.querySelector('.t-paper')).backgroundColor") == "rgb(26, 32, 30)"
    context.close()
