"""Leases: who lives, who leads, and on which clock several machines agree."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from preferences.errors import AnyDoubt
from preferences.store.clock import AgreedClock
from preferences.store.database import Database, DatabaseAway, open_database
from preferences.store.gate_opens import may_decide
from preferences.store.installation import found
from preferences.store.leases import (
    LASTS,
    Process,
    begin_lease,
    check_lead,
    end_lease,
    expire_leases,
    leader,
    processes,
    renew_lease,
    threads_at_work,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SCHEDULER = Process(purpose="scheduler", schedules=True)
WORKER = Process(purpose="worker", host="mill", number=7, threads=5)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(open_database(database_url)) as database:
        yield database


def test_one_leads_and_the_next_takes_over_when_it_ends_or_is_not_heard_of(database: Database) -> None:
    with database.write() as connection:
        begin_lease(connection, WORKER, NOON)
        first = begin_lease(connection, SCHEDULER, NOON)
        second = begin_lease(connection, SCHEDULER, NOON)
        third = begin_lease(connection, SCHEDULER, NOON + LASTS)
        assert leader(connection, NOON) == first
        end_lease(connection, first, NOON)
        assert leader(connection, NOON) == second
        check_lead(connection, second, NOON)
        assert leader(connection, NOON + LASTS) == third
        with pytest.raises(AnyDoubt, match="does not lead"):
            check_lead(connection, second, NOON + LASTS)


def test_a_lead_that_was_lost_stays_lost_to_who_wakes_again(database: Database) -> None:
    with database.write() as connection:
        first = begin_lease(connection, SCHEDULER, NOON)
        second = begin_lease(connection, SCHEDULER, NOON + LASTS)
        end_lease(connection, first, NOON + LASTS)
        assert not renew_lease(connection, first, NOON + LASTS)
        assert leader(connection, NOON + LASTS) == second


def test_who_lives_is_counted_and_what_they_did_is_told(database: Database) -> None:
    with database.write() as connection:
        living = begin_lease(connection, WORKER, NOON)
        ended = begin_lease(connection, WORKER, NOON)
        end_lease(connection, ended, NOON)
        renew_lease(connection, living, NOON, did="handed over 7 mails", did_at=NOON)
        assert threads_at_work(connection, NOON) == 5
        assert threads_at_work(connection, NOON + LASTS) == 0
        (row,) = processes(connection, NOON + timedelta(hours=1), ended_within=timedelta(minutes=5))
    assert (row.id, row.process, row.did, row.did_at) == (living, WORKER, "handed over 7 mails", NOON)
    assert row.is_living(NOON)
    assert not row.is_living(NOON + LASTS)


def test_the_agreed_clock_is_the_databases_and_runs_on_without_asking_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = timedelta(hours=5)
    own_now = Database.own_now
    monkeypatch.setattr(Database, "own_now", lambda here: own_now(here) + apart)
    clock = AgreedClock(database)
    monkeypatch.setattr(Database, "own_now", None)
    first, second = clock.now(), clock.now()
    assert first <= second
    assert abs(first - (datetime.now(UTC) + apart)) < timedelta(minutes=1)


@contextmanager
def _deciding_under(database: Database, lease_id: int) -> Iterator[None]:
    """While it lasts, a transaction is open that hands over under the lease."""
    with database.write() as connection:
        assert not may_decide(connection, 1, lease_id, NOON, NOON)  # there is no sender yet
        yield


def _waits_for_nobody(connection: Connection) -> None:
    connection.execute(text("SET LOCAL lock_timeout = '200ms'"))


def _at_once(database: Database, end: Callable[[Connection], object]) -> None:
    with database.write() as connection:
        _waits_for_nobody(connection)
        end(connection)


def test_a_lease_is_renewed_while_something_is_decided_under_it(postgresql_url: str) -> None:
    with closing(open_database(postgresql_url)) as database:
        found(database, NOON)
        with database.write() as connection:
            lease = begin_lease(connection, WORKER, NOON)
        with _deciding_under(database, lease), database.write() as connection:
            _waits_for_nobody(connection)
            assert renew_lease(connection, lease, NOON + LASTS)


def test_a_lease_is_not_ended_while_something_is_decided_under_it(postgresql_url: str) -> None:
    with closing(open_database(postgresql_url)) as database:
        found(database, NOON)
        with database.write() as connection:
            lease = begin_lease(connection, WORKER, NOON)
        with _deciding_under(database, lease), pytest.raises(DatabaseAway):
            _at_once(database, lambda connection: end_lease(connection, lease, NOON))


def test_who_was_stopped_in_the_middle_of_deciding_holds_up_no_sweep_of_others(postgresql_url: str) -> None:
    with closing(open_database(postgresql_url)) as database:
        found(database, NOON)
        with database.write() as connection:
            stopped, dead = begin_lease(connection, WORKER, NOON), begin_lease(connection, WORKER, NOON)
        with _deciding_under(database, stopped), database.write() as connection:
            _waits_for_nobody(connection)
            assert expire_leases(connection, NOON + 2 * LASTS) == [dead]
        with database.write() as connection:
            assert expire_leases(connection, NOON + 2 * LASTS) == [stopped]
            assert expire_leases(connection, NOON + 2 * LASTS) == []
