"""The worker with its threads and tickets: everything leaves by itself, and no ticket that is lost loses anything."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailer.brokers import InProcessBroker
from mailer.embedded import EmbeddedMailer
from mailer.schedule import tend
from mailer.scheduler import TICK_SECONDS
from mailer.worker import lanes_of
from preferences.store.tables import CAMPAIGN, LEASE
from tests.mailer.town import TUESDAY, Town

PATIENCE_SECONDS = 120


@contextmanager
def _working(town: Town, broker: InProcessBroker | None = None) -> Iterator[EmbeddedMailer]:
    worker = EmbeddedMailer(town.office, connections=2, broker=broker)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def _wait(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def _is_finished(town: Town, campaign: int) -> bool:
    with town.database.read() as connection:
        status: str = connection.execute(select(CAMPAIGN.c.status).where(CAMPAIGN.c.id == campaign)).scalar_one()
    return status == "finished"


@pytest.fixture
def campaign(town: Town) -> int:
    town.topic("letter", days={1})
    for number in range(30):
        town.reader(f"r{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    return town.campaign("first", "letter")


def test_a_scheduled_campaign_leaves_by_itself(town: Town, campaign: int) -> None:
    with _working(town) as worker:
        worker.wake()
        _wait(lambda: _is_finished(town, campaign))
    assert town.counts(campaign) == {"accepted": 30}
    assert len({message.rcpt_to for message in town.transport.messages}) == 30  # type: ignore[attr-defined]


@pytest.mark.slow
def test_losing_every_ticket_again_and_again_loses_nothing(town: Town, campaign: int) -> None:
    broker = InProcessBroker()
    with _working(town, broker) as worker:
        for _ in range(20):
            worker.wake()
            broker.flush_all()
            time.sleep(0.01)
        _wait(lambda: _is_finished(town, campaign))
    assert town.counts(campaign) == {"accepted": 30}
    assert len(town.transport.messages) == 30  # type: ignore[attr-defined]


def test_two_workers_on_one_database_send_everything_once(town: Town, campaign: int) -> None:
    with _working(town), _working(town):
        _wait(lambda: _is_finished(town, campaign))
    assert len(town.transport.messages) == 30  # type: ignore[attr-defined]


def test_who_stops_in_order_ends_the_lease_and_leaves_nothing_handing_over(town: Town, campaign: int) -> None:
    with _working(town) as worker:
        worker.wake()
    assert "handing_over" not in town.counts(campaign)
    with town.database.read() as connection:
        ended = connection.execute(select(LEASE.c.ended_at).where(LEASE.c.purpose == "run")).scalar_one()
    assert ended is not None
    town.hand_over()
    assert town.counts(campaign) == {"accepted": 30}


def test_nothing_happens_by_itself_while_somebody_else_does_it(town: Town, campaign: int) -> None:
    with _working(town) as worker:
        with worker.resting():
            extra = town.campaign("extra", "letter", at=TUESDAY + timedelta(minutes=1))
            town.clock.instant += timedelta(minutes=1)
            worker.wake()
            time.sleep(2.5)  # longer than a tick
            assert town.counts(extra) == {}
            worker.drain()
            assert sum(town.counts(extra).values()) == 30
        worker.wake()
        _wait(lambda: _is_finished(town, campaign))


def test_what_cannot_go_on_is_tried_again_at_every_tick_and_not_in_a_hurry(
    town: Town, campaign: int, caplog: pytest.LogCaptureFixture
) -> None:
    tend(town.office)
    town.office = replace(town.office, is_driven=False)  # so that its clock disagrees with the database's
    with _working(town):
        time.sleep(2.5 * TICK_SECONDS)
    tried = [record for record in caplog.records if getattr(record, "task", "") == "hand_over"]
    assert 1 <= len(tried) <= 20
    assert town.counts(campaign) == {"due": 30}


def test_the_connections_of_a_process_are_spread_over_two_lanes_and_none_is_left_out() -> None:
    assert [lanes_of(number) for number in (1, 2, 3, 10)] == [(1,), (1, 1), (1, 2), (5, 5)]
