"""`troth import`: from a file to subscribers, with everything that was refused and why."""

from __future__ import annotations

import csv
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from preferences.store.database import open_database
from preferences.store.imports import BATCH_ROWS
from preferences.store.tables import CONSENT, EXPECTATION, IMPORT_BATCH, PATTERN, SUBSCRIBER
from tests.webapp.commands import SAMPLES, Command, command_line


@pytest.fixture
def troth(tmp_path: Path, database_url: str) -> Command:
    run = command_line(tmp_path, database_url)
    made = run("topic", "create", "letter", "--name", "Letter", "--at-most", "1 per week", "--days", "tue")
    assert made.exit_code == 0, made.stderr
    return run


def rows(url: str, *columns: Any) -> list[tuple[Any, ...]]:
    database = open_database(url)
    with database.read() as connection:
        found = [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0].table.c.id))]
    database.close()
    return found


def people(url: str) -> dict[str, tuple[bool, bool, str | None]]:
    """By address: confirmed, unsubscribed, suppressed."""
    columns = [SUBSCRIBER.c[name] for name in ("address", "confirmed_at", "unsubscribed_at", "suppressed")]
    return {row[0]: (row[1] is not None, row[2] is not None, row[3]) for row in rows(url, *columns)}


def written(folder: Path, text: str, name: str = "readers.csv", codec: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(codec))
    return path


def test_the_exports_of_mailchimp_arrive_as_what_they_are(troth: Command, database_url: str) -> None:
    for name in ("subscribed", "unsubscribed", "cleaned"):
        answer = troth("import", SAMPLES / f"mailchimp-{name}.csv", "--topic", "letter")
        assert answer.exit_code == 0, answer.stderr
        assert f"Mailchimp export of {name} contacts" in answer.stderr

    assert people(database_url) == {
        "ada@example.com": (True, False, None),
        "grace@example.com": (True, False, None),
        "unsure@example.com": (False, False, None),
        "quiet@example.com": (True, True, None),
        "never@example.com": (True, True, None),
        "angry@example.com": (True, True, "complaint"),
        "wordy@example.com": (True, True, None),
        "gone@example.com": (True, False, "dead_address"),
    }


def test_the_export_of_substack_arrives(troth: Command, database_url: str) -> None:
    answer = troth("import", SAMPLES / "substack.csv", "--topic", "letter", "--declare", "They signed up there.")

    assert answer.exit_code == 0, answer.stderr
    assert "2 subscribed" in answer.stdout
    assert "1 added as unsubscribed" in answer.stdout
    assert people(database_url)["off@example.com"] == (False, True, None)
    assert {row[0] for row in rows(database_url, CONSENT.c.wording)} == {"They signed up there."}


def test_readers_arrive_on_the_topic_as_asked(troth: Command, tmp_path: Path, database_url: str) -> None:
    file = written(tmp_path, "email\na@example.com\n")

    troth("import", file, "--topic", "letter", "--arrives", "weekly", "--zone", "Asia/Tokyo")

    assert rows(database_url, EXPECTATION.c.carried_over, EXPECTATION.c.made_by) == [(True, "import")]
    assert rows(database_url, PATTERN.c.zone) == [("Asia/Tokyo",)]


def test_without_a_topic_nothing_is_imported(troth: Command, database_url: str) -> None:
    answer = troth("import", SAMPLES / "substack.csv")

    assert answer.exit_code == 2
    assert "--topic" in answer.stderr
    assert people(database_url) == {}


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("--topic", "jobs"), 1, "there is no topic 'jobs'; there are: letter"),
        (("--topic", "letter", "--zone", "Mars/Base"), 1, "is not a time zone"),
        (("--topic", "letter", "--map", "email"), 1, "write it as COLUMN=FIELD"),
        (("--topic", "letter", "--map", "Mail=email"), 1, "there is no column 'Mail'"),
        (("--topic", "letter", "--map", "type=shoes"), 1, "cannot become 'shoes'"),
        (("--topic", "letter", "--arrives", "hourly"), 2, "'hourly' is not one of"),
        (("--topic", "letter", "--refused", str(SAMPLES / "substack.csv")), 1, "another file"),
    ],
)
def test_what_is_asked_wrongly_is_said_and_nothing_is_imported(
    troth: Command, database_url: str, arguments: tuple[str, ...], code: int, why: str
) -> None:
    answer = troth("import", SAMPLES / "substack.csv", *arguments)

    assert answer.exit_code == code
    assert why in answer.stderr
    assert "Traceback" not in answer.output
    assert people(database_url) == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "it is empty"), ("who\nAda\n", "no column holds addresses"), ("ada@example.com\n", "first line has to name")],
)
def test_a_file_that_is_no_list_of_readers_is_refused(troth: Command, tmp_path: Path, text: str, why: str) -> None:
    answer = troth("import", written(tmp_path, text), "--topic", "letter")

    assert answer.exit_code == 1
    assert why in answer.stderr


def test_a_file_that_is_not_there_is_said(troth: Command, tmp_path: Path) -> None:
    assert troth("import", tmp_path / "none.csv", "--topic", "letter").exit_code == 2


