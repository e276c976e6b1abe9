"""What an operator does for one person by a command; the address stands in no list of processes."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from preferences.address import parse_address
from preferences.expectation import Suppression
from preferences.store.database import open_database
from preferences.store.subscribers import subscriber_at
from preferences.store.suppressions import suppress
from tests.store.newsletter import ANNA, BY_LINK, asked, newsletter, signed_up
from webapp.cli import troth

# Commands run on the clock of the machine.
LONG_AGO = datetime(2024, 1, 2, tzinfo=UTC)


class Operator:
    """Somebody at the machine, who types the address when asked, or gives it on standard input."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self._settings = {"TROTH_DATABASE_URL": url, "TROTH_DATA_DIR": str(folder / "v"), "TROTH_SECRET_KEY": "k" * 40}

    def runs(self, *arguments: str, typed: str = f"{ANNA}\n") -> Result:
        command = ["subscriber", *arguments]
        answer = CliRunner(env=self._settings).invoke(troth, command, input=typed, prog_name="troth")
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer

    def anna(self) -> tuple[bool, Suppression | None]:
        """Whether anybody is known at Anna's address, and why nothing is written there."""
        database = open_database(self.url)
        try:
            with database.read() as connection:
                person = subscriber_at(connection, 1, parse_address(ANNA))
                return person is not None, None if person is None else person.suppressed
        finally:
            database.close()


@pytest.fixture
def operator(sqlite_url: str, tmp_path: Path) -> Operator:
    with newsletter(sqlite_url) as there:
        signed_up(there, asked("letter"), now=LONG_AGO)
    return Operator(tmp_path, sqlite_url)


def test_everything_of_one_person_is_written_to_a_file(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "anna.json"
    assert operator.runs("export", "--address", "-", "--output", str(file)).exit_code == 0
    assert json.loads(file.read_text())["person"]["address"] == ANNA
    tables = tmp_path / "anna.zip"
    assert operator.runs("export", "--format", "zip", "--output", str(tables)).exit_code == 0
    assert "consents.csv" in zipfile.ZipFile(tables).namelist()


def test_an_address_on_the_command_line_is_refused(operator: Operator) -> None:
    answer = operator.runs("erase", "--yes", "--address", ANNA)
    assert (answer.exit_code, operator.anna()[0]) == (1, True)
    assert "list of processes" in answer.output


def test_erasing_asks_first_and_leaves_nobody(operator: Operator) -> None:
    assert operator.runs("erase", typed="n\n").exit_code == 1
    assert operator.anna()[0]
    assert operator.runs("erase", "--yes", "--address", "-").output.endswith("erased\n")
    assert not operator.anna()[0]
    assert "nobody is known" in operator.runs("erase", "--yes", "--address", "-").output


def test_who_is_blocked_is_let_in_again(operator: Operator) -> None:
    assert operator.runs("block", "--address", "-", "--reason", "They asked").exit_code == 0
    assert operator.anna()[1] is Suppression.OPERATOR
    assert operator.runs("let-in", "--address", "-", "--reason", "They asked again").exit_code == 0
    assert operator.anna()[1] is None
    again = operator.runs("let-in", "--address", "-", "--reason", "They asked again")
    assert "nobody is kept out" in again.output


def test_who_complained_is_let_in_on_a_mail_only(operator: Operator) -> None:
    database = open_database(operator.url)
    with database.write() as connection:
        suppress(connection, 1, 1, Suppression.COMPLAINT, BY_LINK, LONG_AGO)
    database.close()
    let_in = ("let-in", "--address", "-", "--reason", "They wrote")
    assert "a mail from them" in operator.runs(*let_in).output
    assert "has been" in operator.runs(*let_in, "--received", "2999-01-01").output
    assert operator.anna()[1] is Suppression.COMPLAINT
    assert operator.runs(*let_in, "--received", "2024-01-05").exit_code == 0
    assert operator.anna()[1] is None


def test_an_address_of_which_only_the_hash_is_known_is_let_in_too(operator: Operator) -> None:
    nobody = "nobody@example.net\n"
    assert operator.runs("block", "--address", "-", "--reason", "Misused", typed=nobody).exit_code == 0
    assert operator.runs("let-in", "--address", "-", "--reason", "They asked", typed=nobody).exit_code == 0


@pytest.mark.parametrize("reason", ["", " ", "anna@example.org asked", "x" * 501])
def test_a_reason_is_a_sentence_without_an_address(operator: Operator, reason: str) -> None:
    assert operator.runs("block", "--address", "-", "--reason", reason).exit_code == 1
    assert operator.anna()[1] is None
