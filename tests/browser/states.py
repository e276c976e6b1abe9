"""Every page and state that a person can come to, one after the other, for whoever wants to look at each.

They are those of the whole example, as it is after the first start: Nora signs up, the marketer sends two drafts, the clock
moves to Tuesday, Nora reads and leaves. Every state is reached without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.console_states import around, people, reached, scheduling, writing
from tests.browser.giving_back_states import given_back, giving_back
from tests.browser.product import Product
from tests.browser.reader import Reader

EXTRA_SEATS = "Extra seats: the lighthouse keeper's daughter"
MENDING = "Mending circle on Sundays"
LETTER = "The heron flies"
NORA = "hello@visitor.example"


def states(page: Page, running: Product) -> Iterator[str]:
    """Bring the page to one state after the other; the name of each, when it is there."""
    yield from before_a_send(page, running)
    yield from _after_sends(Reader(page, running))


def before_a_send(page: Page, running: Product) -> Iterator[str]:
    """The states up to the first send, of readers and of the marketer."""
    nora = Reader(page, running)
    yield from _outside(page, running)
    yield from _for_everybody(nora)
    yield from _signing_up(nora)
    yield from writing(nora, MENDING)
    yield from _appearance(nora)
    yield from around(nora)


def after_sends(page: Page, running: Product) -> Iterator[str]:
    """The states from the first send on; the way there is gone without looking."""
    nora = Reader(page, running)
    ask_for_two_topics(nora)
    page.get_by_role("button", name="Sign up").click()
    nora.in_mail("Please confirm", "Yes, write to me")
    page.get_by_role("button", name="Yes, write to me").click()
    yield from _after_sends(nora)


def _after_sends(nora: Reader) -> Iterator[str]:
    yield from scheduling(nora, EXTRA_SEATS, MENDING)
    yield from _tuesday(nora)
    yield from _reading(nora)
    yield from _giving_back(nora)
    yield from _leaving(nora)
    yield from reached(nora, EXTRA_SEATS)
    yield from people(nora, NORA)
    yield from given_back(nora)


def _outside(page: Page, running: Product) -> Iterator[str]:
    page.goto(running.base_url)
    yield "front-door"
    page.goto(f"{running.base_url}/set-up")
    yield "set-up"
    page.get_by_role("button", name="Set it up").click()
    yield "set-up-problems"
    page.goto(f"{running.base_url}/nowhere")
    yield "leads-nowhere"
    page.goto(f"{running.base_url}/inbox")
    yield "inbox-empty"


# What anybody may read, without a link: name, and its path in the sandbox.
PUBLIC = (
    ("kept-promises", "/p/sandbox/kept"),
    ("archive", "/a/sandbox"),
    ("archive-topic", "/a/sandbox/t/tuesday-letter"),
    ("card", "/p/sandbox/card"),
    ("sign-up-german", "/p/sandbox/sign-up?lang=de"),
    ("archive-german", "/a/sandbox?lang=de"),
)


def _for_everybody(nora: Reader) -> Iterator[str]:
    for name, path in PUBLIC:
        nora.open(path)
        yield name


def _giving_back(nora: Reader) -> Iterator[str]:
    nora.in_mail(LETTER, "Pass it on")
    yield "pass-on"
    nora.in_mail(LETTER, "Why am I getting this?")
    yield "why-this-mail"
    nora.in_mail(LETTER, "Manage preferences")
    nora.page.get_by_role("link", name=re.compile("^My data")).click()
    yield "my-data"


def _appearance(nora: Reader) -> Iterator[str]:
    nora.open("/console/p/sandbox/settings/appearance")
    yield "console-appearance"
    nora.page.get_by_label("Accent").fill("#ffd400")
    nora.page.get_by_role("button", name="See what it looks like").click()
    yield "console-appearance-looked-at"


def _signing_up(nora: Reader) -> Iterator[str]:
    nora.open("/inbox")
    yield "inbox-of-everybody"
    nora.page.get_by_role("link", name=re.compile(r"^Lantern House: .* more$")).first.click()
    yield "mail-digest"
    ask_for_two_topics(nora)
    nora.page.get_by_role("button", name="Show me what I would get").click()
    yield "sign-up"
    nora.page.get_by_label("Of everything together, at most").fill("many")
    nora.page.get_by_role("button", name="Sign up").click()
    yield "sign-up-problems"
    ask_for_two_topics(nora)
    nora.page.get_by_role("button", name="Sign up").click()
    yield "check-your-mail"
    nora.in_mail("Please confirm", "Yes, write to me")
    yield "confirm"
    nora.page.get_by_role("button", name="Yes, write to me").click()
    yield "confirmed"
    nora.page.get_by_role("link", name="Lanterns, and who carries them").click()
    yield "issue"


def ask_for_two_topics(nora: Reader) -> None:
    """Two topics, at most one mail a week; nothing is sent yet."""
    nora.page.goto(nora.running.base_url)
    nora.page.get_by_role("link", name="Be a reader").click()
    nora.page.get_by_role("checkbox", name="The Tuesday Letter").check()
    nora.page.get_by_role("checkbox", name="Events").check()
    nora.page.get_by_label("Of everything together, at most").fill("1")
    nora.page.get_by_label("Your e-mail address").fill(NORA)


def _tuesday(nora: Reader) -> Iterator[str]:
    page = nora.page
    nora.open("/inbox")
    nora.unfold_clock()
    page.get_by_role("button", name=re.compile("Tue")).click()
    if page.get_by_role("progressbar").count():
        yield "clock-moving"
    page.get_by_role("link", name="Go back").wait_for(timeout=120_000)
    if page.get_by_role("button", name=re.compile("Tue")).count():  # it stopped on the way, and says: press again
        nora.unfold_clock()
        page.get_by_role("button", name=re.compile("Tue")).click()
        page.get_by_role("link", name="Go back").wait_for(timeout=120_000)
    yield "clock-moved"
    nora.unfold_clock()
    page.get_by_role("link", name="Reset").click()
    yield "clock-reset"
    nora.open("/inbox")
    yield "inbox"


def _reading(nora: Reader) -> Iterator[str]:
    page = nora.page
    for name, subject in (("letter", LETTER), ("event", EXTRA_SEATS)):
        nora.open("/inbox")
        page.get_by_role("link", name=subject).first.click()
        yield f"mail-{name}"
    page.get_by_role("link", name="Text", exact=True).click()
    yield "mail-text"
    page.get_by_role("link", name="Source").click()
    yield "mail-source"
    nora.in_mail(LETTER, "Manage preferences")
    yield "preferences"
    page.get_by_text("More choices").click()
    yield "preferences-more"
    page.get_by_label("Of everything together, at most").fill("many")
    page.get_by_role("button", name="Save").click()
    yield "preferences-problems"
    nora.in_mail(LETTER, "Manage preferences")
    page.get_by_role("link", name="What came, what waits, and why").click()
    yield "history"
    page.get_by_role("link", name="Read it now").first.click()
    yield "read"
    yield from giving_back(nora)
    nora.open("/a/sandbox")
    yield "archive"
    page.get_by_role("link", name="The Tuesday Letter").first.click()
    yield "archive-topic"


def _leaving(nora: Reader) -> Iterator[str]:
    nora.in_mail(EXTRA_SEATS, "Unsubscribe")
    yield "unsubscribe"
    nora.page.get_by_role("button", name="Stop everything").click()
    yield "unsubscribed"
    nora.page.get_by_role("button", name="The topic is not for me").click()
    yield "unsubscribed-cause"
    nora.open("/fresh")
    yield "fresh-link"
