"""What readers give back, on their pages and in the console, one state after the other: a part of `states`."""

from __future__ import annotations

from collections.abc import Iterator

from tests.browser.reader import Reader


def giving_back(nora: Reader) -> Iterator[str]:
    """From the web version of a mail: its question, a vote, and what to send to somebody else."""
    page = nora.page
    read = page.url
    if page.get_by_role("link", name="Say what you think").count():
        page.get_by_role("link", name="Say what you think").click()
        yield "question"
        page.get_by_role("button", name="Send the answer").click()
        yield "question-problems"
        page.get_by_label("Your answer").fill("Whatever is on the counter.\n\nAnd soup.")
        page.get_by_role("button", name="Send the answer").click()
        yield "answered"
    page.goto(read)
    page.get_by_role("link", name="Too often").click()
    yield "vote"
    page.get_by_role("button", name="Yes, it comes too often").click()
    yield "voted"
    page.goto(read)
    page.get_by_role("link", name="Pass it on").click()
    yield "pass-on"
    page.get_by_role("link", name="See what they see").click()
    yield "passed-on"
    page.goto(read)


def given_back(nora: Reader) -> Iterator[str]:
    """What the publication sees of it, and the cards to print."""
    for name, path in (
        ("console-regulars", "/console/p/sandbox/regulars"),
        ("console-answers", "/console/p/sandbox/regulars/answers"),
        ("console-brought", "/console/p/sandbox/regulars/brought"),
        ("card", "/p/sandbox/card/tuesday-letter"),
        ("card-of-all", "/p/sandbox/card"),
    ):
        nora.open(path)
        yield name
