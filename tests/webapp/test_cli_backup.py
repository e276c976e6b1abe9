"""A backup is whole, secret, and made while others write; restoring it loses nothing and sends nothing by itself."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from mailer.high_water import HighWaterMark, mark_file
from preferences.errors import TrothError
from preferences.store.clock import SystemClock
from preferences.store.database import open_database
from preferences.store.restorations import Mark, note_restored, open_restoration
from preferences.store.tables import INSTALLATION, LEASE, PUBLICATION, SUBSCRIBER
from tests.mailer.town import Town
from tests.webapp.commands import Command, command_line
from webapp.cli.backup_file import unpack_backup


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite_file: Path) -> Path:
    """A data directory with a database in which a letter was handed over to two readers."""
    data = tmp_path / "var"
    data.mkdir(mode=0o700)
    shutil.copy(migrated_sqlite_file, data / "troth.sqlite3")
    (data / "languages").mkdir()
    (data / "languages" / "fr.po").write_text("a language of one's own")
    _live(data, "letter one")
    return tmp_path


def _live(data: Path, *campaigns: str) -> None:
    with closing(open_database(f"sqlite:///{data / 'troth.sqlite3'}")) as database:
        town = Town(database)
        town.office = replace(town.office, high_water=HighWaterMark(mark_file(data, database)))
        with database.read() as connection:
            is_new = not connection.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one()
        if is_new:
            town.topic("letter", 5)
            for name in ("anna", "ben"):
                town.reader(name, {"letter": "each"})
        else:
            town.clock.instant = town.clock.now().replace(microsecond=7)
        for name in campaigns:
            town.campaign(name, "letter")
            town.hand_over()
        with database.write() as connection:
            connection.execute(update(LEASE).values(ended_at=town.now))


def _troth(folder: Path) -> Command:
    return command_line(folder, "", TROTH_DATABASE_URL=None, TROTH_SECRET_KEY=None)


def _names(backup: Path) -> list[str]:
    with tarfile.open(backup) as archive:
        return archive.getnames()


def test_a_backup_holds_database_key_and_settings_and_is_its_owners_alone(folder: Path) -> None:
    answer = _troth(folder)("backup", folder / "one.tar.gz")
    assert answer.exit_code == 0, answer.stderr
    assert (folder / "one.tar.gz").stat().st_mode & 0o777 == 0o600
    names = _names(folder / "one.tar.gz")
    assert names == ["about.json", "settings.env", "data/languages/fr.po", "data/secret-key", "troth.sqlite3"]


def test_no_password_stands_in_the_note_of_settings(folder: Path) -> None:
    troth = command_line(
        folder,
        "",
        TROTH_DATABASE_URL=None,
        TROTH_SECRET_KEY="s" * 40,
        TROTH_SMTP_URL="smtps://me:hidden@example.org, smtps://me:hid,hidden@two.example",
    )
    assert troth("backup", folder / "one.tar.gz").exit_code == 0
    with tarfile.open(folder / "one.tar.gz") as archive:
        note = archive.extractfile("settings.env")
        key = archive.extractfile("data/secret-key")
        assert note is not None
        assert key is not None
        said = note.read().decode()
        assert key.read().decode().strip() == "s" * 40
    assert "smtps://***@example.org smtps://***@two.example" in said
    assert "hidden" not in said
    assert "SECRET_KEY" not in said


def test_a_backup_made_while_somebody_writes_is_consistent(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "var" / "troth.sqlite3", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("UPDATE publication SET name = 'Committed'")
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE publication SET name = 'Not committed'")
        answer = _troth(folder)("backup", folder / "one.tar.gz")
        other.execute("COMMIT")
    assert answer.exit_code == 0, answer.stderr
    assert _troth(folder)("restore", folder / "one.tar.gz", "--over-newer").exit_code == 0
    assert _name(folder) == "Committed"


def _name(folder: Path) -> str:
    with closing(open_database(f"sqlite:///{folder / 'var' / 'troth.sqlite3'}")) as database, database.read() as there:
        name: str = there.execute(select(PUBLICATION.c.name)).scalar_one()
    return name


def test_a_backup_never_takes_the_place_of_another_file(folder: Path) -> None:
    (folder / "precious").write_text("something else")
    answer = _troth(folder)("backup", folder / "precious")
    assert answer.exit_code == 1
    assert "is there already" in answer.stderr
    assert (folder / "precious").read_text() == "something else"


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(folder: Path) -> None:
    with (folder / "var" / "troth.sqlite3").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 4096 * 8)
    answer = _troth(folder)("backup", folder / "one.tar.gz")
    assert answer.exit_code == 1
    assert not (folder / "one.tar.gz").exists()
    assert [path.name for path in folder.iterdir()] == ["var"]


def test_old_backups_in_a_folder_are_removed_but_so_many(folder: Path) -> None:
    (folder / "safe").mkdir()
    installation = json.loads(_about_of(folder))["installation"]
    for year in (2020, 2021, 2022):
        (folder / "safe" / f"troth-{installation}-{year}0101T000000Z.tar.gz").write_text("old")
    (folder / "safe" / "troth-another-20200101T000000Z.tar.gz").write_text("not ours")
    assert _troth(folder)("backup", folder / "safe", "--keep", "2").exit_code == 0
    left = sorted(path.name for path in (folder / "safe").iterdir())
    assert len(left) == 3
    assert f"troth-{installation}-20220101T000000Z.tar.gz" in left


def _about_of(folder: Path) -> str:
    assert _troth(folder)("backup", folder / "about.tar.gz").exit_code == 0
    with tarfile.open(folder / "about.tar.gz") as archive:
        note = archive.extractfile("about.json")
        assert note is not None
        return note.read().decode()


def test_what_nothing_was_handed_over_since_is_put_back_and_asks_nothing(folder: Path) -> None:
    troth = _troth(folder)
    troth("backup", folder / "one.tar.gz")
    answer = troth("restore", folder / "one.tar.gz")
    assert answer.exit_code == 0, answer.stderr
    assert "Nothing is to be answered" in troth("restored").stdout


def test_where_nothing_was_ever_handed_over_nothing_is_asked(tmp_path: Path) -> None:
    troth = _troth(tmp_path)
    assert troth("topic", "show").exit_code == 0
    with closing(open_database(f"sqlite:///{tmp_path / 'var' / 'troth.sqlite3'}")) as database:
        HighWaterMark(mark_file(tmp_path / "var", database)).look(database, SystemClock())
    troth("backup", tmp_path / "one.tar.gz")
    assert troth("restore", tmp_path / "one.tar.gz").exit_code == 0
    assert troth("restored").exit_code == 0


def test_a_backup_on_another_machine_asks_before_anything_is_sent(folder: Path, tmp_path: Path) -> None:
    _troth(folder)("backup", folder / "one.tar.gz")
    elsewhere = tmp_path / "elsewhere"
    troth = command_line(elsewhere, "", TROTH_DATABASE_URL=None, TROTH_SECRET_KEY=None)
    answer = troth("restore", folder / "one.tar.gz")
    assert answer.exit_code == 0, answer.stderr
    assert "nothing is sent until you answer" in answer.stdout
    assert troth("restored").exit_code == 1
    for name in ("secret-key", "languages/fr.po"):
        assert (elsewhere / "var" / name).read_text() == (folder / "var" / name).read_text()
    assert (elsewhere / "var" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_less_is_not_put_in_the_place_of_more_without_being_asked_to(folder: Path) -> None:
    troth = _troth(folder)
    troth("backup", folder / "one.tar.gz")
    _mark_on(folder)
    refused = troth("restore", folder / "one.tar.gz")
    assert refused.exit_code == 1
    assert "--over-newer" in refused.stderr
    assert troth("restore", folder / "one.tar.gz", "--over-newer").exit_code == 0
    (aside,) = (folder / "var").glob("troth.sqlite3.replaced-*")
    with closing(open_database(f"sqlite:///{aside}")) as database, database.read() as connection:
        assert connection.execute(select(PUBLICATION.c.name)).scalar_one() == "Newer"


def _mark_on(folder: Path) -> None:
    """Something happens after the backup."""
    with closing(sqlite3.connect(folder / "var" / "troth.sqlite3")) as connection:
        connection.execute("UPDATE publication SET name = 'Newer'")
        connection.execute(
            "INSERT INTO event (publication_id, kind, made_by, route, details, occurred_at, recorded_at)"
            " VALUES (1, 'said_arrived', 'system', 'system', '{}', '2030-01-01 00:00:00', '2030-01-01 00:00:00')"
        )
        connection.commit()


def test_nothing_is_restored_under_a_process_that_runs(folder: Path) -> None:
    troth = _troth(folder)
    troth("backup", folder / "one.tar.gz")
    with closing(open_database(f"sqlite:///{folder / 'var' / 'troth.sqlite3'}")) as database:
        with database.read() as connection:
            connection.execute(select(INSTALLATION.c.name)).scalar_one()
        answer = troth("restore", folder / "one.tar.gz")
    assert answer.exit_code == 1
    assert "stop Troth first" in answer.stderr


def test_a_damaged_database_is_replaced_and_kept_aside(folder: Path) -> None:
    troth = _troth(folder)
    troth("backup", folder / "one.tar.gz")
    (folder / "var" / "troth.sqlite3").write_bytes(b"nothing of ours" * 1000)
    answer = troth("restore", folder / "one.tar.gz")
    assert answer.exit_code == 0, answer.stderr
    assert troth("topic", "show").exit_code == 0


@pytest.mark.parametrize("damage", ["cut", "flipped", "nothing", "no-database"])
def test_what_is_no_whole_backup_changes_nothing(folder: Path, damage: str) -> None:
    troth = _troth(folder)
    backup = folder / "one.tar.gz"
    troth("backup", backup)
    if damage == "cut":
        backup.write_bytes(backup.read_bytes()[:-5000])
    elif damage == "flipped":
        octets = bytearray(backup.read_bytes())
        octets[len(octets) // 2 : len(octets) // 2 + 8] = bytes(8)
        backup.write_bytes(octets)
    elif damage == "nothing":
        backup.write_bytes(b"")
    else:
        with tarfile.open(backup, "w:gz") as archive:
            archive.add(folder / "var" / "languages", "data/languages")
    answer = troth("restore", backup)
    assert answer.exit_code == 1
    assert "one.tar.gz" in answer.stderr or "the database in the backup is damaged" in answer.stderr
    assert not list((folder / "var").glob("*.replaced-*"))
    assert troth("topic", "show").exit_code == 0


@pytest.mark.parametrize("name", ["../outside", "data/../../outside", "link", "/outside"])
def test_what_is_unpacked_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    backup, folder = tmp_path / "one.tar.gz", tmp_path / "in" / "it"
    folder.mkdir(parents=True)
    with tarfile.open(backup, "w:gz") as archive:
        entry = tarfile.TarInfo(f"{tmp_path}{name}" if name == "/outside" else name)
        if name == "link":
            entry.type, entry.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(entry)
    with pytest.raises(TrothError, match="nothing that a backup holds"):
        unpack_backup(backup, folder)
    assert not [*tmp_path.rglob("outside"), *folder.iterdir()]


def test_postgresql_is_told_what_to_run(tmp_path: Path, blank_sqlite_url: str) -> None:
    troth = command_line(tmp_path, "postgresql://troth:hidden@db.example.org/troth")
    backup, restore = troth("backup", tmp_path / "one"), troth("restore", Path(__file__))
    assert backup.exit_code == restore.exit_code == 1
    assert "pg_dump --format=custom" in backup.stderr
    assert "hidden" not in backup.stderr
    assert "pg_restore" in restore.stderr


def test_a_restoration_noted_twice_is_asked_about_once(folder: Path) -> None:
    with closing(open_database(f"sqlite:///{folder / 'var' / 'troth.sqlite3'}")) as database:
        with database.write() as connection:
            now = database.own_now()
            assert note_restored(connection, Mark(number=9, at=now), now)
            assert not note_restored(connection, None, now)
        with database.read() as connection:
            assert open_restoration(connection) is not None


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.rglob(".troth-*"))
