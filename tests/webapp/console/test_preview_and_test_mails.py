"""What a campaign looks like to a chosen reader, on the page and as a test mail, which is nobody's mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailer.service import write_service_mails
from preferences.expectation import Suppression
from preferences.settings.parsing import parse_smtp_url
from preferences.store.events import SYSTEM
from preferences.store.suppressions import suppress
from preferences.store.tables import ATTEMPT, COUNTED, DECISION, DELIVERY, EVENT, SERVICE_MAIL
from tests.mailer.town import Town
from tests.webapp.console.marketer import HERE, Marketer, csrf_of, login_link, marketer
from tests.webapp.console.test_campaigns import draft, schedule, town_of
from tests.webapp.visitor import dump
from webapp import create_app


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


@pytest.fixture
def with_relay(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    """The same where a mail server is set."""
    with marketer(database_url, tmp_path) as somebody:
        settings = replace(somebody.at.site.settings, smtp=parse_smtp_url("smtp://127.0.0.1:2525"))
        app = create_app(replace(somebody.at.site, settings=settings))
        app.testing = True
        client = app.test_client()
        link = login_link(somebody.at)
        client.post(link, data={"csrf_token": csrf_of(client.get(link).get_data(as_text=True))})
        yield Marketer(somebody.at, client)


def mails(town: Town) -> list[str]:
    """Write the service mails that are due; the sources of all that were handed over, oldest first."""
    write_service_mails(town.office, town.lease_id)
    return [message.data.decode().replace("=\r\n", "") for message in town.transport.messages]  # type: ignore[attr-defined]


def of_readers(at: Marketer) -> list[Any]:
    with at.at.there.database.read() as connection:
        return [row for table in (DELIVERY, DECISION, ATTEMPT, COUNTED) for row in connection.execute(select(table))]


def as_anna(at: Marketer, path: str) -> str:
    """The part of the address that says: as Anna reads it."""
    return at.post(f"{path}/preview", {"words": "anna"}).partition("?")[2]


def test_a_draft_is_written_and_previewed_as_it_is_sent(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    page = at.get(f"{path}/preview")
    assert "Hello Alex Example" in page
    assert "an example reader" in page
    chosen = at.post(f"{path}/preview", {"words": "anna@example"})
    assert "anna@" not in chosen
    assert "Hello Anna" in at.get(chosen)
    frame = at.client.get(f"{HERE}/{path}/preview/html")
    assert "The news of November." in frame.get_data(as_text=True)
    assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]
    text = at.get(f"{path}/preview?view=text")
    assert "The news of November." in text
    assert "At most" in text or "once a week" in text
    headers = at.get(f"{path}/preview?view=headers")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers
    assert "Subject: Hello Alex Example" in headers


def test_the_preview_is_composed_as_the_mail_is(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    text = at.get(f"{path}/preview?view=text&{as_anna(at, path)}")
    schedule(at, path)
    town.hand_over()
    sent = town.transport.messages[0].data.decode()  # type: ignore[attr-defined]
    for line in ("1 of at most 1 this week", "You asked for"):
        assert line in text
        assert line in sent.replace("=\r\n", "")


def test_the_preview_shows_the_mail_in_light_and_in_the_dark_whatever_the_browser_prefers(at: Marketer) -> None:
    path = draft(at)
    frames = [
        at.client.get(f"{HERE}/{path}/preview/html{query}").get_data(as_text=True) for query in ("", "?scheme=dark")
    ]
    assert "prefers-color-scheme" not in frames[0] + frames[1]
    assert frames[0].count("(max-width: 0)") == frames[1].count("(min-width: 0)") >= 1
    assert 'content="light"' in frames[0]
    assert 'content="dark"' in frames[1]


def test_of_several_who_are_found_one_is_chosen(at: Marketer) -> None:
    town = town_of(at)
    for name in ("anna", "annika", "bert"):
        town.reader(name, {"letter": "each"})
    path = draft(at)
    page = at.post(f"{path}/preview", {"words": "ann"}, 200)
    assert "Annika" in page
    assert "bert@" not in page
    assert "nobody has this" in at.post(f"{path}/preview", {"words": "zoe"}, 422)


def test_who_looks_for_a_reader_keeps_the_view_they_had(at: Marketer) -> None:
    town = town_of(at)
    for name in ("anna", "annika"):
        town.reader(name, {"letter": "each"})
    searched = f"{draft(at)}/preview?view=desktop&scheme=dark"
    assert at.post(searched, {"words": "annika"}).endswith("&view=desktop&scheme=dark")
    assert "&amp;view=desktop&amp;scheme=dark" in at.post(searched, {"words": "ann"}, 200)


def test_the_preview_has_what_would_come_along(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each", "events": "each"}, at_most={"count": 1, "per": "week"})
    town.campaign("Monday", "events")
    town.hand_over()
    town.campaign("Held", "events", summary="what could not leave")
    town.hand_over()
    path = draft(at)
    page = at.get(f"{path}/preview?view=text&{as_anna(at, path)}")
    assert "They have had as many mails as they asked for".lower() in page.lower()
    assert "what could not leave" not in page
    at.at.later(days=7)
    page = at.get(f"{path}/preview?view=text&{as_anna(at, path)}")
    assert "1 other message that waits comes along" in page
    assert "what could not leave" in page


def test_for_whom_it_cannot_be_made_the_preview_says_why(at: Marketer) -> None:
    town_of(at).reader("anna", {"letter": "each"})
    path = draft(at, source="In {{ fields.city }}")
    page = at.get(f"{path}/preview?{as_anna(at, path)}")
    assert "cannot be made for Anna" in page
    at.post(f"{path}/test", {"email": "me@example.org"}, 422)


def test_a_test_mail_is_marked_and_is_nobodys_mail(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    chosen = as_anna(at, path)
    before = of_readers(at)
    where = at.post(f"{path}/test?{chosen}", {"email": "me@example.net"})
    assert "me@" not in where
    (mail,) = mails(town)
    assert "Subject: [Test] Hello Anna\r\n" in mail
    assert "<me@example.net>" in mail
    assert "anna@example.org" not in mail
    assert of_readers(at) == before == []
    page = at.get(where)
    assert "me@example.net" in page
    assert ">sent<" in page


def test_the_links_of_a_test_mail_do_nothing(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    at.post(f"{path}/test?{as_anna(at, path)}", {"email": "me@example.net"})
    (mail,) = mails(town)
    assert "List-Unsubscribe: <http://127.0.0.1:8642/u1/test>" in mail
    before = dump(at.at.there)
    answer = at.at.client.post("/u1/test", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert dump(at.at.there) == before


def test_a_test_mail_shows_the_campaign_as_it_stood_when_it_was_asked_for(at: Marketer) -> None:
    town = town_of(at)
    path = draft(at)
    at.post(f"{path}/test", {"email": "me@example.net"})
    fields = {"revision": "1", "source": "Changed since", "name": "November", "subject": "Later"}
    at.post(f"{path}/edit", {**fields, "order-letter": "1", "format": "markdown", "priority": "0"})
    (mail,) = mails(town)
    assert "The news of November." in mail


def test_without_sender_and_postal_address_no_test_mail_leaves(at: Marketer) -> None:
    path = draft(at)
    at.post("settings", {"name": "Newsletter", "zone": "Europe/Berlin", "language": "en", "sender": ""})
    assert "before the publication has its sender" in at.post(f"{path}/test", {"email": "me@example.net"}, 422)


@pytest.mark.parametrize("typed", ["", "me", "me@", "<me@example.net>\r\nBcc: you@example.net"])
def test_what_is_no_address_gets_no_test_mail(at: Marketer, typed: str) -> None:
    path = draft(at)
    before = dump(at.at.there)
    page = at.post(f"{path}/test", {"email": typed}, 422)
    assert 'id="problem-email"' in page
    assert dump(at.at.there) == before


def test_with_a_relay_an_address_is_asked_once_before_anything_is_sent_to_it(with_relay: Marketer) -> None:
    at = with_relay
    town = town_of(at)
    path = draft(at)
    where = at.post(f"{path}/test", {"email": "me@example.net"})
    assert "Press the button in it" in at.get(where)
    (asked,) = mails(town)
    assert "Subject: Test mails of" in asked
    assert "asked already" in at.post(f"{path}/test", {"email": "ME@example.net"}, 422)
    assert len(mails(town)) == 1
    assert "asked already" not in at.get(f"{path}/test")


def address_link(at: Marketer) -> str:
    return next(link for link in at.at.mailed_links() if "/console/address/" in link)


def test_who_presses_the_button_in_that_mail_gets_test_mails_from_then_on(with_relay: Marketer) -> None:
    at = with_relay
    town = town_of(at)
    path = draft(at)
    at.post(f"{path}/test", {"email": "me@example.net"})
    link = address_link(at)
    stranger = at.client.application.test_client()
    before = dump(at.at.there)
    page = stranger.get(link).get_data(as_text=True)
    assert "Is this your address?" in page
    assert dump(at.at.there) == before
    for _ in range(2):
        assert stranger.post(link, data={"csrf_token": csrf_of(page)}).status_code == 303
    assert "may come to you" in stranger.get(link).get_data(as_text=True)
    with at.at.there.database.read() as connection:
        assert len(connection.execute(select(EVENT).where(EVENT.c.kind == "test_address_verified")).all()) == 1
    at.post(f"{path}/test", {"email": "me@example.net"})
    assert "[Test] Hello Alex Example" in mails(town)[-1]
    assert 'value="me@example.net"' in at.get(f"{path}/test")


def test_a_forged_link_verifies_nobody(with_relay: Marketer) -> None:
    at = with_relay
    path = draft(at)
    at.post(f"{path}/test", {"email": "me@example.net"})
    link = address_link(at)
    page = at.client.get(link).get_data(as_text=True)
    forged = link[:-2] + ("AA" if not link.endswith("AA") else "BB")
    assert at.client.get(forged).status_code == 404
    assert at.client.post(forged, data={"csrf_token": csrf_of(page)}).status_code == 404
    at.post(f"{path}/test", {"email": "me@example.net"}, 422)


def test_a_link_of_another_purpose_verifies_nobody(with_relay: Marketer) -> None:
    at = with_relay
    town_of(at).reader("anna", {"letter": "each"})
    path = draft(at)
    at.post(f"{path}/test", {"email": "me@example.net"})
    with at.at.there.database.write() as connection:
        connection.execute(SERVICE_MAIL.update().values(kind="confirm"))
    assert at.client.get(f"/console/address/{'x' * 40}").status_code == 404


def test_an_address_that_is_never_written_to_is_not_asked(with_relay: Marketer) -> None:
    at = with_relay
    town = town_of(at)
    reader = town.reader("anna", {"letter": "each"})
    path = draft(at)
    with at.at.there.database.write() as connection:
        suppress(connection, at.at.there.publication, reader, Suppression.OPERATOR, SYSTEM, at.at.clock.now())
    at.post(f"{path}/test", {"email": "Anna@example.org"}, 422)
    assert mails(town) == []
