"""The console's pages and states, one after the other: a part of `states`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.reader import Reader

# Long enough for a send to the whole example on a busy machine.
ONCE_OUT = 120_000
MANY_KINDS = "email,name,city\nada@example.org,Ada,Cork\nbob@example.org,Bob,Galway\nnot an address,Nobody,\nada@example.org,Ada,Cork\n"
# Where a send is on its way, it has another name than before it and after it.
SENT = re.compile("still wait|finished")


def writing(nora: Reader, draft: str) -> Iterator[str]:
    """Today, the campaigns, a draft of theirs: as it is read, as it is written, and sent as a test."""
    page = nora.page
    nora.open("/console")
    yield "console-today"
    campaign(nora, draft)
    yield "console-campaign-draft"
    page.get_by_role("link", name="Preview").click()
    for view in ("Desk", "Text", "Header fields", "Phone"):
        page.get_by_role("navigation", name="Views").get_by_role("link", name=view).click()
        yield f"console-preview-{view.lower().replace(' ', '-')}"
    page.get_by_role("link", name="Dark", exact=True).click()
    page.get_by_role("searchbox").fill("maeve")
    page.get_by_role("button", name="Find").click()
    yield "console-preview-as"
    page.get_by_role("link", name="Edit").click()
    yield "console-writing"
    page.get_by_label("Source").fill("# Hello\n\nDear {{ name,")
    page.get_by_role("button", name="Save and preview").click()
    yield "console-writing-problems"
    campaign(nora, draft)
    page.get_by_role("link", name="Send a test").click()
    yield "console-test"
    page.get_by_label("Your address").fill("vera@example.org")
    page.get_by_role("button", name="Send the test").click()
    yield "console-test-sent"


def scheduling(nora: Reader, first: str, second: str) -> Iterator[str]:
    """What a mistake gets, the forecasts of two drafts, and both sent."""
    page = nora.page
    campaign(nora, first)
    page.get_by_role("link", name="Forecast and schedule").click()
    page.get_by_label("At a time").check()
    page.get_by_label("Date and time").fill("2026-11-01T09:00")
    page.get_by_role("button", name="Show the forecast").click()
    yield "console-forecast-problems"
    page.get_by_label("Now", exact=True).check()
    page.get_by_role("button", name="Show the forecast").click()
    yield "console-forecast"
    page.get_by_role("button", name="Send it now").click()
    yield "console-campaign-sending"
    until_it_is_out(page)
    forecast_of(nora, second)
    yield "console-forecast-later"
    page.get_by_role("button", name="Compare with the days after").click()
    yield "console-forecast-compared"
    page.get_by_role("button", name="Send it now").click()
    until_it_is_out(page)


def reached(nora: Reader, name: str) -> Iterator[str]:
    """What became of a campaign, the people behind a number, who left over it, and all campaigns."""
    page = nora.page
    campaign(nora, name)
    yield "console-campaign"
    page.get_by_role("link", name="Not sent").click()
    yield "console-campaign-people"
    campaign(nora, name)
    page.get_by_role("link", name=re.compile("Not relevant", re.IGNORECASE)).click()
    yield "console-campaign-left"
    campaign(nora, "Letter 8")
    yield "console-campaign-letter"
    page.get_by_role("link", name="End …").click()
    yield "console-campaign-end"
    nora.open("/console/p/sandbox/campaigns")
    yield "console-campaigns"


def people(nora: Reader, address: str) -> Iterator[str]:
    """The readers, whoever is at this `address`, and somebody who stayed."""
    page = nora.page
    nora.open("/console/p/sandbox/subscribers")
    yield "console-subscribers"
    for name, words in (("left", address), ("person", "noemie.jaouen")):
        nora.open("/console/p/sandbox/subscribers")
        page.get_by_role("searchbox").fill(words)
        page.get_by_role("button", name="Search").click()
        if name == "person":
            yield "console-subscribers-found"
        page.locator("tbody a").first.click()
        yield f"console-{name}"


def around(nora: Reader) -> Iterator[str]:
    """Topics, import, settings, and the door of the own newsletter's console."""
    yield from _topics(nora)
    yield from _import(nora)
    nora.open("/console/p/sandbox/settings")
    yield "console-settings"
    nora.open("/console/p/sandbox/campaigns/nothing")
    yield "console-leads-nowhere"
    nora.page.goto(f"{nora.running.base_url}/console")
    yield "console-sign-in"
    nora.page.goto(f"{nora.running.base_url}/console/login/forged")
    yield "console-link-over"


def _topics(nora: Reader) -> Iterator[str]:
    page = nora.page
    nora.open("/console/p/sandbox/topics")
    yield "console-topics"
    page.get_by_role("link", name="Events").click()
    yield "console-topic"
    page.get_by_role("link", name="Promise another cadence").click()
    page.locator("input[name=count]").fill("1")
    page.get_by_role("button", name="Show what it would have meant").click()
    yield "console-cadence-replay"
    nora.open("/console/p/sandbox/topics/new")
    yield "console-topic-new"


def _import(nora: Reader) -> Iterator[str]:
    page = nora.page
    nora.open("/console/p/sandbox/import")
    yield "console-import"
    csv = FilePayload(name="readers.csv", mimeType="text/csv", buffer=MANY_KINDS.encode())
    page.get_by_label("File").set_input_files(csv)
    page.get_by_role("button", name="Look at its columns").click()
    yield "console-import-columns"
    page.get_by_label("What these readers expect").select_option(index=1)
    page.get_by_label("How they agreed").fill("Signed up on our old site")
    page.get_by_role("button", name="Say what would happen").click()
    yield "console-import-tried"


def campaign(nora: Reader, name: str) -> None:
    """Go to the page of a campaign as a person does."""
    nora.page.goto(nora.running.base_url)
    nora.page.get_by_role("link", name="Be the marketer").click()
    nora.page.get_by_role("link", name="Campaigns").click()
    nora.page.get_by_role("link", name=name).first.click()


def forecast_of(nora: Reader, name: str) -> None:
    """Go to the forecast of a campaign that would be sent now."""
    campaign(nora, name)
    nora.page.get_by_role("link", name="Forecast and schedule").click()
    nora.page.get_by_label("Now", exact=True).check()
    nora.page.get_by_role("button", name="Show the forecast").click()


def send_now(nora: Reader, name: str) -> None:
    """Press the button below the forecast."""
    forecast_of(nora, name)
    nora.page.get_by_role("button", name="Send it now").click()


def until_it_is_out(page: Page) -> None:
    """Wait on the campaign's page, which follows by itself."""
    expect(page.locator(".lead .tag")).to_have_text(SENT, timeout=ONCE_OUT)
