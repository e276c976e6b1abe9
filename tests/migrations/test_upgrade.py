"""An installation of an older version is brought to the newest with all that is in it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from preferences.decision import Reason
from preferences.store.database import Database, open_database
from preferences.store.installation import found
from preferences.store.migrations import configuration, differences
from preferences.store.publications import publications
from preferences.store.revisions import is_newest, known_revisions, newest_revision, revision_of
from preferences.store.tables import DECISION, DELIVERY

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _at(database: Database, revision: str) -> None:
    with database.write() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _insert_as_0001_did(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO publication (slug, name, zone, language, one_click_ends, created_at)"
                " VALUES ('old', 'Old', 'UTC', 'en', 'all', '2026-01-01 00:00:00+00:00')"
            )
        )


def test_what_the_first_revision_held_is_there_in_the_newest(blank_database_url: str) -> None:
    with closing(open_database(blank_database_url)) as database:
        _at(database, "0001")
        _insert_as_0001_did(database)

        database.migrate()

        with database.read() as connection:
            assert [one.slug for one in publications(connection)] == ["old"]
            assert differences(connection) == []
        # An older version that is still running goes on writing.
        with database.write() as connection:
            connection.execute(text("UPDATE publication SET slug = 'older'"))
        _insert_as_0001_did(database)


@pytest.mark.parametrize("table", [DELIVERY, DECISION], ids=["delivery", "decision"])
def test_the_closed_list_of_reasons_is_the_newest_and_closed(blank_database_url: str, table: object) -> None:
    with closing(open_database(blank_database_url)) as database:
        _at(database, "0001")
        database.migrate()
        found(database, NOON)
        for reason in (*(one.value for one in Reason), "no_reason_of_ours"):
            is_taken = not _violates_its_check(database, str(table), reason)
            assert is_taken == (reason != "no_reason_of_ours"), reason


def _violates_its_check(database: Database, table: str, reason: str) -> bool:
    """Whether the list itself refuses a value: asked of a copy of the table's definition, which refers to nothing."""
    with database.read() as connection:
        if database.is_sqlite:
            sql = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": table}
            ).scalar_one()
            check = sql.partition(f"ck_{table}_reason CHECK (")[2].partition("\n")[0].rstrip().rstrip(",").rstrip(")")
            check += ")"
        else:
            check = connection.execute(
                text("SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = :name"),
                {"name": f"ck_{table}_reason"},
            ).scalar_one()
        asked = text(f"SELECT 1 FROM (SELECT CAST(:reason AS VARCHAR) AS reason) AS one WHERE {check}")
        return connection.execute(asked, {"reason": reason}).first() is None


def test_a_value_outside_the_list_is_refused_after_the_upgrade(tmp_path: Path) -> None:
    """On SQLite the list stands in the text of the table; what was written there is what is enforced."""
    with closing(open_database(f"sqlite:///{tmp_path / 'old.sqlite3'}")) as database:
        _at(database, "0001")
        database.migrate()
        found(database, NOON)
        with database.write() as connection:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            insert = text(
                "INSERT INTO delivery (publication_id, subscriber_id, campaign_id, state, reason, scheduled_at, expiry,"
                " has_waited, digest_stopped, tries, revision) VALUES (1, 1, 1, 'due', :reason, '2026-01-01', 'default',"
                " 0, 0, 0, 1)"
            )
            with pytest.raises(IntegrityError, match="ck_delivery_reason"):
                connection.execute(insert, {"reason": "no_reason_of_ours"})
            connection.execute(insert, {"reason": "read_on_web"})
            connection.execute(text("DELETE FROM delivery"))
        with database.read() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def test_the_revisions_that_are_asked_for_at_every_start_are_those_that_migrate(blank_database_url: str) -> None:
    there = ScriptDirectory.from_config(configuration())
    assert newest_revision() == there.get_current_head()
    assert known_revisions() == {script.revision for script in there.walk_revisions()}
    with closing(open_database(blank_database_url)) as database:
        assert revision_of(database) is None
        for revision in sorted(known_revisions()):
            _at(database, revision)
            assert revision_of(database) == revision
            assert is_newest(database) == (revision == newest_revision())
