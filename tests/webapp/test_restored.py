"""What a person is told about a restored database, and the answer, in the console and at the command line."""

from __future__ import annotations

from pathlib import Path

from preferences.store.database import Database
from preferences.store.restorations import Mark, note_if_restored, open_restoration
from tests.store.newsletter import NOON
from tests.webapp.commands import command_line
from tests.webapp.console.marketer import Marketer, marketer


def _restored(database: Database) -> None:
    with database.write() as connection:
        assert note_if_restored(connection, Mark(number=4711, at=NOON), NOON)


def _is_open(writer: Marketer) -> bool:
    with writer.at.there.database.read() as connection:
        return open_restoration(connection) is not None


def test_the_console_says_that_nothing_goes_out_and_leads_to_the_answer(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        _restored(writer.at.there.database)
        assert "restored from a backup" in writer.get("")
        page = writer.get("restored")
        assert "at most 4,711" in page
        assert "say what became of it" in writer.post("restored", {}, 422)
        assert _is_open(writer)
        assert writer.post("restored", {"answer": "written"}) == ""
        assert not _is_open(writer)
        assert "restored from a backup" not in writer.get("")


def test_who_answers_second_is_told_that_it_is_answered(database_url: str, tmp_path: Path) -> None:
    with marketer(database_url, tmp_path) as writer:
        _restored(writer.at.there.database)
        writer.post("restored", {"answer": "not_written"})
        assert "Nothing is to be answered" in writer.post("restored", {"answer": "written"}, 409, form_on="settings")


def test_the_command_shows_asks_and_takes_an_answer(database_url: str, tmp_path: Path) -> None:
    troth = command_line(tmp_path, database_url)
    with marketer(database_url, tmp_path):
        assert troth("restored").exit_code == 0
        assert "nothing is to be answered" in troth("restored", "written").stderr
        assert "nothing is sent until you answer" in troth("restored", "ask").stdout
        assert "noted already" in troth("restored", "ask").stdout
        shown = troth("restored")
        assert shown.exit_code == 1
        assert "not known on this machine" in shown.stdout
        assert "restored from a backup: see troth restored" in troth("status").stdout
        assert troth("restored", "not-written").exit_code == 0
        assert troth("restored").exit_code == 0
