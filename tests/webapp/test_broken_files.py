"""What is said where a file is none of ours: one sentence that names it, and nothing in it is changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from preferences.errors import TrothError
from preferences.settings import Settings, prepare_data_dir, read_settings
from webapp.example import shipped
from webapp.runtime import start, start_sandbox
from webapp.sandbox import sandbox_file


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(shipped, "is_usable", lambda: False)
    return prepare_data_dir(read_settings({"TROTH_DATA_DIR": str(tmp_path / "data")}))


def _begun(settings: Settings) -> Path:
    started = start_sandbox(settings)
    started.worker.stop()
    started.database.close()
    file = sandbox_file(settings)
    assert file is not None
    return file


def _run_in(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "garbage": (lambda file: file.write_bytes(b"no database " * 1000), "not a database"),
    "half a file": (lambda file: file.write_bytes(file.read_bytes()[:100_000]), "malformed"),
    "a revision of another version": (
        lambda file: _run_in(file, "UPDATE alembic_version SET version_num = '9999'"),
        "at revision 9999, which this version does not know",
    ),
    "tables of another version": (
        lambda file: _run_in(file, "ALTER TABLE campaign DROP COLUMN held_because"),
        "campaign.held_because",
    ),
    "no driven clock": (
        lambda file: _run_in(file, "UPDATE installation SET driven_now = NULL"),
        "it is not a sandbox",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_sandbox_that_cannot_be_read_is_one_sentence_with_its_file(settings: Settings, kind: str) -> None:
    file = _begun(settings)
    spoil, said = BROKEN[kind]
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(TrothError, match=said) as refused:
        start_sandbox(settings)
    assert str(file) in str(refused.value)
    assert file.read_bytes() == before


def test_an_own_database_that_cannot_be_read_is_one_sentence(settings: Settings) -> None:
    (settings.data_dir / "troth.sqlite3").write_bytes(b"no database " * 1000)
    with pytest.raises(TrothError, match="not a database"):
        start(settings)
