"""An old database is copied before it is upgraded, and is what it was where the upgrade fails."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from preferences.errors import TrothError
from preferences.settings import Settings, read_settings
from preferences.store.backups import problems_in
from preferences.store.database import Database, open_database
from preferences.store.migrations import configuration
from preferences.store.revisions import is_newest, newest_revision, revision_of
from tests.webapp.commands import command_line
from webapp.upgrading import KEPT, upgrade

OLD = "0002"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "var").mkdir()
    return read_settings({"TROTH_DATA_DIR": str(tmp_path / "var")})


def _old(settings: Settings) -> Database:
    """A database of an older version, with a publication in it."""
    database = open_database(settings.database_url)
    with database.write() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, OLD)
        connection.execute(
            text(
                "INSERT INTO publication (slug, name, zone, language, one_click_ends, proof_days, jurisdiction,"
                " legal_basis, created_at) VALUES ('old', 'Old', 'UTC', 'en', 'all', 1, '', '', '2026-01-01 00:00:00')"
            )
        )
    return database


def _copies(settings: Settings) -> list[Path]:
    return sorted((settings.data_dir / "backups").glob("*.sqlite3"))


def test_an_old_database_is_copied_before_it_is_upgraded_and_where_is_said(settings: Settings) -> None:
    told: list[str] = []
    with closing(_old(settings)) as database:
        upgrade(settings, database, told.append)
        assert is_newest(database)
    (copy,) = _copies(settings)
    assert str(copy) in told[0]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert problems_in(copy) == []
    with closing(open_database(f"sqlite:///{copy}")) as before:
        assert revision_of(before) == OLD


def test_a_fresh_database_and_one_that_is_newest_need_no_copy(settings: Settings) -> None:
    with closing(open_database(settings.database_url)) as database:
        upgrade(settings, database, _nothing_is_said)
        upgrade(settings, database, _nothing_is_said)
    assert _copies(settings) == []


def _nothing_is_said(said: str) -> None:
    raise AssertionError(said)


def test_an_upgrade_that_fails_leaves_everything_as_it_was(settings: Settings) -> None:
    with closing(_old(settings)) as database:
        with database.write() as connection:
            connection.execute(text("CREATE TABLE restoration (in_the_way INTEGER)"))
        with pytest.raises(TrothError, match=f"as it was, at revision {OLD}"):
            upgrade(settings, database, lambda _: None)
        assert revision_of(database) == OLD
        with database.read() as connection:
            assert "ledger_days" not in {column["name"] for column in inspect(connection).get_columns("publication")}
            assert connection.execute(text("SELECT slug FROM publication")).scalar_one() == "old"
        with database.write() as connection:
            connection.execute(text("DROP TABLE restoration"))
        upgrade(settings, database, lambda _: None)
        assert revision_of(database) == newest_revision()


def test_what_cannot_be_copied_is_not_upgraded(settings: Settings) -> None:
    (settings.data_dir / "backups").write_text("in the way")
    with closing(_old(settings)) as database:
        with pytest.raises(TrothError, match="cannot be copied"):
            upgrade(settings, database, lambda _: None)
        assert revision_of(database) == OLD


def test_only_the_last_copies_are_kept(settings: Settings) -> None:
    folder = settings.data_dir / "backups"
    folder.mkdir()
    for year in range(2001, 2006):
        (folder / f"troth-0001-{year}0101T000000000000Z.sqlite3").write_text("old")
    with closing(_old(settings)) as database:
        upgrade(settings, database, lambda _: None)
    assert len(_copies(settings)) == KEPT


def test_a_command_on_an_old_database_says_where_the_copy_is(settings: Settings, tmp_path: Path) -> None:
    _old(settings).close()
    answer = command_line(tmp_path, "", TROTH_DATABASE_URL=None, TROTH_SECRET_KEY=None)("topic", "show")
    assert answer.exit_code == 0, answer.stderr
    assert str(_copies(settings)[0]) in answer.stderr
