"""A campaign as an article: what its author wrote is all there, and nothing of the mail around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailer.compose import CampaignContent, Recipient, RenderError, article, compile_campaign
from preferences.look import EventCard, Look

NOBODY = Recipient(email="nobody@example.org", message_token="web", date=datetime(2026, 11, 24, tzinfo=UTC))
LETTER = CampaignContent(
    publication="The House",
    sender="house@example.org",
    postal_address="1 Example Street",
    subject="Subject",
    title="Title",
    summary="Short and hidden",
    list_id="x.example.org",
    list_name="The House",
    feedback_id="x",
    markdown="# Heading\n\nText.",
)


def read(content: CampaignContent) -> str:
    return article(compile_campaign(content), NOBODY)


def test_markdown_stays_what_it_is_and_its_tables_are_tables() -> None:
    html = read(replace(LETTER, markdown="# One\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n> said"))
    for part in ("<h1>One</h1>", "<li>a</li>", "<td>2</td>", "<blockquote>"):
        assert part in html


def test_nothing_of_the_frame_of_a_mail_is_in_it() -> None:
    html = read(LETTER)
    for not_there in ("The House", "Short and hidden", "Example Street", "style", "class", "<table", "Title"):
        assert not_there not in html, not_there


def test_mjml_is_read_cell_by_cell_with_its_buttons_as_links() -> None:
    mjml = (
        "<mjml><mj-body><mj-section><mj-column><mj-text>First &amp; <b>bold</b></mj-text>"
        '<mj-button href="https://example.org/go">Go</mj-button></mj-column><mj-column><mj-text>Second</mj-text>'
        "</mj-column></mj-section></mj-body></mjml>"
    )
    html = read(replace(LETTER, markdown=None, mjml=mjml))
    assert "First &amp; <b>bold</b></div>" in html
    assert '<a href="https://example.org/go"' in html
    assert html.index("Go</a>") < html.index("Second")
    assert "<table" not in html


def test_the_card_of_an_event_is_in_it() -> None:
    event = EventCard(date="Friday 4 December", place="Upper room", button="Come", url="https://example.org/come")
    html = read(replace(LETTER, look=Look.EVENT, event=event))
    for part in ("Friday 4 December", "Upper room", 'href="https://example.org/come"', "Heading", "Text."):
        assert part in html


@pytest.mark.parametrize(
    "source",
    [
        '<img src="https://example.org/p.gif" width="1" height="1">',
        '<img src="https://example.org/p.gif" width="0">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        '<a href="javascript:bad()">x</a>',
        '<a href="{{ preferences_url }}">x</a>',
        "<iframe src='https://example.org/'></iframe>",
        "<form action='https://example.org/'><input></form>",
    ],
)
def test_nothing_counts_runs_or_leads_nowhere(source: str) -> None:
    html = read(replace(LETTER, markdown=f"Before\n\n{source}\n\nAfter"))
    for not_there in ("<img", "href", "javascript", "<iframe", "<form", "<input"):
        assert not_there not in html, not_there
    assert "Before" in html
    assert "After" in html


def test_what_is_made_for_each_reader_is_no_article() -> None:
    with pytest.raises(RenderError):
        read(replace(LETTER, markdown="In {{ fields.city }}"))
