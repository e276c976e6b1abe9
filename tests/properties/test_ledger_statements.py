"""The disk is full at one statement after another: whoever is told so tries again, and nothing is lost or sent twice."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from mailer import send
from preferences.store.database import Database, DatabaseAway, open_database
from tests.mailer.town import ONE_A_WEEK, TUESDAY
from tests.properties.ledger_life import Life
from tests.properties.ledger_watch import Watch
from tests.properties.worlds import EFFORT

# Every so many of them by default, and each of them where one looks thoroughly.
_EVERY = 1 if EFFORT > 1 else 7 if EFFORT == 1 else 19


class _Full:
    """Makes the statement of one number fail; `seen` counts them."""

    def __init__(self, database: Database) -> None:
        self.seen = 0
        self.at = 0
        event.listen(database.engine, "do_execute", self._execute)

    def _execute(self, *_arguments: Any) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise sqlite3.OperationalError("database or disk is full")


@contextmanager
def _town(template: Path, folder: Path) -> Iterator[Life]:
    path = folder / "full.sqlite3"
    shutil.copy(template, path)
    with closing(open_database(f"sqlite:///{path}")) as database:
        life = Life(database)
        life.topic("letter", days={1})
        life.topic("events", 5)
        life.reader("reader0", {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
        life.reader("reader1", {"letter": "each", "events": "daily"}, digest={"hour": "09:00"})
        life.clock.instant = life.machine.instant = TUESDAY
        life.server.names |= {"c0001x", "c0002x"}
        life.campaign("c0001x", "events")
        life.campaign("c0002x", "letter", priority=5)
        yield life
    path.unlink()


def _in_spite_of_everything(life: Life) -> None:
    while True:
        try:
            life.hand_over()
            return
        except DatabaseAway:
            continue


def _lived(template: Path, folder: Path, at: int) -> int:
    """Everything handed over while the statement of that number fails; answers how many statements that took."""
    with _town(template, folder) as life:
        full = _Full(life.database)
        full.at = at
        _in_spite_of_everything(life)
        took = full.seen
        full.at = 0
        life.pass_time(timedelta(days=2))
        watch = Watch(life)
        watch.check()
        watch.check_everything_is_over()
        had = sorted((taken.reader, name) for taken in life.server.log for name in taken.campaigns)
        assert had == [(reader, name) for reader in ("reader0", "reader1") for name in ("c0001x", "c0002x")], at
    return took


def test_a_full_disk_at_any_statement_loses_nothing_and_sends_nothing_twice(
    migrated_sqlite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "RECORD_AGAIN_SECONDS", 0.0)
    statements = _lived(migrated_sqlite_file, tmp_path, at=0)
    assert statements > 50
    for at in range(1, statements + 1, _EVERY):
        _lived(migrated_sqlite_file, tmp_path, at)
