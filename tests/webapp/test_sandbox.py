"""The sandbox as a whole: how it begins, how it is moved, and how it is put back to how it began."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import func, select

from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.cadence import Cadence, Cap, Period
from preferences.errors import Conflict
from preferences.settings import Settings, prepare_data_dir, read_settings
from preferences.store import database as database_module
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import create_campaign
from preferences.store.console_sessions import begin_session, is_session_open, issue_link
from preferences.store.database import Database, DatabaseAway, open_database
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.installation import found
from preferences.store.replacing import replace_everything
from preferences.store.schedules import schedule
from preferences.store.subscribers import add_subscriber
from preferences.store.tables import CAPTURED_MAIL, DELIVERY, SUBSCRIBER, TOPIC
from preferences.store.tokens import create_token, token_of
from preferences.store.topics import create_topic
from tests import no_disk
from webapp import sandbox as module
from webapp.example import shipped
from webapp.runtime import Started, start, start_sandbox
from webapp.sandbox import begin_sandbox, fresh_sandbox

ENOUGH_SECONDS = 120
MONDAY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests say is true of an empty sandbox, too, which begins sooner."""
    monkeypatch.setattr(shipped, "is_usable", lambda: False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return prepare_data_dir(read_settings({"TROTH_DATA_DIR": str(tmp_path / "data")}))


@pytest.fixture
def running(settings: Settings) -> Iterator[Started]:
    started = start_sandbox(settings)
    yield started
    started.worker.stop()
    started.database.close()


def _live(running: Started, readers: int, campaigns: int = 1) -> datetime:
    """Readers, and campaigns at one hour after the other; answers the instant of the first."""
    now = running.site.clock.now()
    with running.database.write() as connection:
        cadence = Cadence(id=0, at_most=Cap(count=9, per=Period.DAY))
        create_topic(connection, 1, slug="letter", name="Letter", cadence=cadence, by=SYSTEM, now=now)
        for number in range(readers):
            address = parse_address(f"reader{number}@example.org")
            reader = add_subscriber(connection, 1, address, now, confirmed_at=now)
            asked = asked_from_json({"topics": [{"topic": "letter"}]})
            begin_expectation(connection, 1, reader, asked, SYSTEM, now, zone="Europe/Berlin")
        for number in range(campaigns):
            name = f"Letter {number}"
            values = CampaignValues(name=name, subject=name, title=name, topics=("letter",), markdown="Hello")
            campaign = create_campaign(connection, 1, values, SYSTEM, now)
            schedule(connection, 1, campaign, now + timedelta(hours=1 + number), SYSTEM, now)
    return now + timedelta(hours=1)


def _counts(database: Database) -> tuple[int, int, int]:
    """Topics, readers, captured mails."""
    with database.read() as connection:
        topics, readers, mails = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (TOPIC, SUBSCRIBER, CAPTURED_MAIL)
        )
    return topics, readers, mails


def _reset(running: Started) -> None:
    assert running.site.reset is not None
    running.site.reset()


def _advance(running: Started, to: datetime) -> None:
    assert running.site.advance is not None
    running.site.advance(to)


def test_a_move_does_what_is_due_on_the_way_and_at_its_end(running: Started) -> None:
    first = _live(running, 3, campaigns=2)
    _advance(running, first)
    assert (_counts(running.database)[2], running.site.clock.now()) == (3, first)
    _advance(running, first + timedelta(days=1))
    assert (_counts(running.database)[2], running.site.clock.now()) == (6, first + timedelta(days=1))


def test_a_reset_takes_everything_back_and_the_sandbox_goes_on_living(running: Started) -> None:
    for _ in range(2):
        _advance(running, _live(running, 3))
        assert _counts(running.database) == (1, 3, 3)
        _reset(running)
        assert _counts(running.database) == (0, 0, 0)


def test_tokens_and_sessions_outlive_a_reset(running: Started) -> None:
    now = running.site.clock.now()
    with running.database.write() as connection:
        token = create_token(connection, 1, "mine", "send", now, is_sandbox=True)
        session = begin_session(connection, issue_link(connection, now), now)
        link = issue_link(connection, now)
    assert session is not None
    _reset(running)
    with running.database.write() as connection:
        assert token_of(connection, token) is not None
        assert is_session_open(connection, session, now)
        assert begin_session(connection, link, now) is not None


