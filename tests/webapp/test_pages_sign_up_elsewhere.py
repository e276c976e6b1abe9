"""Signing up by a link that has chosen, by a form on another site, and as often as a program would."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from preferences.cadence import Cadence, Cap, Period
from preferences.expectation import Suppression
from preferences.store.events import SYSTEM
from preferences.store.networks import A_DAY, AN_HOUR, network_of
from preferences.store.service_mails import due_service_mails
from preferences.store.suppressions import suppress_address
from preferences.store.tables import CONSENT, EXPECTATION_TOPIC, SIGN_UP_REQUEST
from preferences.store.topics import create_topic, state_cadence, topic_named
from tests.store.newsletter import asked, count, rows, signed_up
from tests.webapp.visitor import Visitor, visitor
from webapp import create_app

PATH = "/p/newsletter/sign-up"
FORM = {"topic": "letter", "email": "anna@example.org", "step": "ask"}


def asked_from(anna: Visitor, address: str, **form: str) -> TestResponse:
    return anna.client.post(PATH, data={**FORM, **form}, environ_overrides={"REMOTE_ADDR": address})


def test_a_link_ticks_what_it_has_chosen_and_says_so(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.get(f"{PATH}?topic=letter&arrives-letter=weekly&topic=nothing&email=eve%40example.org")
        assert 'value="letter" checked' in page
        assert page.count(" checked") == 1
        assert '<option value="weekly" selected>' in page
        assert "has ticked this for you: <bdi>Letter</bdi>" in page
        assert "with everything about Letter" in page
        assert "eve@" not in page


def test_a_link_that_chooses_what_cannot_be_chooses_only_what_can(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.get(
            f"{PATH}?topic=notices&arrives-notices=weekly&arrives-letter=daily&topic=letter&arrives-letter=x"
        )
        assert page.count(" checked") == 2
        assert 'value="daily" selected' in page


def test_a_form_on_another_site_needs_a_topic_and_an_address_only_and_is_proved_with_where_it_stood(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        anna.client.post(
            PATH,
            data={"topic": "letter", "email": "anna@example.org"},
            headers={"Referer": "https://blog.example:8443/about?who=anna#form", "Origin": "https://blog.example:8443"},
        )
        anna.post(anna.mailed_links()[0])
        with anna.there.database.read() as connection:
            (proof,) = rows(connection, CONSENT)
        assert proof["url"] == "https://blog.example:8443/about"
        assert proof["confirmation_pressed_at"] is not None


def test_what_a_form_on_another_site_lacks_is_asked_for_on_the_page_and_nothing_is_lost(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.send(PATH, {"email": "anna@example.org", "name": "Anna"}, 422)
        assert 'id="problem-topic"' in page
        assert 'value="anna@example.org"' in page
        assert 'value="Anna"' in page


def test_what_the_sentence_said_is_accepted_also_where_the_cadence_is_raised_before_the_confirmation(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        anna.send(PATH, {"topic": "letter", "email": "anna@example.org"}, 200)
        with anna.there.database.write() as connection:
            letter = topic_named(connection, anna.there.publication, "letter")
            daily = Cadence(id=0, at_most=Cap(count=1, per=Period.DAY))
            state_cadence(connection, anna.there.publication, letter, daily, SYSTEM, anna.clock.now())
        anna.post(anna.mailed_links()[0])
        with anna.there.database.read() as connection:
            (choice,) = rows(connection, EXPECTATION_TOPIC)
        assert choice["accepted_id"] == letter.cadence.id


def test_what_only_a_program_fills_in_is_answered_like_success_and_does_nothing(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        trapped = anna.client.post(PATH, data={**FORM, "homepage": "https://casino.example"})
        with anna.there.database.read() as connection:
            assert count(connection, SIGN_UP_REQUEST) == 0
        real = anna.client.post(PATH, data=FORM)
        assert (trapped.status_code, trapped.data, list(trapped.headers)) == (
            real.status_code,
            real.data,
            list(real.headers),
        )


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The text of every statement, without what is put into it."""
    seen: list[str] = []

    def note(*given: object) -> None:
        seen.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_no_statement_and_no_byte_tells_one_address_from_another(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        signed_up(anna.there, asked("letter"), address="known@example.org")
        with anna.there.database.write() as connection:
            for name, reason in (("dead", Suppression.DEAD_ADDRESS), ("complained", Suppression.COMPLAINT)):
                suppress_address(
                    connection, anna.there.publication, f"{name}@example.org", reason, SYSTEM, anna.clock.now()
                )
        anna.client.post(PATH, data={**FORM, "email": "again@example.org"})
        answers, ran = [], []
        for name in ("unknown", "known", "dead", "complained", "again"):
            with statements(anna.there.database.engine) as seen:
                answers.append(anna.client.post(PATH, data={**FORM, "email": f"{name}@example.org"}))
            ran.append(seen)
        assert {answer.data for answer in answers} == {answers[0].data}
        assert all(seen == ran[0] for seen in ran)
        with anna.there.database.read() as connection:
            due = {row.address for row in due_service_mails(connection, anna.clock.now())}
        assert "complained@example.org" not in due
        assert {"unknown@example.org", "again@example.org"} <= due


def test_a_network_that_asks_for_very_many_is_asked_to_come_back_whatever_the_address(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        signed_up(anna.there, asked("letter"), address="known@example.org")
        for number in range(AN_HOUR):
            assert asked_from(anna, "192.0.2.1", email=f"a{number}@example.org").status_code == 200
        refused = [asked_from(anna, "192.0.2.1", email=f"{name}@example.org") for name in ("known", "unknown")]
        assert [answer.status_code for answer in refused] == [429, 429]
        assert refused[0].headers["Retry-After"] == "3600"
        texts = [re.sub("(un)?known@", "", answer.get_data(as_text=True)) for answer in refused]
        assert texts[0] == texts[1]
        assert 'value="known@example.org"' in refused[0].get_data(as_text=True)
        assert asked_from(anna, "192.0.2.2").status_code == 200
        anna.later(hours=1)
        assert asked_from(anna, "192.0.2.1").status_code == 200


@pytest.mark.slow
def test_a_day_has_its_own_limit(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        for number in range(A_DAY):
            assert asked_from(anna, "192.0.2.1", email=f"a{number}@example.org").status_code == 200
            anna.later(minutes=3)
        assert asked_from(anna, "192.0.2.1").status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, None, "127.0.0.1"),
    ],
)
def test_who_asks_is_believed_of_so_many_proxies_as_the_settings_say(
    database_url: str, tmp_path: Path, proxies: int, forwarded: str | None, address: str
) -> None:
    with visitor(database_url, tmp_path) as anna:
        app = create_app(replace(anna.site, settings=replace(anna.site.settings, trusted_proxies=proxies)))
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example"}
        app.test_client(use_cookies=False).post(PATH, data=FORM, headers=headers)
        with anna.there.database.read() as connection:
            (kept,) = rows(connection, SIGN_UP_REQUEST)
        assert kept["network_address"] == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", None),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("[2001:db8::1]:443", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        (None, None),
    ],
)
def test_ipv6_is_counted_by_what_one_customer_has(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


def test_forty_topics_take_no_more_statements_than_three_and_little_room(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        engine, now = anna.there.database.engine, anna.clock.now()
        anna.get(PATH)
        with statements(engine) as few:
            anna.get(PATH)
        with anna.there.database.write() as connection:
            for number in range(37):
                monthly = Cadence(id=0, at_most=Cap(count=2, per=Period.MONTH))
                create_topic(connection, anna.there.publication, slug=f"topic-{number}", name=f"Topic {number}",
                             description="What it is about, in one sentence", cadence=monthly, by=SYSTEM, now=now)  # fmt: skip
        with statements(engine) as many:
            page = anna.get(f"{PATH}?topic=letter")
        assert page.count('name="topic"') == 40
        # The sentence of what the link has ticked is made from the terms, beside what the page asks anyway.
        assert len(many) <= len(few) + 4
        assert len(gzip.compress(page.encode(), 9)) < 12_000
