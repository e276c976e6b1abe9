"""`troth answer`: a person says what became of a mail in doubt."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.transport import OutcomeKind
from tests.mailer.town import TUESDAY, Town, town_at
from tests.webapp.commands import command_line


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with town_at(database_url) as town:
        town.topic("letter", days={1})
        town.reader("anna", {"letter": "each"})
        town.clock.instant = TUESDAY
        town.transport._answers = {"anna@example.org": OutcomeKind.IN_DOUBT}  # type: ignore[attr-defined]
        yield town


def test_a_mail_in_doubt_that_arrived_is_accepted(town: Town, database_url: str, tmp_path: Path) -> None:
    first = town.campaign("first", "letter")
    town.hand_over()
    said = command_line(tmp_path, database_url)("answer", "anna@example.org", "first", "arrived")
    assert (said.exit_code, said.stdout) == (0, "noted: it arrived, and stays counted\n")
    assert town.stands(first)[0] == "accepted"


def test_a_mail_in_doubt_that_did_not_arrive_is_due_again(town: Town, database_url: str, tmp_path: Path) -> None:
    first = town.campaign("first", "letter")
    town.hand_over()
    said = command_line(tmp_path, database_url)("answer", "anna@example.org", "first", "did-not-arrive")
    assert said.exit_code == 0
    assert town.stands(first)[0] in {"due", "waiting"}


def test_what_is_not_in_doubt_is_not_answered(town: Town, database_url: str, tmp_path: Path) -> None:
    town.campaign("first", "letter")
    town.hand_over()
    run = command_line(tmp_path, database_url)
    assert run("answer", "anna@example.org", "first", "arrived").exit_code == 0
    said = run("answer", "anna@example.org", "first", "arrived")
    assert said.exit_code == 1
    assert "not in_doubt" in said.stderr
