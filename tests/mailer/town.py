"""A town: one publication with a mailer on a driven clock, run step by step by a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from mailer.mails import Mails
from mailer.office import Office
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import MemoryTransport, Transport
from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.links import Links
from preferences.spread import NO_SPREAD
from preferences.store import leases
from preferences.store.agenda import next_instant
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import create_campaign
from preferences.store.clock import FixedClock
from preferences.store.database import Database, open_database
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.installation import found
from preferences.store.publications import change_publication
from preferences.store.schedules import schedule
from preferences.store.subscribers import add_subscriber
from preferences.store.tables import ATTEMPT, DECISION, DELIVERY, LEASE
from preferences.store.topics import create_topic

# A Tuesday, nine o'clock in Berlin.
TUESDAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ONE_A_WEEK = {"count": 1, "per": "week"}
KEYS = ("a key of the tests that is long enough",)
LEASE_LASTS = timedelta(hours=1)


class Town:
    """One publication, its readers and its mailer; every method is one step of a test."""

    def __init__(self, database: Database, transport: Callable[[FixedClock], Transport] = MemoryTransport) -> None:
        self.database = database
        self.clock = FixedClock(TUESDAY - timedelta(days=30))
        self.transport = transport(self.clock)
        self.office = Office(
            database=database,
            clock=self.clock,
            links=Links(KEYS),
            base_url="http://127.0.0.1:8642",
            list_host="localhost",
            transport=self.transport,
            is_driven=True,
        )
        self.publication_id = 1
        found(database, self.clock.now())
        with database.write() as connection:
            change_publication(
                connection, 1, {"sender": "Letter <letter@example.org>", "postal_address": "1 Example Street"}
            )
        self.begin_lease()
        self.mails = Mails(self.office)

    def begin_lease(self) -> None:
        """A process begins; nobody takes it for dead, however long the machine that runs the test stands still."""
        with self.database.write() as connection:
            now = self.office.machine_clock.now()
            self.lease_id = leases.begin_lease(connection, "test", now, lasts=LEASE_LASTS)

    def topic(
        self, slug: str, count: int = 1, per: str = "week", *, days: set[int] | None = None, notice: bool = False
    ) -> int:
        """A topic with a cadence."""
        usual = frozenset(Weekday(day) for day in days or set())
        cadence = Cadence(id=0, at_most=Cap(count=count, per=Period(per)), days=usual)
        with self.database.write() as connection:
            return create_topic(
                connection, 1, slug=slug, name=slug.title(), cadence=cadence, by=SYSTEM, now=self.now, is_notice=notice
            )

    def reader(
        self,
        name: str,
        topics: Mapping[str, str],
        *,
        zone: str = "Europe/Berlin",
        domain: str = "example.org",
        **asked: Any,
    ) -> int:
        """A confirmed reader of these topics, each with its way of arriving."""
        chosen = [{"topic": slug, "arrives": arrives} for slug, arrives in topics.items()]
        with self.database.write() as connection:
            address = parse_address(f"{name}@{domain}")
            reader = add_subscriber(connection, 1, address, self.now, name=name.title(), confirmed_at=self.now)
            expectation = asked_from_json(asked.pop("asked", None) or {"topics": chosen, **asked})
            begin_expectation(connection, 1, reader, expectation, SYSTEM, self.now, zone=zone)
        return reader

    def campaign(
        self, name: str, *topics: str, at: datetime | None = None, spread: timedelta = NO_SPREAD, **values: Any
    ) -> int:
        """A scheduled campaign."""
        content = {"markdown": f"# {name}\n\nHello {{{{ name }}}}", "summary": f"about {name}", **values}
        with self.database.write() as connection:
            values = {"name": name, "subject": name, "title": name, "topics": topics, **content}
            number = create_campaign(connection, 1, CampaignValues(**values), SYSTEM, self.now)
            schedule(connection, 1, number, at or self.now, SYSTEM, self.now, spread=spread)
        return number

    @property
    def now(self) -> datetime:
        """What time it is in the town."""
        return self.clock.now()

    def hand_over(self) -> None:
        """Do everything that is due now."""
        with self.database.write() as connection:
            leases.renew_lease(connection, self.lease_id, self.office.machine_clock.now(), lasts=LEASE_LASTS)
        done = 1
        while done:
            tend(self.office)
            done = Sender(self.office, self.mails, self.lease_id, lambda: True).run(1)
        tend(self.office)

    def go_to(self, instant: datetime) -> None:
        """Live until then: at each planned instant do what is due."""
        self.hand_over()
        while True:
            with self.database.read() as connection:
                planned = next_instant(connection, self.now)
            if planned is None or planned > instant:
                break
            self.clock.instant = planned
            self.hand_over()
        self.clock.instant = max(instant, self.now)
        self.hand_over()

    def lose_the_lease(self) -> None:
        """The process of the town is taken for dead: what it was handing over is in doubt, and a new one takes over."""
        with self.database.write() as connection:
            connection.execute(update(LEASE).values(until=self.office.machine_clock.now() - timedelta(seconds=1)))
        tend(self.office)
        self.begin_lease()

    def stands(self, campaign: int, reader: int | None = None) -> tuple[str, str]:
        """State and reason of the only (or the reader's) delivery of a campaign."""
        where = DELIVERY.c.campaign_id == campaign
        if reader is not None:
            where &= DELIVERY.c.subscriber_id == reader
        with self.database.read() as connection:
            row = connection.execute(select(DELIVERY.c.state, DELIVERY.c.reason).where(where)).one()
        return row.state, row.reason

    def column(self, campaign: int, name: str) -> Any:
        """One column of the only delivery of a campaign."""
        with self.database.read() as connection:
            return connection.execute(select(DELIVERY.c[name]).where(DELIVERY.c.campaign_id == campaign)).scalar_one()

    def outcomes(self) -> list[str | None]:
        """The outcome of every attempt, in order; None while one is under way."""
        with self.database.read() as connection:
            return list(connection.execute(select(ATTEMPT.c.outcome).order_by(ATTEMPT.c.id)).scalars())

    def counts(self, campaign: int) -> dict[str, int]:
        """How many deliveries of a campaign are in which state."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(DELIVERY.c.state, func.count().label("how_many"))
                .where(DELIVERY.c.campaign_id == campaign)
                .group_by(DELIVERY.c.state)
            )
            return {row.state: row.how_many for row in rows}

    def decisions(self, campaign: int) -> list[tuple[str, str]]:
        """Every decision about the only delivery of a campaign, in order, as outcome and reason."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(DECISION.c.outcome, DECISION.c.reason)
                .join(DELIVERY, DELIVERY.c.id == DECISION.c.delivery_id)
                .where(DELIVERY.c.campaign_id == campaign)
                .order_by(DECISION.c.id)
            )
            return [(row.outcome, row.reason) for row in rows]


@contextmanager
def town_at(url: str) -> Iterator[Town]:
    """A town in the database at a URL, on a Tuesday at nine in Berlin, its readers older than that."""
    database = open_database(url)
    try:
        town = Town(database)
        yield town
    finally:
        database.close()
