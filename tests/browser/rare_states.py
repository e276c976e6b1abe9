"""States that few people ever come to: forty topics, names without an end, other languages, moving, being forgotten.

They are those of the small product, so that the whole example need not live for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import Page
from sqlalchemy import select, update

from preferences.cadence import Cadence, Cap, Period
from preferences.store.events import SYSTEM
from preferences.store.installation import SANDBOX_SLUG
from preferences.store.publications import publication_named
from preferences.store.reported import report
from preferences.store.tables import SUBSCRIBER
from preferences.store.topics import create_topic, topic_named
from tests.browser.product import Product
from tests.browser.reader import Reader

TOPICS_IN_ALL = 40
ENDLESS = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselbundverwalterinnenverein"[:80]
FROM_THE_RIGHT = "أخبار الحي"
NEW_ADDRESS = "anna.new@visitor.example"


def rare_states(page: Page, running: Product, *languages: str) -> Iterator[str]:
    """Bring the page to one state after the other; the name of each, when it is there. `languages` are looked at, too."""
    anna = Reader(page, running)
    anna.sign_up()
    anna.confirm()
    yield from _away(anna)
    yield from _on_the_web_only(anna)
    yield from _broken(anna)
    _many_topics(running)
    yield from _of_many_topics(anna, languages)
    yield from _settings(anna)
    yield from _moving(anna)
    yield from _forgotten(anna)


def _fresh(anna: Reader) -> None:
    """On the preferences, by a link that was just mailed."""
    anna.open("/fresh")
    anna.page.get_by_label("Your e-mail address").fill(anna.address)
    anna.page.get_by_role("button", name="Send me the link").click()
    anna.follow_mailed("Your link")


def _pass(running: Product, **span: int) -> None:
    site = running.sandbox.site
    assert site.advance is not None
    site.advance(site.clock.now() + timedelta(**span))


def _away(anna: Reader) -> Iterator[str]:
    page = anna.page
    page.get_by_role("link", name="My preferences").click()
    page.get_by_text("More choices").click()
    page.get_by_label("leave it out").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Pause for a month").click()
    yield "preferences-paused"
    _pass(anna.running, days=2)
    for title in ("A concert in the stairwell", ENDLESS):
        anna.running.campaign(title, "events", anna.running.sandbox.site.clock.now(), "Please bring a cushion.")
    _pass(anna.running, days=31)
    _fresh(anna)
    yield "preferences-after-a-pause"
    page.get_by_role("link", name=re.compile("^While you were away")).click()
    yield "away"


def _on_the_web_only(anna: Reader) -> Iterator[str]:
    page = anna.page
    _fresh(anna)
    page.get_by_text("More choices").click()
    page.locator("select[name=arrives-events]").select_option("web")
    page.get_by_role("button", name="Save").click()
    yield "preferences-web-only"


def _broken(anna: Reader) -> Iterator[str]:
    """Another program wrote more often than was promised; and for weeks no letter came."""
    running = anna.running
    now = running.sandbox.site.clock.now()
    with running.sandbox.database.write() as connection:
        sender = publication_named(connection, SANDBOX_SLUG).id
        reader = connection.execute(select(SUBSCRIBER.c.id).order_by(SUBSCRIBER.c.id.desc()).limit(1)).scalar_one()
        letter = topic_named(connection, sender, "letter").id
        for number in range(2):
            report(connection, sender, reader, (letter,), sent_at=now, external_id=str(number), by=SYSTEM, now=now)
    anna.page.get_by_role("link", name="What came, what waits, and why").click()
    yield "history-broken"
    anna.open("/p/sandbox/kept")
    yield "kept-broken"


def _many_topics(running: Product) -> None:
    now = running.sandbox.site.clock.now()
    with running.sandbox.database.write() as connection:
        sender = publication_named(connection, SANDBOX_SLUG).id
        for number in range(4, TOPICS_IN_ALL):
            create_topic(
                connection,
                sender,
                slug=f"topic-{number}",
                name={4: ENDLESS, 5: FROM_THE_RIGHT}.get(number, f"District {number}"),
                description="What is decided, built and celebrated there.",
                cadence=Cadence(id=0, at_most=Cap(count=1 + number % 3, per=Period.MONTH)),
                by=SYSTEM,
                now=now,
            )


def _of_many_topics(anna: Reader, languages: tuple[str, ...]) -> Iterator[str]:
    page = anna.page
    _fresh(anna)
    mine = page.url
    for language in ("en", *languages):
        with anna.running.sandbox.database.write() as connection:
            connection.execute(update(SUBSCRIBER).values(language=language))
        page.goto(mine)
        page.locator("details.more > summary").click()
        yield f"preferences-40-{language}"
        anna.open(f"/p/sandbox/sign-up?lang={language}")
        yield f"sign-up-40-{language}"
        page.goto(mine)
        page.locator("a[href*='/h/']").first.click()
        yield f"history-{language}"
    with anna.running.sandbox.database.write() as connection:
        connection.execute(update(SUBSCRIBER).values(language="en"))


def _settings(anna: Reader) -> Iterator[str]:
    for name, path in (("sign-up-form", "sign-up-form"), ("privacy", "settings/privacy"), ("votes", "settings/votes")):
        anna.open(f"/console/p/sandbox/{path}")
        yield f"console-{name}"


def _moving(anna: Reader) -> Iterator[str]:
    page = anna.page
    # So many links a day, and no more, go to one address.
    _pass(anna.running, days=1)
    _fresh(anna)
    page.get_by_role("link", name="My data").click()
    yield "my-data"
    mine = page.url
    page.get_by_role("link", name="Change the address").click()
    yield "address"
    page.get_by_label("The new address").fill(anna.address)
    page.get_by_role("button", name="Ask both mailboxes").click()
    yield "address-problems"
    page.get_by_label("The new address").fill(NEW_ADDRESS)
    page.get_by_role("button", name="Ask both mailboxes").click()
    yield "address-asked"
    anna.in_mail("go to another address?", "Agree, or say that it was not me")
    yield "address-old-end"
    page.get_by_role("button", name="Yes, send it there").click()
    yield "address-agreed"
    anna.open(f"/inbox?to={NEW_ADDRESS.replace('@', '%40')}")
    page.get_by_role("link", name="write to this address?").first.click()
    page.goto(page.frame_locator("iframe").get_by_role("link", name="Open the page").get_attribute("href") or "")
    yield "address-new-end"
    page.get_by_role("button", name="Yes, send it here").click()
    yield "address-moved"
    page.goto(mine)


def _forgotten(anna: Reader) -> Iterator[str]:
    page = anna.page
    mine = page.url
    page.get_by_role("link", name="Erase everything about me").click()
    yield "erase"
    page.get_by_role("button", name="Erase everything about me").click()
    yield "erased"
    page.goto(mine)
    yield "gone"
