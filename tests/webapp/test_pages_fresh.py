"""A way in without an old mail: a link to the mailbox, and nothing that tells whether an address is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from preferences.expectation import Suppression
from preferences.store.database import Database
from preferences.store.events import SYSTEM
from preferences.store.fresh_links import AN_HOUR
from preferences.store.publications import create_publication
from preferences.store.suppressions import suppress
from preferences.store.tables import SERVICE_MAIL
from tests.store.newsletter import asked, rows, signed_up
from tests.webapp.visitor import Visitor, visitor


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What a site says to its database meanwhile, commits and all."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    def ended(_connection: Any) -> None:
        said.append("COMMIT")

    event.listen(database.engine, "before_cursor_execute", note)
    event.listen(database.engine, "commit", ended)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
        event.remove(database.engine, "commit", ended)


def sent_to(anna: Visitor) -> list[str]:
    with anna.there.database.read() as connection:
        mails = [row for row in rows(connection, SERVICE_MAIL) if row["kind"] == "fresh_link"]
    return [row["address"] for row in mails if row["address"] is not None]


def ask(anna: Visitor, address: str, network: str = "192.0.2.1") -> tuple[bytes, list[str]]:
    with statements(anna.there.database) as said:
        answer = anna.client.post("/fresh", data={"email": address}, environ_base={"REMOTE_ADDR": network})
    assert answer.status_code == 200
    return answer.data, said


def test_the_answer_and_the_statements_are_the_same_for_every_address(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        signed_up(anna.there, asked("letter"), address="known@example.org")
        complained = signed_up(anna.there, asked("letter"), address="complained@example.org")
        with anna.there.database.write() as connection:
            suppress(connection, anna.there.publication, complained, Suppression.COMPLAINT, SYSTEM, anna.clock.now())
        addresses = ["known", "nobody", "complained", *["known"] * 3]
        answers = [ask(anna, f"{name}@example.org", f"198.51.100.{place}") for place, name in enumerate(addresses)]
        answers += [ask(anna, "nobody@example.org", "203.0.113.9") for _ in range(AN_HOUR + 1)]
    assert len({page for page, _ in answers}) == 1
    assert len({tuple(said) for _, said in answers}) == 1
    assert answers[0][1][-1] == "COMMIT"


def test_one_network_gets_twenty_links_an_hour_whatever_the_addresses(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        signed_up(anna.there, asked("letter"), address="known@example.org")
        for number in range(AN_HOUR):
            ask(anna, f"nobody{number}@example.org")
        ask(anna, "known@example.org")
        assert sent_to(anna) == []
        ask(anna, "known@example.org", "192.0.2.2")
        anna.later(minutes=61)
        ask(anna, "known@example.org")
        assert sent_to(anna) == ["known@example.org"] * 2
        with anna.there.database.read() as connection:
            kept = [row["network"] for row in rows(connection, SERVICE_MAIL) if row["network"]]
    assert all(re.fullmatch(r"[0-9a-f]{64}", network) for network in kept)


@pytest.mark.parametrize("chosen", ["other", "default"])
def test_of_several_publications_the_one_that_was_chosen_sends_the_link(
    database_url: str, tmp_path: Path, chosen: str
) -> None:
    with visitor(database_url, tmp_path) as anna:
        with anna.there.database.write() as connection:
            create_publication(connection, slug="other", name="The Other", zone="UTC", now=anna.clock.now())
        signed_up(anna.there, asked("letter"), address="known@example.org")
        page = anna.get("/fresh?publication=other")
        assert '<option value="other" selected>' in page
        again = anna.send("/fresh", {"email": "no address", "publication": "other"}, 422)
        assert '<option value="other" selected>' in again
        slug = page.split('<option value="')[1].split('"')[0] if chosen == "default" else chosen
        anna.send("/fresh", {"email": "known@example.org", "publication": slug}, 200)
        assert sent_to(anna) == (["known@example.org"] if chosen == "default" else [])
