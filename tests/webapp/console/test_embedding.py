"""A sign-up form for other sites: what the console gives to paste works as it is, and lies about nothing."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from preferences.store.tables import CONSENT, EXPECTATION_TOPIC
from preferences.store.topics import change_topic, topic_named
from tests.store.newsletter import rows
from tests.webapp.console.marketer import Marketer, marketer


class _Form(HTMLParser):
    """The fields of one form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.fields, self.tags = "", list[tuple[str, str, str]](), set[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        if tag == "form":
            self.action = given["action"]
        if tag == "input":
            self.fields.append((given.get("type", "text"), given["name"], given.get("value", "")))
            assert "checked" not in given


def pasted(writer: Marketer, query: str) -> str:
    page = writer.get(f"sign-up-form?{query}")
    return unescape(page.partition('id="html"')[2].partition(">\n")[2].partition("</textarea>")[0])


def test_the_form_signs_up_as_it_was_pasted_on_the_cadence_that_it_states(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        form = _Form(pasted(writer, "topic=letter&topic=events"))
        assert form.action == "http://127.0.0.1:8642/p/newsletter/sign-up"
        assert ("checkbox", "topic", "letter") in form.fields
        assert "script" not in form.tags
        sent = {name: value for kind, name, value in form.fields if kind == "hidden"}
        at = writer.at
        at.send("/p/newsletter/sign-up", {**sent, "topic": "letter", "email": "anna@example.org", "homepage": ""}, 200)
        at.post(at.mailed_links()[0])
        with at.there.database.read() as connection:
            (choice,), (proof,) = rows(connection, EXPECTATION_TOPIC), rows(connection, CONSENT)
        assert choice["accepted_id"] == int(sent["cadence-letter"])
        assert proof["kind"] == "given"


def test_a_form_about_one_topic_asks_for_the_address_only(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        html = pasted(writer, "topic=letter")
        assert ("hidden", "topic", "letter") in _Form(html).fields
        assert "Letter, once a week, usually on Tuesdays" in html
        assert "checkbox" not in html


def test_what_a_marketer_has_typed_is_text_in_the_form(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        with writer.at.there.database.write() as connection:
            letter = topic_named(connection, writer.at.there.publication, "letter")
            change_topic(connection, letter, {"name": '<script>"</textarea>'})
        assert "<script>" not in pasted(writer, "topic=letter")
        assert "</textarea>&" not in writer.get("sign-up-form?topic=letter")
        assert "<script>" not in writer.get("sign-up-form/preview?topic=letter")


def test_the_preview_is_for_the_console_and_sends_nothing(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        answer = writer.client.get("/console/p/newsletter/sign-up-form/preview?topic=letter")
        policy = answer.headers["Content-Security-Policy"]
        assert "form-action 'none'" in policy
        assert "sandbox" in policy
        assert "Tick at least one topic" in writer.get("sign-up-form?topic=nothing")
        assert "Put a sign-up form on your site" in writer.get("topics")
