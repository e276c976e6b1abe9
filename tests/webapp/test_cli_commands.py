"""The commands that get a person going, and how every command says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from preferences.store.database import open_database
from preferences.store.installation import is_sandbox
from preferences.store.publications import publication_named
from preferences.store.tokens import TokenScope, token_of
from preferences.store.topics import topic_named
from tests.postgresql import PostgresqlServer
from tests.webapp.commands import Command, command_line
from webapp.cli import importing, restore
from webapp.cli.files import GivenFile

ROOT = Path(__file__).parents[2]


@pytest.fixture
def troth(tmp_path: Path, database_url: str) -> Command:
    return command_line(tmp_path, database_url)


def test_help_lists_every_command_without_loading_what_they_need() -> None:
    script = (
        "import sys\nfrom webapp.cli import troth\ntroth(['--help'], standalone_mode=False)\n"
        "heavy = {'sqlalchemy', 'flask', 'mailer', 'alembic', 'rich', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )

    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert answer.returncode == 0, answer.stderr
    for name in (
        "run",
        "web",
        "worker",
        "scheduler",
        "migrate",
        "publication",
        "topic",
        "token",
        "import",
        "explain",
        "audit",
        "status",
    ):
        assert f"\n  {name} " in answer.stdout


def test_the_version_is_said(troth: Command) -> None:
    assert troth("--version").stdout.startswith("troth ")


@pytest.mark.parametrize(
    ("typed", "meant"), [(["statsu"], "status"), (["topci", "show"], "topic"), (["topic", "creat"], "create")]
)
def test_whoever_mistypes_a_command_is_told_the_nearest(troth: Command, typed: list[str], meant: str) -> None:
    said = troth(*typed)
    assert (said.exit_code, f"Did you mean '{meant}'?" in said.stderr) == (2, True)


def test_what_is_like_no_command_is_not_guessed(troth: Command) -> None:
    said = troth("xylophone")
    assert (said.exit_code, "No such command 'xylophone'." in said.stderr) == (2, True)
    assert "mean" not in said.stderr


def test_every_problem_with_the_settings_is_said_at_once(tmp_path: Path) -> None:
    troth = command_line(tmp_path, "sqlite://", TROTH_LISTEN="nowhere", TROTH_COLOUR="red")

    answer = troth("topic", "show")

    assert answer.exit_code == 2
    assert "TROTH_LISTEN" in answer.stderr
    assert "TROTH_COLOUR" in answer.stderr
    assert answer.stdout == ""


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    troth = command_line(tmp_path, "postgresql://nobody@127.0.0.1:1/nothing")

    answer = troth("topic", "show")

    assert answer.exit_code == 1
    assert answer.stderr.startswith("troth: the database cannot be used now")
    assert "Traceback" not in answer.output


def test_a_postgresql_database_in_another_encoding_is_one_sentence(
    tmp_path: Path, postgresql_server: PostgresqlServer
) -> None:
    name = postgresql_server.create(template="template0", encoding="SQL_ASCII")
    try:
        troth = command_line(tmp_path, postgresql_server.database_url(name))
        for command in (("migrate",), ("topic", "show")):
            answer = troth(*command)
            assert answer.exit_code == 1
            assert "--encoding UTF8" in answer.stderr
        assert "SQL_ASCII" in troth("doctor", "--offline").stdout
    finally:
        postgresql_server.drop(name)


@contextmanager
def _somebody_else() -> Iterator[None]:
    """While it lasts, the superuser is somebody who may not read everything: not this Python either, so import before."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(_NUMBER_WITHOUT_A_NAME)
    try:
        yield
    finally:
        os.seteuid(own)


_NUMBER_WITHOUT_A_NAME = 4_000_000_000


def test_a_file_that_may_not_be_read_is_not_said_not_to_be_there(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "readers.csv").write_text("email\n")
    closed.chmod(0)
    with pytest.raises(click.BadParameter) as refused, _somebody_else():
        GivenFile().convert(str(closed / "readers.csv"), None, None)
    closed.chmod(0o700)
    assert f"may not read {closed / 'readers.csv'}" in refused.value.message


@pytest.mark.parametrize("command", [importing.command, restore.command], ids=lambda command: command.name)
def test_what_a_command_reads_is_looked_at_before_it_begins(command: click.Command) -> None:
    assert [one.name for one in command.params if isinstance(one.type, GivenFile)] != []


def test_a_data_directory_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    troth = command_line(
        tmp_path, "sqlite:///x", TROTH_DATABASE_URL=None, TROTH_DATA_DIR=str(tmp_path / "file" / "var")
    )

    answer = troth("topic", "show")

    assert answer.exit_code == 2
    assert "TROTH_DATA_DIR" in answer.stderr


def test_a_token_is_printed_and_nothing_else(troth: Command, database_url: str) -> None:
    answer = troth("token", "create", "--name", "website", "--scope", "send")

    assert answer.exit_code == 0, answer.stderr
    assert answer.stderr == ""
    token = answer.stdout.removesuffix("\n")
    assert token == token.strip()
    database = open_database(database_url)
    with database.read() as connection:
        found = token_of(connection, token)
    database.close()
    assert found is not None
    assert (found.name, found.scope) == ("website", TokenScope.SEND)