def test_a_reset_leaves_no_row_that_points_nowhere(running: Started, tmp_path: Path) -> None:
    _advance(running, _live(running, 3))
    _reset(running)
    with running.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_reset_in_the_middle_of_a_move_ends_it_and_nothing_of_it_goes_on(running: Started) -> None:
    first = _live(running, 20, campaigns=30)
    began, raised = Event(), list[Exception]()

    def move() -> None:
        began.set()
        try:
            _advance(running, first + timedelta(days=300))
        except Conflict as error:
            raised.append(error)

    thread = Thread(target=move)
    thread.start()
    assert began.wait(ENOUGH_SECONDS)
    while not _counts(running.database)[2]:
        assert thread.is_alive()
    _reset(running)
    thread.join(ENOUGH_SECONDS)
    assert _counts(running.database) == (0, 0, 0)
    assert running.site.clock.now() < first + timedelta(days=1)
    assert [str(error) for error in raised] == ["the sandbox was reset meanwhile, so its clock was not moved"]


def test_a_move_that_is_asked_for_during_a_reset_does_not_move_the_fresh_sandbox(
    running: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert running.site.advance is not None
    is_replacing, may_go_on = Event(), Event()
    replace = replace_everything

    def replace_slowly(*arguments: object) -> None:
        is_replacing.set()
        assert may_go_on.wait(ENOUGH_SECONDS)
        replace(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "replace_everything", replace_slowly)
    running.site.advance(running.site.clock.now() + timedelta(days=2))
    asked_for = running.site.clock.now() + timedelta(hours=1)
    resetting = Thread(target=_reset, args=(running,))
    resetting.start()
    assert is_replacing.wait(ENOUGH_SECONDS)
    raised: list[Conflict] = []
    moving = Thread(target=_try_to_advance, args=(running, asked_for, raised))
    moving.start()
    moving.join(0.2)
    may_go_on.set()
    for thread in (resetting, moving):
        thread.join(ENOUGH_SECONDS)
    assert len(raised) == 1
    assert running.site.clock.now() < asked_for - timedelta(days=1)


def _try_to_advance(running: Started, to: datetime, raised: list[Conflict]) -> None:
    try:
        _advance(running, to)
    except Conflict as error:
        raised.append(error)


def test_two_who_reset_at_once_leave_one_fresh_sandbox(running: Started) -> None:
    _live(running, 3)
    both = [Thread(target=_reset, args=(running,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(ENOUGH_SECONDS)
    assert _counts(running.database) == (0, 0, 0)
    _advance(running, _live(running, 2))
    assert _counts(running.database) == (1, 2, 2)


def test_whoever_reads_during_a_reset_sees_all_of_the_old_or_all_of_the_new(running: Started) -> None:
    _live(running, 3)
    with running.database.read() as connection:
        before = connection.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one()
        _reset(running)
        assert connection.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one() == before
        assert connection.execute(select(func.count()).select_from(TOPIC)).scalar_one() == 1
    assert _counts(running.database) == (0, 0, 0)


def test_a_reset_that_fails_in_the_middle_changes_nothing(running: Started, settings: Settings) -> None:
    _live(running, 3)
    with fresh_sandbox(settings) as made:
        with closing(sqlite3.connect(made)) as torn:
            torn.execute(f"DROP TABLE {DELIVERY.name}")
            torn.commit()
        with pytest.raises(DatabaseAway):
            replace_everything(running.database, made)
    assert _counts(running.database) == (1, 3, 0)
    with running.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_what_a_killed_beginning_left_is_no_sandbox_and_is_tidied_up_later(settings: Settings) -> None:
    left = [settings.data_dir / f"fresh-sandbox-{name}" for name in ("old", "young")]
    for folder in left:
        folder.mkdir()
        (folder / "sandbox.sqlite3").write_bytes(b"half of it")
    os.utime(left[0], (0, 0))
    begin_sandbox(settings)
    assert [folder.exists() for folder in left] == [False, True]
    with closing(open_database(settings.sandbox_database_url)) as database:
        assert _counts(database) == (0, 0, 0)


def test_who_begins_while_somebody_else_has_begun_replaces_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = settings.data_dir / "sandbox.sqlite3"
    monkeypatch.setattr(module, "fill_inbox", lambda _office: target.write_bytes(b"of somebody else"))
    begin_sandbox(settings)
    assert target.read_bytes() == b"of somebody else"


def test_a_sandbox_that_is_there_is_left_as_it_is(settings: Settings) -> None:
    with closing(open_database(settings.sandbox_database_url)) as database:
        database.migrate()
        found(database, MONDAY, driven_from=MONDAY)
    started = start_sandbox(settings)
    try:
        assert started.site.clock.now() == MONDAY
    finally:
        started.worker.stop()
        started.database.close()


@pytest.fixture
def waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_prepare_sqlite", no_disk.as_written)


def test_only_the_sandbox_may_lose_its_last_commits_in_a_power_cut(
    waiting_for_the_disk: None, settings: Settings, running: Started
) -> None:
    own = start(settings)
    try:
        for database, synchronous in ((own.database, 2), (running.database, 1)):
            with database.read() as connection:
                assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == synchronous
    finally:
        own.worker.stop()
        own.database.close()
