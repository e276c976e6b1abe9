"""Tickets by a real broker: doubled, in any order, late, for nobody, or lost, they do no harm and hold up nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from mailer.actors import Queues, TicketWriter
from mailer.brokers import BrokerAway, InProcessBroker, open_broker, waiting_tickets
from mailer.embedded import EmbeddedMailer
from mailer.schedule import tend
from mailer.tickets import Range
from preferences.store.installation import installation_name
from preferences.store.tables import DECISION
from tests.brokers import BrokerServer, running_broker
from tests.mailer.town import TUESDAY, Town, town_at

READERS = 60
PATIENCE_SECONDS = 120


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[BrokerServer]:
    with running_broker("valkey", tmp_path / "broker") as server:
        yield server


@pytest.fixture
def town(postgresql_url: str) -> Iterator[Town]:
    with town_at(postgresql_url) as town:
        yield town


@pytest.fixture
def campaign(town: Town) -> int:
    town.topic("letter", days={1})
    for number in range(READERS):
        town.reader(f"r{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    return town.campaign("first", "letter")


def _wait(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_tickets_doubled_in_any_order_and_for_nobody_send_everything_once(
    town: Town, campaign: int, valkey: BrokerServer
) -> None:
    with town.database.read() as connection:
        name = installation_name(connection)
    strange = open_broker(valkey.url, name)
    writer = TicketWriter(strange, Queues.of(name))
    chance = random.Random(7)
    mailers = [EmbeddedMailer(town.office, connections=2, broker=open_broker(valkey.url, name)) for _ in range(2)]
    for mailer in mailers:
        mailer.start()
    try:
        for _ in range(40):
            after = chance.randrange(-5, READERS)
            writer.hand_over(Range(publication_id=chance.choice([1, 1, 1, 99]), after=after, until=after + 30))
            writer.write_service_mails()
        _wait(lambda: town.counts(campaign) == {"accepted": READERS})
    finally:
        for mailer in mailers:
            mailer.stop()
        strange.close()
    assert len(town.transport.messages) == READERS  # type: ignore[attr-defined]


def test_a_broker_that_is_away_is_said_and_written_to_again_when_it_is_back(valkey: BrokerServer) -> None:
    broker, queues = open_broker(valkey.url, "here"), Queues.of("here")
    elsewhere = open_broker(valkey.url, "elsewhere")
    writer = TicketWriter(broker, queues)
    one = Range(publication_id=1, after=0, until=9)
    writer.hand_over(one)
    assert waiting_tickets(broker, queues.mail) == 1
    assert waiting_tickets(elsewhere, Queues.of("elsewhere").mail) == 0
    valkey.kill()
    with pytest.raises(BrokerAway):
        writer.hand_over(one)
    valkey.start()
    assert waiting_tickets(broker, queues.mail) == 0
    writer.hand_over(one)
    assert waiting_tickets(broker, queues.mail) == 1
    for each in (broker, elsewhere):
        each.close()


def test_two_that_lead_at_once_plan_everything_once(town: Town, campaign: int) -> None:
    at_once = Barrier(4)

    def lead() -> None:
        at_once.wait()
        tend(town.office)

    leading = [Thread(target=lead) for _ in range(4)]
    for thread in leading:
        thread.start()
    for thread in leading:
        thread.join()
    assert town.counts(campaign) == {"due": READERS}
    with town.database.read() as connection:
        decisions = connection.execute(select(func.count()).select_from(DECISION)).scalar_one()
    assert decisions == READERS


def test_the_broker_of_one_process_forgets_what_failed() -> None:
    broker = InProcessBroker()
    queues = Queues.of("here")
    TicketWriter(broker, queues)
    broker.dead_letters_by_queue[queues.mail].append(None)  # type: ignore[arg-type]
    assert broker.dead_letters_by_queue[queues.mail] == []
