"""`troth doctor` finds what is wrong, says what to do, ends with 1 for a problem, and never waits for long or changes anything."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from preferences.store.database import open_database
from preferences.store.dkim_keys import activate, key_named
from preferences.store.installation import found
from preferences.store.leases import begin_lease
from preferences.store.publications import change_publication
from preferences.store.restorations import note_restored
from tests.webapp.commands import Command, command_line
from tests.webapp.nameserver import Zone, nameserver, silent_nameserver
from webapp.cli.checks.asking import Asking
from webapp.cli.checks.finding import Finding
from webapp.cli.checks.names import look_at_names

GOOD: Zone = {
    ("example.org", "TXT"): ['"v=spf1 include:mail.example.net -all"', '"something else"'],
    ("example.org", "MX"): ["10 mx.example.org."],
    ("_dmarc.example.org", "TXT"): ['"v=DMARC1; p=none"'],
    ("one._domainkey.example.org", "TXT"): ['"v=DKIM1; k=rsa; " "p=MIIB"'],
    ("letters.example.org", "A"): ["192.0.2.1"],
}
RELAY = "smtp://127.0.0.1:1"


def _embedded(tmp_path: Path, **environ: str) -> Command:
    return command_line(tmp_path, "", **{"TROTH_DATABASE_URL": None, "TROTH_SECRET_KEY": None, **environ})


def _verdicts(troth: Command, *arguments: str) -> dict[str, dict[str, Any]]:
    said = json.loads(troth("doctor", "--json", *arguments).stdout)
    return {one["about"]: one for one in said["findings"]}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an installation that has been started once."""
    folder = tmp_path_factory.mktemp("started")
    answer = _embedded(folder)("publication", "set", "newsletter", "--sender", "Letter <letter@example.org>")
    assert answer.exit_code == 0
    return folder / "var"


@pytest.fixture
def data(tmp_path: Path, started: Path) -> Path:
    """Such an installation for each test."""
    copied = shutil.copytree(started, tmp_path / "var")
    copied.chmod(0o700)
    return copied


def test_before_the_first_start_nothing_is_a_problem_and_nothing_is_made(tmp_path: Path) -> None:
    answer = _embedded(tmp_path)("doctor")
    assert answer.exit_code == 0, answer.stdout
    assert "first start" in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_each_a_problem(tmp_path: Path) -> None:
    answer = _embedded(tmp_path, TROTH_SMTP_URL="carrier-pigeon://", TROTH_SLIP="1")("doctor", "--json")
    assert answer.exit_code == 1
    assert len(json.loads(answer.stdout)["findings"]) == 2


def test_what_others_can_read_is_said_with_what_to_do(tmp_path: Path, data: Path) -> None:
    (data / "secret-key").chmod(0o644)
    data.chmod(0o755)
    answer = _embedded(tmp_path)("doctor", "--offline")
    assert answer.exit_code == 1
    assert f"chmod 600 {data / 'secret-key'}" in answer.stdout
    assert f"chmod 700 {data}" in answer.stdout


def test_a_damaged_database_is_a_problem_and_the_rest_is_still_looked_at(tmp_path: Path, data: Path) -> None:
    with (data / "troth.sqlite3").open("r+b") as file:
        file.seek(4096 * 4)
        file.write(b"\xff" * 4096 * 20)
    answer = _embedded(tmp_path)("doctor", "--offline")
    assert answer.exit_code == 1
    assert "troth restore" in answer.stdout
    assert "broker" in answer.stdout


def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path, data: Path) -> None:
    (data / "troth.sqlite3").write_bytes(b"nothing of ours" * 1000)
    answer = _embedded(tmp_path)("doctor", "--offline")
    assert answer.exit_code == 1
    assert "not a database" in answer.stdout


def test_a_database_that_is_away_is_a_problem(tmp_path: Path) -> None:
    troth = command_line(tmp_path, "postgresql://nobody:hidden@127.0.0.1:1/none")
    answer = troth("doctor", "--offline")
    assert answer.exit_code == 1
    assert "TROTH_DATABASE_URL" in answer.stdout
    assert "hidden" not in answer.stdout


def test_a_restored_database_is_a_problem(tmp_path: Path, data: Path) -> None:
    with closing(open_database(f"sqlite:///{data / 'troth.sqlite3'}")) as database, database.write() as connection:
        note_restored(connection, None, database.own_now())
    assert _verdicts(_embedded(tmp_path), "--offline")["high-water mark"]["verdict"] == "problem"