def test_a_dry_run_says_the_same_and_changes_nothing(troth: Command, tmp_path: Path, database_url: str) -> None:
    file = written(tmp_path, "email,status\na@example.com,active\nnobody,active\nb@example.com,unsubscribed\n")

    foreseen = troth("import", file, "--topic", "letter", "--dry-run")

    assert people(database_url) == {}
    assert rows(database_url, IMPORT_BATCH.c.id) == []
    assert [path.name for path in tmp_path.glob("*.csv")] == ["readers.csv"]
    assert "nothing was changed" in foreseen.stdout
    happened = troth("import", file, "--topic", "letter")
    assert happened.stdout.splitlines()[1:] == foreseen.stdout.splitlines()[1:]


def test_every_refused_row_comes_back_with_line_and_reason(troth: Command, tmp_path: Path, database_url: str) -> None:
    bad = "".join(f"=cmd{n},nobody{n}\n" for n in range(30))
    file = written(tmp_path, f"name,email\n{bad}Ada,ada@example.com\n")

    answer = troth("import", file, "--topic", "letter")

    assert answer.exit_code == 0
    assert list(people(database_url)) == ["ada@example.com"]
    assert "line 2: email: " in answer.stderr
    assert "… and 10 more." in answer.stderr
    with (tmp_path / "readers.refused.csv").open(encoding="utf-8", newline="") as stream:
        header, first, *others = csv.reader(stream)
    assert header == ["troth_line", "troth_reason", "name", "email"]
    assert (first[0], first[2:]) == ("2", ["'=cmd0", "nobody0"])
    assert len(others) == 29
    assert stat.S_IMODE((tmp_path / "readers.refused.csv").stat().st_mode) == 0o600


def test_refused_rows_that_were_corrected_can_be_imported(troth: Command, tmp_path: Path, database_url: str) -> None:
    troth("import", written(tmp_path, "name,email\n=Ada,nobody\nGrace,grace@example.com\n"), "--topic", "letter")
    refused = tmp_path / "readers.refused.csv"
    refused.write_text(refused.read_text("utf-8").replace("nobody", "ada@example.com"), "utf-8")

    troth("import", refused, "--topic", "letter")

    assert rows(database_url, SUBSCRIBER.c.name, SUBSCRIBER.c.address, SUBSCRIBER.c.fields)[1:] == [
        ("=Ada", "ada@example.com", "{}")
    ]


def test_rows_somebody_is_correcting_are_not_overwritten(troth: Command, tmp_path: Path) -> None:
    file = written(tmp_path, "email\nnobody\n")
    for _ in range(2):
        assert troth("import", file, "--topic", "letter").exit_code == 1

    assert sorted(path.name for path in tmp_path.glob("*.refused*.csv")) == [
        "readers.refused-2.csv",
        "readers.refused.csv",
    ]


def test_a_malformed_row_is_refused_alone(troth: Command, tmp_path: Path, database_url: str) -> None:
    refused = tmp_path / "refused.csv"

    answer = troth("import", SAMPLES / "malformed.csv", "--topic", "letter", "--refused", refused)

    assert answer.exit_code == 0
    assert "line 2: it has 3 fields where the header names 2" in answer.stderr
    assert list(people(database_url)) == ["grace@example.com"]
    assert "Ada,ada@example.com,and more" in refused.read_text("utf-8")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_and_delimiter_is_read(troth: Command, tmp_path: Path, database_url: str, codec: str) -> None:
    file = written(tmp_path, "E-Mail;Full Name\r\nzoe@example.com;Zoë Ünal\r\n", codec=codec)

    answer = troth("import", file, "--topic", "letter")

    assert answer.exit_code == 0, answer.stderr
    assert rows(database_url, SUBSCRIBER.c.name) == [("Zoë Ünal",)]
    assert ("is a guess" in answer.stderr) == (codec == "cp1252")


def test_an_import_that_was_interrupted_goes_on_and_takes_nobody_in_twice(
    troth: Command, tmp_path: Path, database_url: str
) -> None:
    addresses = [f"r{n}@example.com" if n != 600 else "nobody" for n in range(1100)]
    file = written(tmp_path, "\n".join(["email", *addresses]))

    # The first refused row, in the second batch, finds no folder to be kept in.
    stopped = troth("import", file, "--topic", "letter", "--refused", tmp_path / "none" / "refused.csv")
    assert stopped.exit_code == 1
    assert "No such file or directory" in stopped.stderr
    assert "Traceback" not in stopped.output
    assert len(people(database_url)) == BATCH_ROWS

    answer = troth("import", file, "--topic", "letter")

    assert answer.exit_code == 0, answer.stderr
    assert f"stopped after {BATCH_ROWS} rows" in answer.stderr
    assert [line.split() for line in answer.stdout.splitlines()] == [
        ["1100", "rows:"],
        ["1099", "subscribed"],
        ["1", "refused"],
    ]
    assert len(people(database_url)) == 1099
    assert rows(database_url, IMPORT_BATCH.c.rows_done) == [(1100,)]
