"""Who may use the console, and which forms it takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.console.marketer import HERE, Marketer, csrf_of, login_link, marketer, sandbox
from tests.webapp.visitor import Visitor, dump, visitor


@pytest.fixture
def stranger(database_url: str, tmp_path: Path) -> Iterator[Visitor]:
    with visitor(database_url, tmp_path) as at:
        yield at


@pytest.fixture
def signed_in(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as at:
        yield at


def test_nobody_sees_the_console_without_signing_in(stranger: Visitor) -> None:
    for path in ("/console", f"{HERE}/", f"{HERE}/topics", f"{HERE}/nowhere"):
        assert stranger.client.get(path).status_code in (401, 404), path
    assert "Sign in" in stranger.get("/console", 401)


def test_a_form_of_somebody_who_is_not_signed_in_changes_nothing(stranger: Visitor) -> None:
    before = dump(stranger.there)
    answer = stranger.client.post(f"{HERE}/topics/new", data={"name": "A", "slug": "a", "count": "1"})
    assert answer.status_code == 401
    assert dump(stranger.there) == before


def test_a_login_link_works_once(stranger: Visitor) -> None:
    link = login_link(stranger)
    first, second = (stranger.client.application.test_client() for _ in range(2))
    page = first.get(link).get_data(as_text=True)
    other = second.get(link).get_data(as_text=True)
    assert first.post(link, data={"csrf_token": csrf_of(page)}).status_code == 303
    assert first.get(f"{HERE}/").status_code == 200
    assert second.post(link, data={"csrf_token": csrf_of(other)}).status_code == 410
    assert second.get(f"{HERE}/").status_code == 401
    assert second.get(link).status_code == 410


def test_looking_at_a_login_link_does_not_use_it_up(stranger: Visitor) -> None:
    link = login_link(stranger)
    before = dump(stranger.there)
    for _ in range(3):
        assert stranger.client.get(link).status_code == 200
    assert dump(stranger.there) == before


def test_a_login_link_is_over_after_twelve_hours(stranger: Visitor) -> None:
    link = login_link(stranger)
    stranger.later(hours=12)
    assert stranger.client.get(link).status_code == 410


def test_a_link_that_was_never_made_opens_nothing(stranger: Visitor) -> None:
    assert stranger.client.get("/console/login/guessed").status_code == 410


def test_a_session_is_over_after_thirty_days(signed_in: Marketer) -> None:
    signed_in.at.later(days=29)
    signed_in.get("")
    signed_in.at.later(days=1)
    signed_in.get("", 401)


def test_a_forged_cookie_opens_nothing(signed_in: Marketer) -> None:
    cookie = signed_in.client.get_cookie("troth_console")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    stranger = signed_in.client.application.test_client()
    # Not the last character: of its six bits two say nothing, so that another one can be the same signature.
    changed = "B" if cookie.value[-10] == "A" else "A"
    for forged in (cookie.value[:-10] + changed + cookie.value[-9:], "e30.x.y", ""):
        stranger.set_cookie("troth_console", forged)
        assert stranger.get(f"{HERE}/").status_code == 401


def test_signing_out_ends_the_session_for_whoever_copied_its_cookie(signed_in: Marketer) -> None:
    cookie = signed_in.client.get_cookie("troth_console")
    assert cookie is not None
    token = csrf_of(signed_in.get("topics/new"))
    assert signed_in.client.post("/console/leave", data={"csrf_token": token}).status_code == 303
    thief = signed_in.client.application.test_client()
    thief.set_cookie("troth_console", cookie.value)
    assert thief.get(f"{HERE}/").status_code == 401


def test_a_form_without_its_token_changes_nothing(signed_in: Marketer) -> None:
    before = dump(signed_in.at.there)
    fields = {"name": "A", "slug": "a", "count": "1", "per": "week"}
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "forged"}):
        assert signed_in.client.post(f"{HERE}/topics/new", data={**fields, **token}).status_code == 400
    assert dump(signed_in.at.there) == before


def test_the_sandbox_asks_nobody_and_takes_forms_of_its_own_pages_only(database_url: str, tmp_path: Path) -> None:
    with sandbox(database_url, tmp_path) as at:
        at.get("")
        assert at.client.post(f"{HERE}/topics/new", data={"name": "A", "slug": "a"}).status_code == 400


def test_the_cookie_is_for_encrypted_connections_only_where_there_are_any(stranger: Visitor) -> None:
    assert stranger.client.application.config["SESSION_COOKIE_SECURE"] is False
    assert stranger.client.application.config["SESSION_COOKIE_HTTPONLY"] is True
