"""Privacy: what is said of the law goes into every proof from then on, and the story of a subscriber shows the proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from preferences.links import Kind
from preferences.store.publications import publication
from tests.store.newsletter import NOON, asked, signed_up
from tests.webapp.console.marketer import Marketer, marketer
from webapp.access import public_ids

FORM = {"jurisdiction": "Germany, UWG § 7", "legal_basis": "soft_opt_in", "proof_days": "90"}


def test_the_law_stands_in_each_proof_from_then_on_and_the_story_shows_it(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        there = writer.at.there
        before = signed_up(there, asked("letter"), address="before@example.org")
        assert writer.post("settings/privacy", FORM) == "settings/privacy"
        assert "UWG § 7" in writer.get("settings/privacy")
        after = signed_up(there, asked("letter"), network_address="192.0.2.1", url="https://example.org/here", now=NOON)
        story = writer.get(f"subscribers/{_id(writer, after)}")
        for said in ("Germany, UWG § 7", "soft opt in", "192.0.2.1", "https://example.org/here", "confirmed by mail"):
            assert said in story
        assert "UWG" not in writer.get(f"subscribers/{_id(writer, before)}")


def _id(writer: Marketer, person: int) -> str:
    with writer.client.application.app_context(), writer.at.there.database.read() as connection:
        return public_ids(connection).public_id(Kind.SUBSCRIBER, person)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("proof_days", "-1"),
        ("proof_days", "9999"),
        ("proof_days", "soon"),
        ("legal_basis", "because"),
        ("jurisdiction", "a\x00b"),
        ("jurisdiction", "x" * 201),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_changes(
    database_url: str, tmp_path: Path, field: str, value: str
) -> None:
    with marketer(database_url, tmp_path) as writer:
        page = writer.post("settings/privacy", {**FORM, field: value}, 422)
        assert f'id="problem-{field}"' in page
        with writer.at.there.database.read() as connection:
            assert publication(connection, writer.at.there.publication).legal_basis == "consent"


def test_how_long_the_ledger_is_kept_is_said_and_kept(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        assert writer.post("settings/privacy", {**FORM, "ledger_days": "730"}) == "settings/privacy"
        assert 'value="730"' in writer.get("settings/privacy")
        assert "400" in writer.post("settings/privacy", {**FORM, "ledger_days": "30"}, 422)
        writer.post("settings/privacy", {**FORM, "ledger_days": ""})
        with writer.at.there.database.read() as connection:
            assert publication(connection, writer.at.there.publication).ledger_days is None