def test_a_token_of_the_sandbox_is_of_the_sandboxs_database(tmp_path: Path, troth: Command) -> None:
    answer = troth("token", "create", "--publication", "sandbox", "--name", "try", "--scope", "write")

    assert answer.stdout.startswith("tsb_")
    database = open_database(f"sqlite:///{tmp_path / 'var' / 'sandbox.sqlite3'}")
    with database.read() as connection:
        assert is_sandbox(connection)
        assert token_of(connection, answer.stdout.strip()) is not None
    database.close()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--name", "x", "--scope", "root"), "'root' is not one of"),
        (("--name", "x"), "--scope"),
    ],
)
def test_a_token_that_is_asked_for_wrongly_is_not_made(troth: Command, arguments: tuple[str, ...], why: str) -> None:
    answer = troth("token", "create", *arguments)

    assert answer.exit_code == 2
    assert why in answer.stderr
    assert answer.stdout == ""


def test_an_unknown_publication_names_those_there_are(troth: Command) -> None:
    answer = troth("token", "create", "--publication", "other", "--name", "x", "--scope", "read")

    assert answer.exit_code == 1
    assert answer.stderr == "troth: there is no publication 'other'; there are: newsletter\n"


def test_a_publication_is_made_complete(troth: Command, database_url: str) -> None:
    made = troth(
        *("publication", "create", "letter", "--name", "The Letter", "--zone", "Europe/Berlin"),
        *("--sender", "Ada <ada@example.org>", "--postal-address", "1 Example Street"),
    )

    assert made.exit_code == 0, made.stderr
    assert "Nothing leaves yet" not in made.stdout
    database = open_database(database_url)
    with database.read() as connection:
        row = publication_named(connection, "letter")
    database.close()
    assert (row.name, row.zone, row.sender, row.may_send) == (
        "The Letter",
        "Europe/Berlin",
        "Ada <ada@example.org>",
        True,
    )


def test_where_there_are_several_publications_a_command_asks_which(troth: Command) -> None:
    troth("publication", "create", "letter", "--name", "The Letter", "--zone", "Europe/Berlin")

    answer = troth("topic", "show")

    assert answer.exit_code == 1
    assert "--publication SLUG; there are: newsletter, letter" in answer.stderr


def test_setting_a_publication_changes_what_is_named_and_nothing_else(troth: Command) -> None:
    troth("publication", "set", "--name", "The Letter", "--sender", "ada@example.org")

    answer = troth("publication", "set", "--postal-address", "1 Example Street")

    assert "newsletter: The Letter" in answer.stdout
    assert "ada@example.org" in answer.stdout
    assert "Nothing leaves yet" not in answer.stdout


def test_every_wrong_field_of_a_publication_is_named(troth: Command) -> None:
    answer = troth("publication", "set", "--zone", "Mars/Base", "--sender", "no-reply@example.org")

    assert answer.exit_code == 1
    assert "troth: zone: " in answer.stderr
    assert "troth: sender: " in answer.stderr
    assert answer.stdout == ""


def test_the_sandbox_is_not_made_by_hand(troth: Command) -> None:
    assert troth("publication", "create", "sandbox", "--name", "S", "--zone", "UTC").exit_code == 1


def test_a_topic_is_made_with_its_cadence(troth: Command, database_url: str) -> None:
    answer = troth("topic", "create", "letter", "--name", "Letter", "--at-most", "2 per month", "--days", "tue,fri")

    assert answer.exit_code == 0, answer.stderr
    assert "at most 2 per month, usually on tue, fri" in answer.stdout
    database = open_database(database_url)
    with database.read() as connection:
        letter = topic_named(connection, publication_named(connection, None).id, "letter")
    database.close()
    assert (letter.cadence.at_most.count, letter.cadence.at_most.per.value) == (2, "month")
    assert sorted(letter.cadence.days) == [1, 4]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--at-most", "often"), "say how often as in"),
        (("--at-most", "0 per week"), "whole number from 1"),
        (("--at-most", "1 per fortnight"), "two weeks"),
        (("--at-most", "1 per week", "--days", "someday"), "'someday' is no day"),
        (("--at-most", "1 per week", "--at-least", "2"), "does not fit"),
        (("--at-most", "4 per week", "--notice"), "a cap per year"),
    ],
)
def test_a_cadence_that_cannot_be_is_refused(troth: Command, options: tuple[str, ...], why: str) -> None:
    answer = troth("topic", "create", "letter", "--name", "Letter", *options)

    assert answer.exit_code == 1
    assert why in answer.stderr
    assert "no topic yet" in troth("topic", "show").stdout


def test_a_topic_is_not_made_twice(troth: Command) -> None:
    again = [troth("topic", "create", "letter", "--name", "L", "--at-most", "1 a week").exit_code for _ in range(2)]

    assert again == [0, 1]
