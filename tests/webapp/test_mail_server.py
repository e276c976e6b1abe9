"""Setting up from elsewhere with the console's login, and trying the mail server on both pages that do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mailer.transport.probe import probe
from preferences.settings import SmtpServer
from preferences.store.publications import publications
from tests.mailer.transport.servers import Kept, here, real_server
from tests.webapp.console.marketer import HERE, csrf_of, login_link
from tests.webapp.test_pages_front_door import FORM, fresh
from tests.webapp.visitor import Visitor, visitor
from webapp import create_app

ELSEWHERE = {"Host": "letters.example.org", "X-Forwarded-For": "192.0.2.7"}


@contextmanager
def with_server(anna: Visitor, server: SmtpServer, *others: SmtpServer) -> Iterator[FlaskClient]:
    """A browser that keeps cookies, before a site that hands its mail to this server."""
    settings = replace(anna.site.settings, smtp=server, smtp_others=others)
    site = replace(anna.site, settings=settings, try_relay=partial(probe, server, anna.clock))
    app = create_app(site)
    app.testing = True
    yield app.test_client()


def sign_in(anna: Visitor, client: FlaskClient, headers: dict[str, str] | None = None) -> None:
    link = login_link(anna)
    page = client.get(link, headers=headers).get_data(as_text=True)
    assert client.post(link, data={"csrf_token": csrf_of(page)}, headers=headers).status_code == 303


def body(kept: Kept) -> str:
    ((_, _, content),) = kept.messages
    return content.decode()


def test_who_is_signed_in_sets_it_up_from_elsewhere(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        fresh(anna)
        client = anna.client.application.test_client()
        page = client.get("/set-up", headers=ELSEWHERE).get_data(as_text=True)
        assert "Sign in first" in page
        assert "troth console" in page
        assert client.post("/set-up", data=FORM, headers=ELSEWHERE).status_code == 409
        sign_in(anna, client, ELSEWHERE)
        assert 'name="postal_address"' in client.get("/set-up", headers=ELSEWHERE).get_data(as_text=True)
        assert client.post("/set-up", data=FORM, headers=ELSEWHERE).status_code == 303
        with anna.there.database.read() as connection:
            assert publications(connection)[0].may_send


def test_what_is_set_up_already_is_changed_in_the_console(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        client = anna.client.application.test_client()
        assert "It is set up" in client.get("/set-up").get_data(as_text=True)
        sign_in(anna, client, ELSEWHERE)
        assert client.get("/set-up", headers=ELSEWHERE).headers["Location"] == "/console"


def test_without_a_mail_server_the_pages_say_so_and_offer_no_try(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        fresh(anna)
        page = anna.get("/set-up")
        assert "TROTH_SMTP_URL" in page
        assert "Try the mail server" not in page
        anna.send("/set-up", {**FORM, "do": "try"}, 409)


def test_trying_tells_what_happened_saves_nothing_and_loses_nothing(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna, real_server() as (server, kept):
        fresh(anna)
        with with_server(anna, server) as client:
            page = client.post("/set-up", data={**FORM, "do": "try"}).get_data(as_text=True)
        assert f"127.0.0.1 answers on port {server.port}." in page
        assert "Mail can leave." in page
        assert "Vera&#39;s letter" in page
        assert kept.messages == []
        with anna.there.database.read() as connection:
            assert publications(connection)[0].sender is None


def test_a_test_mail_goes_to_the_address_typed_from_the_sender_typed(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna, real_server() as (server, kept):
        fresh(anna)
        with with_server(anna, server) as client:
            fields = {**FORM, "do": "try", "test_address": "me@example.org"}
            assert "It took the test mail" in client.post("/set-up", data=fields).get_data(as_text=True)
        assert kept.messages[0][:2] == ("vera@example.org", ("me@example.org",))
        assert "It arrived" in body(kept)
        assert "Auto-Submitted: auto-generated" in body(kept)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"test_address": "nobody"}, "test_address"),
        ({"test_address": "me@example.org", "sender": ""}, "sender"),
        ({"test_address": "me@example.org", "sender": "no-reply@example.org"}, "sender"),
    ],
)
def test_what_keeps_a_test_mail_from_leaving_is_said_beside_its_field(
    database_url: str, tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    with visitor(database_url, tmp_path) as anna, real_server() as (server, kept):
        fresh(anna)
        with with_server(anna, server) as client:
            answer = client.post("/set-up", data={**FORM, "do": "try", **changes})
        assert answer.status_code == 422
        assert f'id="problem-{field}"' in answer.get_data(as_text=True)
        assert kept.messages == []


def test_no_mailbox_is_filled_with_test_mails(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna, real_server() as (server, kept):
        fresh(anna)
        with with_server(anna, server) as client:
            fields = {**FORM, "do": "try", "test_address": "Me@example.org"}
            codes = [client.post("/set-up", data=fields).status_code for _ in range(4)]
            anna.later(days=1)
            codes.append(client.post("/set-up", data=fields).status_code)
        assert codes == [200, 200, 200, 422, 200]
        assert len(kept.messages) == 4


def test_a_stranger_cannot_try_the_mail_server(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna, real_server() as (server, kept):
        fresh(anna)
        with with_server(anna, server) as client:
            fields = {**FORM, "do": "try", "test_address": "me@example.org"}
            assert client.post("/set-up", data=fields, headers=ELSEWHERE).status_code == 409
        assert kept.connections == 0


def test_the_settings_show_the_server_without_its_password_and_try_it(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna, real_server() as (server, kept):
        with with_server(anna, server) as client:
            sign_in(anna, client)
            settings = client.get(f"{HERE}/settings").get_data(as_text=True)
            assert f"127.0.0.1, port {server.port}" in settings
            fields = {"csrf_token": csrf_of(settings), "form": "relay", "test_address": "me@example.org"}
            found = client.post(f"{HERE}/settings/mail-server", data=fields).get_data(as_text=True)
        assert "It took the test mail" in found
        assert len(kept.messages) == 1


def test_who_takes_over_is_shown_in_order_and_without_passwords(database_url: str, tmp_path: Path) -> None:
    others = [replace(here(2525), user="ben", password="quite secret"), here(2526)]
    with visitor(database_url, tmp_path) as anna, with_server(anna, here(1), *others) as client:
        sign_in(anna, client)
        page = client.get(f"{HERE}/settings").get_data(as_text=True)
    assert "While it cannot be reached, in this order: 127.0.0.1, port 2525" in page
    assert page.index("port 2525") < page.index("port 2526")
    assert "quite secret" not in page


def test_a_server_that_is_away_is_told_on_the_settings_page(database_url: str, tmp_path: Path) -> None:
    secret = here(1, user="me", password="top-secret")
    with visitor(database_url, tmp_path) as anna, with_server(anna, secret) as client:
        sign_in(anna, client)
        settings = client.get(f"{HERE}/settings").get_data(as_text=True)
        fields = {"csrf_token": csrf_of(settings), "form": "relay", "test_address": ""}
        found = client.post(f"{HERE}/settings/mail-server", data=fields).get_data(as_text=True)
        assert "Nothing listens at 127.0.0.1, port 1." in found
        assert "signs in as me" in found
        assert "top-secret" not in settings + found