def test_an_old_revision_is_said_and_left_alone(tmp_path: Path, data: Path) -> None:
    with closing(sqlite3.connect(data / "troth.sqlite3")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
        connection.commit()
    assert _verdicts(_embedded(tmp_path), "--offline")["tables"]["verdict"] == "warning"
    with closing(sqlite3.connect(data / "troth.sqlite3")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)


def test_a_process_that_works_is_seen(tmp_path: Path, data: Path) -> None:
    assert _verdicts(_embedded(tmp_path), "--offline")["processes"]["verdict"] == "warning"
    with closing(open_database(f"sqlite:///{data / 'troth.sqlite3'}")) as database, database.write() as connection:
        begin_lease(connection, "run", database.own_now())
    assert _verdicts(_embedded(tmp_path), "--offline")["processes"]["verdict"] == "problem"


@pytest.mark.slow
def test_postgresql_without_fsync_is_a_problem(tmp_path: Path, postgresql_url: str) -> None:
    with closing(open_database(postgresql_url)) as database:
        found(database, database.own_now())
    verdicts = _verdicts(command_line(tmp_path, postgresql_url), "--offline")
    assert verdicts["database"]["verdict"] == "problem"
    assert "forgets mails that have left" in verdicts["database"]["said"]
    assert verdicts["clock"]["verdict"] == "ok"


def test_links_that_lead_nowhere_are_a_problem_once_mail_leaves(tmp_path: Path, data: Path) -> None:
    assert _verdicts(_embedded(tmp_path), "--offline")["address of the pages"]["verdict"] == "ok"
    troth = _embedded(tmp_path, TROTH_SMTP_URL=RELAY)
    assert _verdicts(troth, "--offline")["address of the pages"]["verdict"] == "problem"


def test_a_mail_server_and_a_broker_that_are_away_are_problems_with_what_to_do(tmp_path: Path, data: Path) -> None:
    troth = command_line(
        tmp_path,
        f"sqlite:///{data / 'troth.sqlite3'}",
        TROTH_SMTP_URL=RELAY,
        TROTH_BROKER_URL="redis://:hidden@127.0.0.1:1",
        TROTH_DATA_DIR=str(data),
    )
    with nameserver(GOOD) as server:
        answer = troth("doctor", "--nameserver", server)
    assert "Nothing listens at 127.0.0.1" in answer.stdout
    assert "TROTH_BROKER_URL" in answer.stdout
    assert "hidden" not in answer.stdout
    assert answer.exit_code == 1


def _names(zone: Zone, tmp_path: Path, data: Path, *selectors: str) -> dict[str, str]:
    troth = _embedded(tmp_path, TROTH_SMTP_URL=RELAY, TROTH_BASE_URL="https://letters.example.org")
    with nameserver(zone) as server:
        chosen = [word for one in selectors for word in ("--selector", one)]
        found = _verdicts(troth, "--nameserver", server, *chosen)
    return {about: one["verdict"] for about, one in found.items() if " " in about}


def test_names_as_they_should_be_are_all_well(tmp_path: Path, data: Path) -> None:
    verdicts = _names(GOOD, tmp_path, data, "one")
    about = ("SPF of", "DKIM of", "DMARC of", "replies to")
    assert {verdicts[f"{one} example.org"] for one in about} == {"ok"}
    assert verdicts["name of the pages"] == "ok"
    assert verdicts["name of the mail server"] == "not checked"


@pytest.mark.parametrize(
    ("record", "answers", "about", "verdict"),
    [
        (("example.org", "TXT"), [], "SPF of example.org", "problem"),
        (("example.org", "TXT"), ['"v=spf1 -all"', '"v=spf1 ~all"'], "SPF of example.org", "problem"),
        (("example.org", "TXT"), ['"v=spf1 +all"'], "SPF of example.org", "problem"),
        (("_dmarc.example.org", "TXT"), [], "DMARC of example.org", "problem"),
        (
            ("_dmarc.example.org", "TXT"),
            ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'],
            "DMARC of example.org",
            "problem",
        ),
        (("one._domainkey.example.org", "TXT"), [], "DKIM of example.org", "problem"),
        (("one._domainkey.example.org", "TXT"), ['"v=DKIM1; p="'], "DKIM of example.org", "problem"),
        (("one._domainkey.example.org", "TXT"), ['"v=DKIM1; t=y; p=MII"'], "DKIM of example.org", "warning"),
        (("example.org", "MX"), [], "replies to example.org", "problem"),
        (("example.org", "MX"), ["0 ."], "replies to example.org", "problem"),
        (("letters.example.org", "A"), [], "name of the pages", "problem"),
    ],
)
def test_each_name_that_is_not_as_it_should_be_is_said(
    tmp_path: Path, data: Path, record: tuple[str, str], answers: list[str], about: str, verdict: str
) -> None:
    assert _names({**GOOD, record: answers}, tmp_path, data, "one")[about] == verdict


def test_dmarc_of_a_domain_above_counts_for_one_below(tmp_path: Path, data: Path) -> None:
    changed = _embedded(tmp_path)("publication", "set", "newsletter", "--sender", "Letter <a@news.example.org>")
    assert changed.exit_code == 0, changed.stderr
    assert _names(GOOD, tmp_path, data)["DMARC of news.example.org"] == "ok"


def test_names_that_nobody_answers_for_are_not_checked_and_not_waited_for(tmp_path: Path, data: Path) -> None:
    with silent_nameserver() as server, closing(open_database(f"sqlite:///{data / 'troth.sqlite3'}")) as database:
        host, _, port = server.partition("#")
        found = _findings(database, Asking((host, int(port)), seconds=0.5))
    assert {one.verdict for one in found} == {"not checked"}


def _findings(database: Any, asking: Asking) -> list[Finding]:
    # Only here: nothing else of these tests asks without the command.
    from preferences.settings import read_settings
    from preferences.store.publications import publications

    settings = read_settings({"TROTH_SMTP_URL": RELAY, "TROTH_BASE_URL": "https://letters.example.org"})
    with database.write() as connection:
        change_publication(connection, 1, {"sender": "Letter <letter@example.org>"})
        rows = publications(connection)
    return list(look_at_names(settings, rows, [], ["one"], asking))


def test_a_broker_that_answers_is_well(tmp_path: Path, data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"redis://127.0.0.1:{listening.getsockname()[1]}"
        troth = command_line(tmp_path, f"sqlite:///{data / 'troth.sqlite3'}", TROTH_BROKER_URL=url)
        assert _verdicts(troth, "--offline")["broker"]["verdict"] == "ok"


def test_a_key_that_signs_and_is_not_published_is_a_problem_and_a_published_one_is_well(
    tmp_path: Path, data: Path
) -> None:
    assert _embedded(tmp_path)("dkim", "make", "example.org", "--selector", "own").exit_code == 0
    with closing(open_database(f"sqlite:///{data / 'troth.sqlite3'}")) as database, database.write() as connection:
        key = key_named(connection, "example.org", "own")
        activate(connection, key_named(connection, "example.org", "own"), database.own_now())
    assert _names(GOOD, tmp_path, data)["DKIM of example.org"] == "problem"
    half = len(key.record) // 2
    published = {**GOOD, (key.host, "TXT"): [f'"{key.record[:half]}" "{key.record[half:]}"']}
    assert _names(published, tmp_path, data)["DKIM of example.org"] == "ok"


def test_a_key_that_does_not_sign_yet_is_named_with_what_is_left_to_do(tmp_path: Path, data: Path) -> None:
    assert _embedded(tmp_path)("dkim", "make", "example.org", "--selector", "own").exit_code == 0
    with closing(open_database(f"sqlite:///{data / 'troth.sqlite3'}")) as database, database.read() as connection:
        key = key_named(connection, "example.org", "own")
    assert _names(GOOD, tmp_path, data)["DKIM of example.org"] == "warning"
    published = {**GOOD, (key.host, "TXT"): [f'"{key.record[:200]}" "{key.record[200:]}"']}
    assert _names(published, tmp_path, data)["DKIM of example.org"] == "warning"


def test_keys_that_the_secret_key_does_not_open_are_a_problem(tmp_path: Path, data: Path) -> None:
    assert _embedded(tmp_path)("dkim", "make", "example.org", "--selector", "own").exit_code == 0
    with closing(open_database(f"sqlite:///{data / 'troth.sqlite3'}")) as database, database.write() as connection:
        activate(connection, key_named(connection, "example.org", "own"), database.own_now())
    assert _verdicts(_embedded(tmp_path), "--offline")["signing keys"]["verdict"] == "ok"
    other = _embedded(tmp_path, TROTH_SECRET_KEY="another key that is long enough to be one")
    assert _verdicts(other, "--offline")["signing keys"]["verdict"] == "problem"
