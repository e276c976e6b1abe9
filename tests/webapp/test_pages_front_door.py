"""The front door: the example beside one's own newsletter, which only who sits at the machine may set up."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from preferences.store.publications import publications
from preferences.store.tables import PUBLICATION, SUBSCRIBER
from preferences.store.topics import topics
from tests.store.newsletter import asked, mail_handed_over, signed_up
from tests.webapp.visitor import Visitor, visitor
from webapp import create_app
from webapp.pages.styles import FOLDER

FORM = {
    "name": "Vera's letter",
    "sender": "Vera Lind <vera@example.org>",
    "postal_address": "1 Example Street\n12345 Exampleton",
    "zone": "Europe/Berlin",
    "topic": "Café & more",
    "description": "What is new",
    "count": "2",
    "per": "month",
    "day": "tue",
}


def fresh(anna: Visitor) -> None:
    """As an installation begins: nothing may leave yet."""
    with anna.there.database.write() as connection:
        connection.execute(PUBLICATION.update().values(sender=None, postal_address=None, name="My newsletter"))


def test_the_front_door_leads_to_the_example_beside_and_to_setting_up(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        fresh(anna)
        sandbox = replace(anna.site, advance=lambda _to: None, base_url=f"{anna.site.base_url}/sandbox")
        client = create_app(replace(anna.site, sandbox=sandbox)).test_client()
        page = client.get("/").get_data(as_text=True)
        for link in ("/sandbox/p/newsletter/sign-up", "/sandbox/inbox", "/set-up"):
            assert f'href="{link}"' in page


def test_one_form_sets_up_sender_address_and_the_first_promise(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        fresh(anna)
        assert "postal_address" in anna.get("/set-up")
        answer = anna.client.post("/set-up", data=FORM)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        with anna.there.database.read() as connection:
            row = publications(connection)[0]
            made = next(topic for topic in topics(connection, row.id) if topic.slug == "cafe-more")
        assert row.may_send
        assert (row.name, row.sender) == ("Vera's letter", "Vera Lind <vera@example.org>")
        assert (made.name, made.cadence.at_most.count, made.cadence.at_most.per.value) == ("Café & more", 2, "month")
        assert "set-up" not in anna.get("/")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("sender", ""),
        ("sender", "no-reply@example.org"),
        ("sender", "nobody"),
        ("postal_address", ""),
        ("zone", "Mars/Olympus"),
        ("topic", ""),
        ("count", "many"),
        ("count", "0"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_half_done(
    database_url: str, tmp_path: Path, field: str, value: str
) -> None:
    with visitor(database_url, tmp_path) as anna:
        fresh(anna)
        with anna.there.database.read() as connection:
            before = len(topics(connection, anna.there.publication))
        page = anna.client.post("/set-up", data={**FORM, field: value})
        assert page.status_code == 422
        text = page.get_data(as_text=True)
        assert f'id="problem-{field}"' in text
        assert "Vera&#39;s letter" in text or field == "name"
        with anna.there.database.read() as connection:
            assert publications(connection)[0].sender is None
            assert len(topics(connection, anna.there.publication)) == before


@pytest.mark.parametrize(
    "stranger",
    [
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "192.0.2.7"}},
        {"headers": {"Host": "rebound.example"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
    ],
)
def test_only_who_sits_at_the_machine_may_set_it_up(
    database_url: str, tmp_path: Path, stranger: dict[str, Any]
) -> None:
    with visitor(database_url, tmp_path) as anna:
        fresh(anna)
        assert anna.client.post("/set-up", data=FORM, **stranger).status_code == 409
        with anna.there.database.read() as connection:
            assert publications(connection)[0].sender is None


def test_it_is_set_up_once(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        fresh(anna)
        anna.send("/set-up", FORM)
        anna.send("/set-up", {**FORM, "name": "Another"}, 409)
        assert "It is set up" in anna.get("/set-up")
        with anna.there.database.read() as connection:
            assert publications(connection)[0].name == "Vera's letter"


def test_a_stranger_sees_the_publications_and_no_word_of_what_serves_them(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = anna.client.get("/", headers={"Host": "letters.example.org"}).get_data(as_text=True)
        assert 'href="/p/newsletter/sign-up"' in page
        assert "Troth" not in page
        assert "inbox" not in page


def example_beside(anna: Visitor) -> str:
    """The front door with the same site as the example beside it, as text without tags."""
    sandbox = replace(anna.site, advance=lambda _to: None, base_url=f"{anna.site.base_url}/sandbox")
    page = create_app(replace(anna.site, sandbox=sandbox)).test_client().get("/").get_data(as_text=True)
    return " ".join(re.sub("<[^>]*>", "", page).split())


def test_the_front_door_says_how_much_life_there_is_in_the_example(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        people = [signed_up(anna.there, asked("letter"), address=f"reader{number}@example.org") for number in range(4)]
        with anna.there.database.write() as connection:
            gone = SUBSCRIBER.c.id == people[0]
            connection.execute(update(SUBSCRIBER).where(gone).values(unsubscribed_at=anna.clock.now()))
        for weeks in (1, 9):
            mail_handed_over(anna.there, people[1], anna.there.letter, anna.clock.now() - timedelta(weeks=weeks))
        assert "full of life: 3 readers, and 1 mail in the last eight weeks" in example_beside(anna)


def test_an_example_that_is_empty_is_not_praised(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        page = example_beside(anna)
        assert "It is empty so far" in page
        assert "full of life" not in page


def test_every_file_that_pages_refer_to_is_served(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        for file in FOLDER.iterdir():
            assert anna.client.get(f"/static/{file.name}").status_code == 200, file.name
