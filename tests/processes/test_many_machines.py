"""Workers and schedulers on several machines, and what is killed of them: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.prove import handing_over
from preferences.store.clock import SystemClock
from preferences.store.leases import LASTS, leader
from tests.brokers import BrokerServer, running_broker
from tests.postgresql import ServerUnavailableError
from tests.processes.mill import PATIENCE_SECONDS, Mill, kill, mill_at, stop

pytestmark = pytest.mark.slow

READERS = 600


@pytest.fixture(params=["valkey", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BrokerServer]:
    try:
        with running_broker(request.param, tmp_path / "broker") as server:
            yield server
    except ServerUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[BrokerServer]:
    with running_broker("valkey", tmp_path / "broker") as server:
        yield server


@pytest.fixture
def mill(postgresql_url: str, valkey: BrokerServer, tmp_path: Path) -> Iterator[Mill]:
    with mill_at(postgresql_url, valkey.url, tmp_path) as mill:
        yield mill


def _leading(mill: Mill, schedulers: dict[int, subprocess.Popen[str]]) -> int:
    """The lease of the scheduler that leads; both are known by theirs, in the order they were begun."""
    with mill.database.read() as connection:
        number = leader(connection, SystemClock().now())
    assert number in schedulers
    return number


def _schedulers(mill: Mill, number: int) -> dict[int, subprocess.Popen[str]]:
    known: dict[int, subprocess.Popen[str]] = {}
    for _ in range(number):
        process = mill.begin("scheduler")
        known[max(mill.leases("scheduler"))] = process
    return known


def test_killing_a_scheduler_a_worker_and_the_broker_loses_nothing_and_sends_nothing_twice(
    postgresql_url: str, broker: BrokerServer, tmp_path: Path
) -> None:
    with mill_at(postgresql_url, broker.url, tmp_path) as mill:
        schedulers = _schedulers(mill, 2)
        workers = [mill.begin("worker") for _ in range(2)]
        campaign = mill.campaign(READERS)

        mill.until_arrived(READERS // 10)
        kill(schedulers[_leading(mill, schedulers)])

        mill.until_arrived(READERS // 4)
        broker.kill()
        time.sleep(1)
        broker.start()

        mill.until_arrived(READERS // 2)
        assert mill.in_doubt(campaign) == set()  # neither a scheduler nor a broker puts anybody in doubt
        kill(workers[0])
        at_the_kill = handing_over(mill.database, 0)

        states = mill.finish(campaign)
        assert set(states) <= {"accepted", "in_doubt"}
        assert states["accepted"] >= READERS * 0.95
        assert states.get("in_doubt", 0) <= at_the_kill
        mill.check(campaign, READERS)


def test_a_second_scheduler_takes_over_within_seconds_and_at_once_from_one_that_ends_in_order(mill: Mill) -> None:
    schedulers = _schedulers(mill, 3)
    first, second, third = schedulers
    kill(schedulers[first])
    mill.until(lambda: _leads(mill) == second)
    stop(schedulers[second])
    mill.until(lambda: _leads(mill) == third)
    assert mill.was_given_up(second)
    assert not mill.was_given_up(first)


def _leads(mill: Mill) -> int | None:
    with mill.database.read() as connection:
        return leader(connection, SystemClock().now())


def test_a_worker_that_slept_through_its_lease_begins_nothing_and_works_on_under_a_new_one(mill: Mill) -> None:
    _schedulers(mill, 1)
    sleeper, _ = mill.begin("worker"), mill.begin("worker")
    campaign = mill.campaign(READERS)
    mill.until_arrived(READERS // 10)
    (of_the_sleeper, _) = mill.leases("worker")
    sleeper.send_signal(signal.SIGSTOP)
    mill.until(lambda: mill.leases("worker")[of_the_sleeper])
    time.sleep(LASTS.total_seconds() / 10)
    sleeper.send_signal(signal.SIGCONT)
    states = mill.finish(campaign)
    assert set(states) <= {"accepted", "in_doubt"}
    mill.check(campaign, READERS)
    mill.until(lambda: len(mill.leases("worker")) == 3)


def test_who_is_told_to_stop_finishes_the_groups_under_way_gives_back_the_rest_and_ends_the_lease(mill: Mill) -> None:
    (scheduler,) = _schedulers(mill, 1).values()
    worker, web = mill.begin("worker"), mill.begin("web")
    campaign = mill.campaign(READERS // 2)
    mill.until_arrived(READERS // 20)
    for process in (worker, scheduler, web):
        stop(process)
    # What was not under way is left for others: nobody stays for that.
    assert mill.arrived().total() < READERS // 2
    for purpose in ("worker", "scheduler", "web"):
        assert list(mill.leases(purpose).values()) == [True], purpose
    assert handing_over(mill.database, 0) == 0
    assert mill.in_doubt(campaign) == set()
    _schedulers(mill, 1)
    mill.begin("worker")
    assert mill.finish(campaign) == {"accepted": READERS // 2}
    mill.check(campaign, READERS // 2)


def test_a_second_signal_ends_at_once(mill: Mill) -> None:
    worker = mill.begin("worker")
    mill.begin("scheduler")
    mill.campaign(READERS)
    mill.until_arrived(1)
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE_SECONDS) in (0, 128 + signal.SIGTERM)


def test_several_processes_of_one_command_hand_over_together_and_what_is_killed_of_them_is_begun_anew(
    mill: Mill,
) -> None:
    _schedulers(mill, 1)
    worker = mill.begin("worker", "--processes", "2")
    mill.until(lambda: len(mill.leases("worker")) == 2)
    campaign = mill.campaign(READERS // 2)
    mill.until_arrived(READERS // 20)
    with mill.database.read() as connection:
        children = _children(worker.pid)
        assert leader(connection, SystemClock().now()) is not None
    signal_number = signal.SIGKILL
    subprocess.run(["kill", f"-{int(signal_number)}", str(children[0])], check=True)
    mill.until(lambda: len(mill.leases("worker")) == 3)
    mill.finish(campaign)
    mill.check(campaign, READERS // 2)
    stop(worker)


def test_processes_whose_parent_is_killed_finish_what_is_under_way_and_put_nobody_in_doubt(mill: Mill) -> None:
    _schedulers(mill, 1)
    worker = mill.begin("worker", "--processes", "2")
    mill.until(lambda: len(mill.leases("worker")) == 2)
    campaign = mill.campaign(READERS // 2)
    mill.until_arrived(READERS // 20)
    kill(worker)
    mill.until(lambda: list(mill.leases("worker").values()) == [True, True])
    assert handing_over(mill.database, 0) == 0
    mill.begin("worker")
    assert mill.finish(campaign) == {"accepted": READERS // 2}
    mill.check(campaign, READERS // 2)


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
