"""Packing and unpacking the example: whole or not at all, and only for the tables that this version has."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from preferences.errors import TrothError
from preferences.store.database import open_database
from preferences.store.snapshot import write_snapshot
from webapp.example.shipped import about, ends_at, is_usable, pack, unpack

ENDS_AT = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A packed database, empty but for its tables."""
    database = open_database(f"sqlite:///{tmp_path / 'lived.sqlite3'}")
    try:
        database.migrate()
        write_snapshot(database, tmp_path / "snapshot.sqlite3")
    finally:
        database.close()
    packed = tmp_path / "example.sqlite3.xz"
    pack(tmp_path / "snapshot.sqlite3", packed, seed=3, readers=0, weeks=1, ends_at=ENDS_AT)
    return packed


def test_what_was_packed_is_unpacked_byte_by_byte(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "sandbox.sqlite3"
    unpack(target, archive)
    assert target.read_bytes() == (tmp_path / "snapshot.sqlite3").read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["sandbox.sqlite3"]


def test_a_file_that_breaks_off_leaves_what_was_there(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "there" / "sandbox.sqlite3"
    target.parent.mkdir()
    target.write_bytes(b"as it was")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(EOFError):
        unpack(target, archive)
    assert target.read_bytes() == b"as it was"
    assert [path.name for path in target.parent.iterdir()] == ["sandbox.sqlite3"]


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_nothing_is_unpacked_under_the_log_of_another_database(archive: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / "sandbox.sqlite3"
    target.with_name(target.name + ending).write_bytes(b"a log")
    with pytest.raises(TrothError, match="unpack to another place"):
        unpack(target, archive)
    assert not target.exists()


def test_without_a_file_there_is_no_example_and_it_says_how_to_make_one(tmp_path: Path) -> None:
    missing = tmp_path / "example.sqlite3.xz"
    assert about(missing) is None
    assert not is_usable(missing)
    for wants in (lambda: unpack(tmp_path / "x.sqlite3", missing), lambda: ends_at(missing)):
        with pytest.raises(TrothError, match="troth example build"):
            wants()


def test_an_example_of_a_version_that_nobody_knows_is_not_usable(archive: Path) -> None:
    assert is_usable(archive)
    assert ends_at(archive) == ENDS_AT
    beside = archive.with_name("example.json")
    beside.write_text(json.dumps({**json.loads(beside.read_text()), "revision": "another"}))
    assert not is_usable(archive)


def test_a_snapshot_is_a_database_of_its_own(archive: Path, tmp_path: Path) -> None:
    unpack(tmp_path / "a.sqlite3", archive)
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database = open_database(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    try:
        with pytest.raises(TrothError, match="there already"):
            write_snapshot(database, tmp_path / "a.sqlite3")
    finally:
        database.close()
