"""Two hands on one reader: the lock decides, and what is read after it is what is true. On a real PostgreSQL."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from mailer.schedule import tend
from preferences.delivery import MadeBy
from preferences.store import gate, judging
from preferences.store.clock import SystemClock
from preferences.store.events import By
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import ATTEMPT
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Route, Scope
from tests.mailer.town import ONE_A_WEEK, TUESDAY, Town, town_at

BY_LINK = By(made_by=MadeBy.LINK, route=Route.FOOTER_LINK)


@pytest.fixture
def town(postgresql_url: str) -> Iterator[Town]:
    with town_at(postgresql_url) as town:
        town.topic("letter", days={1})
        town.topic("events", 5)
        town.reader("anna", {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
        town.clock.instant = TUESDAY
        yield town


def _decide(town: Town) -> int:
    with town.database.write() as connection:
        group = gate.decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=10)
    return 0 if group is None else len(group.mails)


def _two_at_once(town: Town, monkeypatch: pytest.MonkeyPatch, patience: float) -> tuple[int, list[Exception]]:
    """Two workers decide at once, with a barrier between their reading and their writing; attempts and errors."""
    barrier = threading.Barrier(2)
    judge = judging.judge

    def judge_together(*arguments: object) -> None:
        judge(*arguments)  # type: ignore[arg-type]
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=patience)  # broken where the other one was kept out by the lock, as it must be

    monkeypatch.setattr(gate, "judge", judge_together)
    errors: list[Exception] = []

    def work() -> None:
        try:
            _decide(town)
        except DBAPIError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with town.database.read() as connection:
        return connection.execute(select(func.count()).select_from(ATTEMPT)).scalar_one(), errors


def test_two_workers_cannot_both_take_the_last_opening(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.campaign("first", "letter")
    town.campaign("second", "events")
    tend(town.office)
    assert _two_at_once(town, monkeypatch, patience=1.5) == (1, [])


def test_without_the_lock_they_collide_so_that_the_test_above_can_fail(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.campaign("first", "letter")
    town.campaign("second", "events")
    tend(town.office)
    claim = gate.claim_subscribers
    monkeypatch.setattr(gate, "claim_subscribers", _unlocked(claim))
    attempts, errors = _two_at_once(town, monkeypatch, patience=30)
    assert (attempts, len(errors)) != (1, 0)


def _unlocked(claim: Callable[..., list[int]]) -> Callable[..., list[int]]:
    one_at_a_time = threading.Lock()  # whoever claims passes over what somebody else is claiming at that moment

    def claim_without_lock(connection: Connection, *arguments: object, **more: object) -> list[int]:
        with one_at_a_time:
            savepoint = connection.begin_nested()
            claimed = claim(connection, *arguments, **more)
            savepoint.rollback()  # releases the locks that were taken since
        return claimed

    return claim_without_lock


def test_an_unsubscribe_committed_while_the_lock_was_waited_for_is_honoured(town: Town) -> None:
    campaign = town.campaign("first", "letter")
    tend(town.office)
    is_held, may_commit = threading.Event(), threading.Event()

    def leave() -> None:
        with town.database.write() as connection:
            lock_subscribers(connection, [1])
            unsubscribe(connection, 1, 1, Scope.ALL, BY_LINK, town.now)
            is_held.set()
            may_commit.wait(5)

    leaving = threading.Thread(target=leave)
    leaving.start()
    is_held.wait(5)
    assert _decide(town) == 0  # passed over while somebody holds the reader
    may_commit.set()
    leaving.join()
    _decide(town)
    assert town.stands(campaign) == ("not_sent", "unsubscribed")
