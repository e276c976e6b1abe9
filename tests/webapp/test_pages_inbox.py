"""Whose mail the test inbox shows: in the sandbox one's own among everybody's, elsewhere whose one asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flask.testing import FlaskClient

from preferences.store.tables import CAPTURED_MAIL
from tests.webapp.visitor import Visitor, visitor
from webapp import create_app


def _arrived(anna: Visitor, *recipients: str) -> None:
    with anna.there.database.write() as connection:
        for recipient in recipients:
            connection.execute(
                CAPTURED_MAIL.insert().values(
                    publication_id=anna.there.publication,
                    sender="letter@example.org",
                    recipient=recipient,
                    subject=f"For {recipient}",
                    source=b"Subject: x\r\n\r\nx\r\n",
                    captured_at=anna.clock.now(),
                )
            )


def _browser(anna: Visitor, *, is_sandbox: bool) -> FlaskClient:
    """A browser that keeps cookies."""
    site = replace(anna.site, advance=_stand_still) if is_sandbox else anna.site
    app = create_app(site)
    app.testing = True
    return app.test_client()


def _stand_still(_to: datetime) -> None:
    """The clock of this sandbox is nobody's."""


def _signed_up(browser: FlaskClient, email: str) -> None:
    form = {"topic": "letter", "arrives-letter": "each", "email": email, "step": "ask"}
    assert browser.post("/p/newsletter/sign-up", data=form).status_code == 200


def test_who_signed_up_in_the_sandbox_sees_their_own_mail_and_everybodys_where_they_ask(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        _arrived(anna, "Nora@example.org", "ben@example.org", "ben@example.org")
        browser = _browser(anna, is_sandbox=True)
        assert 'class="badge">3<' in browser.get("/inbox").get_data(as_text=True)
        _signed_up(browser, "nora@Example.org")
        page = browser.get("/inbox").get_data(as_text=True)
        assert "For Nora@example.org" in page
        assert "For ben@example.org" not in page
        assert 'class="badge">1<' in page
        assert "1 of 3 mails, to nora@" in page
        assert "For ben@example.org" in browser.get("/inbox?to=").get_data(as_text=True)


def test_a_site_that_writes_to_real_people_keeps_no_address_in_the_browser(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        browser = _browser(anna, is_sandbox=False)
        form = {"topic": "letter", "arrives-letter": "each", "email": "nora@example.org", "step": "ask"}
        answer = browser.post("/p/newsletter/sign-up", data=form)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers


def test_the_inbox_can_be_asked_for_one_address(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        _arrived(anna, *[f"r{number}@example.org" for number in range(120)])
        page = anna.get("/inbox?to=r3@example.org")
        assert "For r3@example.org" in page
        assert "For r4@example.org" not in page
        assert "For r3@example.org" not in anna.get("/inbox?to=")
        older = anna.get("/inbox").split('href="/inbox?before=')[1].split('"')[0]
        assert "For r3@example.org" in anna.get(f"/inbox?before={older.replace('&amp;', '&')}")
        assert "There is no mail to x@example.org yet" in anna.get("/inbox?to=x@example.org")


def test_what_is_no_address_is_said_beside_the_field_and_kept(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        _arrived(anna, "ben@example.org")
        page = anna.get("/inbox?to=nobody at all")
        assert 'value="nobody at all"' in page
        assert 'id="to-problem"' in page
        assert "For ben@example.org" not in page
        browser = _browser(anna, is_sandbox=True)
        browser.set_cookie("troth_visitor", "not an address", domain="localhost")
        assert "For ben@example.org" in browser.get("/inbox").get_data(as_text=True)
