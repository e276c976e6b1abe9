"""Signing up and confirming, as somebody without scripts does it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from preferences.address import parse_address
from preferences.links import Purpose
from preferences.store.changes import asked_now
from preferences.store.retention import forget
from preferences.store.service_mails import due_service_mails, mark_sent
from preferences.store.subscribers import subscriber_at
from preferences.store.tables import CAMPAIGN, CONSENT, EXPECTATION_TOPIC, SIGN_UP_REQUEST, SUBSCRIBER
from tests.store.newsletter import add_campaign, asked, count, rows, signed_up, written
from tests.webapp.visitor import Visitor, visitor

PATH = "/p/newsletter/sign-up"
SENTENCE = "You get Letter once a week, usually on Tuesdays. Nothing else."


def test_the_form_shows_topics_with_their_cadence_and_nothing_is_ticked(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.get(PATH)
        assert "once a week, usually on Tuesdays" in page
        assert "checked" not in page


def test_show_me_says_the_sentence_and_keeps_what_was_typed_and_stores_nothing(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.send(PATH, {"step": "show", "topic": "letter", "zone": "Europe/Paris"}, 200)
        assert SENTENCE in page
        assert 'value="Europe/Paris"' in page
        with anna.there.database.read() as connection:
            assert count(connection, SIGN_UP_REQUEST) == 0


def test_the_whole_way_from_a_stranger_to_a_subscriber(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        form = {
            "topic": "letter",
            "email": "Anna@Example.org",
            "zone": "Europe/Paris",
            "count-total": "1",
            "per-total": "week",
        }
        assert "Check your mail" in anna.send(PATH, form, 200)
        (confirm,) = anna.mailed_links()
        page = anna.get(confirm)
        assert "At most one mail a week, about Letter." in page
        with anna.there.database.read() as connection:
            assert count(connection, SUBSCRIBER) == 0
        anna.post(confirm)
        assert "Your address is confirmed" in anna.get(confirm)
        anna.post(confirm)
        assert "Your address is confirmed" in anna.get(confirm)
        with anna.there.database.read() as connection:
            person = subscriber_at(connection, anna.there.publication, parse_address("anna@example.org"))
            assert person is not None
            assert written(asked_now(connection, anna.there.publication, person.id)) == written(
                asked("letter", at_most={"count": 1, "per": "week"})
            )
            (proof,) = rows(connection, CONSENT)
        assert proof["url"] == "http://127.0.0.1:8642/p/newsletter/sign-up"
        assert proof["network_address"] == "127.0.0.1"
        assert proof["promise"].startswith("At most one mail a week, about Letter.")


def test_known_and_unknown_addresses_get_the_same_answer(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        signed_up(anna.there, asked("letter"), address="known@example.org")
        answers = [
            anna.client.post(path, data={"topic": "letter", "email": email})
            for path in (PATH, "/fresh", "/p/newsletter/fresh")
            for email in ("known@example.org", "unknown@example.org")
        ]
        for known, unknown in zip(answers[::2], answers[1::2], strict=True):
            assert (known.status_code, known.data, list(known.headers)) == (
                unknown.status_code,
                unknown.data,
                list(unknown.headers),
            )


def test_asking_again_on_the_same_day_sends_nothing_more(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        for _ in range(3):
            anna.send(PATH, {"topic": "letter", "email": "anna@example.org"}, 200)
        with anna.there.database.read() as connection:
            assert len(due_service_mails(connection, anna.clock.now())) == 1


@pytest.mark.parametrize(
    ("form", "message", "field"),
    [
        ({"topic": "letter", "email": "nobody"}, "an e-mail address looks like", "email"),
        ({"email": "anna@example.org"}, "choose at least one", "topic"),
        ({"topic": "letter", "email": "anna@example.org", "zone": "Mars/Base"}, "is not a time zone", "zone"),
        ({"topic": "letter", "email": "anna@example.org", "count-total": "many"}, "whole number", "count-total"),
        ({"topic": "letter", "email": "anna@example.org", "name": "A\x07B"}, "one line", "name"),
        (
            {"topic": "notices", "arrives-notices": "weekly", "email": "a@example.org"},
            "always arrives as each",
            "arrives-notices",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    database_url: str, tmp_path: Path, form: dict[str, str], message: str, field: str
) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.send(PATH, {**form, "count-letter": "7"}, 422)
        assert message in page
        assert f'id="problem-{field}"' in page
        if "topic" in form:
            assert f'value="{form["topic"]}" checked' in page
        with anna.there.database.read() as connection:
            assert count(connection, SIGN_UP_REQUEST) == 0


def test_what_is_accepted_is_the_cadence_on_the_page(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.get(PATH)
        version = page.split('name="cadence-letter" value="')[1].split('"')[0]
        anna.send(PATH, {"topic": "letter", "email": "a@example.org", "cadence-letter": version}, 200)
        anna.post(anna.mailed_links()[0])
        with anna.there.database.read() as connection:
            (choice,) = rows(connection, EXPECTATION_TOPIC)
        assert choice["accepted_id"] == int(version)


def test_an_unknown_publication_is_not_there(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        assert "leads nowhere" in anna.get("/p/other/sign-up", 404)
        assert "leads nowhere" in anna.get("/no/such/page", 404)


def confirmed_by(anna: Visitor, topic: str) -> str:
    anna.send(PATH, {"topic": topic, "email": "anna@example.org"}, 200)
    return anna.mailed_links()[-1]


def test_a_confirmation_of_who_has_left_since_says_so_and_brings_nobody_back(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        confirm = confirmed_by(anna, "letter")
        anna.post(confirm)
        with anna.there.database.read() as connection:
            person = subscriber_at(connection, anna.there.publication, parse_address("anna@example.org"))
        assert person is not None
        anna.post(f"/u/{anna.token(Purpose.UNSUBSCRIBE, person.id)}", do="all")
        anna.post(confirm)
        assert "You have unsubscribed since" in anna.get(confirm)


def test_a_confirmation_shows_the_latest_of_each_chosen_topic_and_nothing_of_others(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        there, before = anna.there, anna.clock.now() - timedelta(days=1)
        with there.database.write() as connection:
            add_campaign(connection, there, there.letter, before, title="Of the letter")
            add_campaign(connection, there, there.events, before, title="Of events")
            connection.execute(update(CAMPAIGN).values(planned_at=before))
        confirm = confirmed_by(anna, "letter")
        for page in (anna.get(confirm), anna.post(confirm) and anna.get(confirm)):
            assert "Of the letter" in page
            assert "Of events" not in page


def test_who_gets_mail_already_is_told_what_a_confirmation_adds(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        assert "You get mail from us already" not in anna.get(confirmed_by(anna, "letter"))
        signed_up(anna.there, asked("letter"))
        anna.later(days=2)
        assert "You get mail from us already" in anna.get(confirmed_by(anna, "events"))


def test_a_confirmation_that_came_too_late_says_that_it_is_over(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        confirm = confirmed_by(anna, "letter")
        anna.later(days=31)
        with anna.there.database.write() as connection:
            forget(connection, anna.clock.now())
            assert rows(connection, SIGN_UP_REQUEST)[0]["address"] is not None
            mark_sent(connection, due_service_mails(connection, anna.clock.now())[0], anna.clock.now())
        anna.later(days=31)
        with anna.there.database.write() as connection:
            forget(connection, anna.clock.now())
        assert "Sign up again" in anna.get(confirm, 410)
        anna.post(confirm)
        with anna.there.database.read() as connection:
            assert count(connection, SUBSCRIBER) == 0
