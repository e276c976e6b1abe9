"""Migrating brings both databases to the newest revision, and checking changes nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, inspect, text

from preferences.store.database import open_database
from preferences.store.installation import is_sandbox
from preferences.store.publications import publications
from tests.webapp.commands import command_line


def test_migrating_makes_both_databases_and_founds_them(tmp_path: Path, blank_database_url: str) -> None:
    troth = command_line(tmp_path, blank_database_url)

    answers = [troth("migrate"), troth("migrate")]

    assert [answer.exit_code for answer in answers] == [0, 0], answers[0].stderr
    for url, slug in (
        (blank_database_url, "newsletter"),
        (f"sqlite:///{tmp_path / 'var' / 'sandbox.sqlite3'}", "sandbox"),
    ):
        database = open_database(url)
        with database.read() as connection:
            assert [row.slug for row in publications(connection)] == [slug]
            assert is_sandbox(connection) == (slug == "sandbox")
        database.close()


def test_a_database_at_the_newest_revision_passes_the_check(tmp_path: Path, database_url: str) -> None:
    answer = command_line(tmp_path, database_url)("migrate", "--check")

    assert answer.exit_code == 0, answer.stderr


def test_a_database_that_is_behind_fails_the_check_and_is_left_alone(tmp_path: Path, blank_database_url: str) -> None:
    answer = command_line(tmp_path, blank_database_url)("migrate", "--check")

    assert answer.exit_code == 1
    assert "troth migrate" in answer.stderr
    engine = create_engine(blank_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_database_that_differs_from_the_tables_fails_the_check(tmp_path: Path, database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (number INTEGER)"))
    engine.dispose()

    answer = command_line(tmp_path, database_url)("migrate", "--check")

    assert answer.exit_code == 1
    assert "left_behind" in answer.stderr


def test_without_a_database_of_its_own_the_migrations_are_checked_on_a_fresh_one(tmp_path: Path) -> None:
    troth = command_line(tmp_path, "", TROTH_DATABASE_URL=None, TROTH_SECRET_KEY=None)

    answer = troth("migrate", "--check")

    assert answer.exit_code == 0, answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_command_on_a_database_that_is_behind_says_what_to_do(tmp_path: Path, blank_postgresql_url: str) -> None:
    answer = command_line(tmp_path, blank_postgresql_url)("topic", "show")

    assert answer.exit_code == 1
    assert answer.stderr.endswith("bring it there with: troth migrate\n")


def test_a_database_in_the_data_directory_needs_no_migrating_by_hand(tmp_path: Path) -> None:
    troth = command_line(tmp_path, "", TROTH_DATABASE_URL=None, TROTH_SECRET_KEY=None)

    assert troth("topic", "show").exit_code == 0
