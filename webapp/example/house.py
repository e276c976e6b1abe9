"""The publication with its mailer, and a clock that goes from one planned instant to the next, as a sandbox's does."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush

from mailer.mails import Mails
from mailer.office import Office
from mailer.pace import Pace
from mailer.schedule import tend
from mailer.send import Sender
from mailer.service import write_service_mails
from preferences.links import Links
from preferences.store.agenda import next_instant, publications_due
from preferences.store.clock import DrivenClock, FixedClock
from preferences.store.database import Database
from preferences.store.leases import begin_lease, end_lease, renew_lease
from preferences.store.transactions import Transaction
from webapp.example.post import Answered, Post, Trouble

# A key of the generator: everything that is sent while the example is made is thrown away, and no link of it is kept.
LINKS = Links(("the example is made with this key, and no link of it is kept",))
BASE_URL = "http://127.0.0.1/sandbox"

Act = Callable[[Transaction, datetime], None]


@dataclass(order=True, slots=True)
class _Turn:
    at: datetime
    number: int
    act: Act = field(compare=False)


class House:
    """Acts are done at their instants, each in a transaction of its own; between them the mailer does what is due."""

    def __init__(
        self, database: Database, publication_id: int, seed: int, begins_at: datetime, trouble: Trouble
    ) -> None:
        self.database = database
        self.publication_id = publication_id
        self.chance = random.Random(seed)
        self.listeners: list[Callable[[Answered], None]] = []
        self._clock = FixedClock(begins_at)
        self._turns: list[_Turn] = []
        self._numbered = 0
        office = Office(
            database=database,
            clock=self._clock,
            links=LINKS,
            base_url=BASE_URL,
            list_host="lantern-house.example",
            transport=Post(self._clock, LINKS, seed, begins_at, trouble, self._heard),
            is_driven=True,
            machine_clock=self._clock,
            jitter=random.Random(seed + 1),
        )
        self._office = office
        with database.write() as connection:
            self._lease_id = begin_lease(connection, "example", begins_at)
        # Groups of one size: how fast this machine is must not show in the ledger.
        self._sender = Sender(office, Mails(office), self._lease_id, lambda: True, Pace(steady=100))

    def _heard(self, answered: Answered) -> None:
        for listener in self.listeners:
            listener(answered)

    @property
    def now(self) -> datetime:
        """The instant at which the example is."""
        return self._clock.now()

    def at(self, instant: datetime, act: Act) -> None:
        """Do something at an instant, or now where it has passed."""
        self._numbered += 1
        heappush(self._turns, _Turn(instant, self._numbered, act))

    def live_until(self, end: datetime) -> None:
        """Go from instant to instant until the end, and stop the mailer there."""
        while (instant := self._next()) is not None and instant <= end:
            self._clock.instant = max(instant, self.now)
            self._live_this_moment()
        self._clock.instant = end
        self._live_this_moment()
        with self.database.write() as connection:
            end_lease(connection, self._lease_id, self.now)
        DrivenClock(self.database).move_to(end)

    def _next(self) -> datetime | None:
        with self.database.read() as connection:
            planned = next_instant(connection, self.now)
        turn = self._turns[0].at if self._turns else None
        return min((at for at in (planned, turn) if at is not None), default=None)

    def _live_this_moment(self) -> None:
        with self.database.write() as connection:
            renew_lease(connection, self._lease_id, self.now)
        while True:
            while self._turns and self._turns[0].at <= self.now:
                turn = heappop(self._turns)
                with self.database.write() as connection:
                    turn.act(connection, self.now)
            self._hand_over()
            if not self._turns or self._turns[0].at > self.now:
                return

    def _hand_over(self) -> None:
        done = 1
        while done:
            tend(self._office)
            done = write_service_mails(self._office, self._lease_id)
            with self.database.read() as connection:
                due = publications_due(connection, self.now)
            done += sum(self._sender.run(publication_id) for publication_id in due)
