"""The scheduler: plans, sweeps and settles, and writes a ticket as long as something is due. One process leads.

What it knows of tickets is in memory only, and the database is asked what is due: losing every ticket, the broker, or
the process that leads, at any moment, loses nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Lock, Thread

from dramatiq import Broker

from mailer.actors import Queues, TicketWriter
from mailer.brokers import InProcessBroker, waiting_tickets
from mailer.lease import HeldLease
from mailer.office import Office
from mailer.rest import Rest
from mailer.retention import Retention
from mailer.schedule import tend
from mailer.tickets import LOST_AFTER_SECONDS, Range, Tickets, looked_at
from preferences.store.agenda import is_something_to_plan
from preferences.store.clock import check_clock
from preferences.store.due import (
    first_due,
    publications_due,
    publications_of_few,
    running_publications,
    service_mails_due,
)
from preferences.store.leases import leader, threads_at_work
from preferences.store.sweep import may_be_finished

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
# Between two ticks it is only looked whether a campaign is to be planned, or may be finished: somebody waits for that.
GLANCE_SECONDS = 0.2
# A queue in which so many tickets wait gets no more: nobody takes them up, and the database forgets nothing.
FULL_QUEUE = 128
# While very much is due, it is asked so seldom for which publications; those with a campaign under way are known at once.
ASK_ALL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What is due, at one look: threads that work, subscribers by publication, service mails and the newest of them."""

    threads: int
    subscribers: Mapping[int, list[int]]
    service: tuple[int, int]


class Scheduler:
    """Leads, or stands by until it does. `start` it once, `stop` it once; `wake` at any time."""

    def __init__(self, office: Office, *, broker: Broker, queues: Queues, lease: HeldLease, rest: Rest) -> None:
        self._office = office
        self._broker = broker
        self._queues = queues
        self._writer = TicketWriter(broker, queues)
        self._lease = lease
        self._rest = rest
        self._retention = Retention(office)
        self._lock = Lock()
        self._tickets: dict[int, Tickets] = {}
        self._service: tuple[tuple[int, int], float] = ((0, 0), 0.0)
        self._all_due: tuple[list[int], float] = ([], 0.0)
        self._stopping = Event()
        self._to_tend, self._to_write = Event(), Event()
        self._threads = [
            Thread(target=self._every_tick, args=args, name=args[0], daemon=True)
            for args in (
                ("tend", self.tend, self._to_tend, self._is_waited_for),
                ("tickets", self.write_tickets, self._to_write, None),
            )
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing more, and answer when what is under way is over."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """There may be something to do."""
        self._to_tend.set()
        self._to_write.set()

    @property
    def is_leading(self) -> bool:
        """Whether this process leads, as the database has it now. Raises `DatabaseAway`."""
        with self._office.database.look() as connection:
            return leader(connection, self._office.machine_clock.now()) == self._lease.id

    def tickets_under_way(self) -> int:
        """How many tickets were written and neither done nor lost, as far as is known here."""
        with self._lock:
            return sum(tickets.under_way for tickets in self._tickets.values())

    def tend(self) -> None:
        """Plan, sweep and settle, and empty what was kept long enough, where this process leads."""
        if not self.is_leading:
            return
        self._check_clocks()
        planned = self.tend_now(self._lease.id)
        if planned:
            self._lease.did(f"planned {planned} campaigns")
            self._to_write.set()

    def tend_now(self, lease_id: int | None = None) -> int:
        """The same, whether or not this process leads; answers how many campaigns were planned."""
        planned = tend(self._office, lease_id)
        self._retention.run()
        return planned

    def write_tickets(self) -> None:
        """Write the tickets that are missing, where this process leads; another begins with nothing.

        Into a broker of its own every process writes: nobody else takes tickets from there.
        """
        if not (isinstance(self._broker, InProcessBroker) or self.is_leading):
            with self._lock:
                self._tickets.clear()
            return
        look = self._look()
        if not look.threads:
            return  # nobody would take them up
        if self._is_new(look.service):
            self._writer.write_service_mails()
        room = FULL_QUEUE - waiting_tickets(self._broker, self._queues.mail)
        with self._lock:  # where nothing is due, every ticket was done
            self._tickets = {one: kept for one, kept in self._tickets.items() if one in look.subscribers}
        written = sum(self._write_for(one, due, look.threads, room) for one, due in look.subscribers.items())
        if written:
            self._lease.did(f"wrote {written} tickets")

    def done(self, one: Range, decided: int) -> None:
        """A ticket was done, where that is known here; one by which nothing was decided is not hurried after."""
        with self._lock:
            if one.publication_id in self._tickets:
                self._tickets[one.publication_id].not_written([one])
        if decided:
            self._to_write.set()

    def _look(self) -> _Look:
        now = self._office.clock.now()
        with self._office.database.look() as connection:
            threads = threads_at_work(connection, self._office.machine_clock.now())
            publications = publications_of_few(connection, now)
            if publications is None:
                known = self._of_many(lambda: publications_due(connection, now))
                publications = sorted({*known, *running_publications(connection)})
            due = {one: first_due(connection, one, now, limit=looked_at(threads)) for one in publications}
            return _Look(threads, due, service_mails_due(connection, now))

    def _of_many(self, ask: Callable[[], list[int]]) -> list[int]:
        publications, asked = self._all_due
        if not publications or time.monotonic() - asked > ASK_ALL_SECONDS:
            publications = ask()
            self._all_due = publications, time.monotonic()
        return publications

    def _is_new(self, service: tuple[int, int]) -> bool:
        """Whether a ticket for service mails is to be written: others are due than at the last one, or it may be lost."""
        known, written = self._service
        if not service[0] or (service == known and time.monotonic() - written < LOST_AFTER_SECONDS):
            return False
        self._service = service, time.monotonic()
        return True

    def _write_for(self, publication_id: int, due: list[int], threads: int, room: int) -> int:
        with self._lock:
            tickets = self._tickets.setdefault(publication_id, Tickets(publication_id))
            missing = tickets.missing(due, threads)
        written = 0
        try:
            for one in missing[: max(0, room)]:
                self._writer.hand_over(one)
                written += 1
        finally:
            with self._lock:
                tickets.not_written(missing[written:])
        return written

    def _check_clocks(self) -> None:
        if not self._office.is_driven:
            check_clock(self._office.clock.now(), self._office.database.own_now(), "the database's")

    def _is_waited_for(self) -> bool:
        """Whether a tick is worth beginning early."""
        with self._office.database.look() as connection:
            return is_something_to_plan(connection, self._office.clock.now()) or may_be_finished(connection)

    def _every_tick(
        self, name: str, task: Callable[[], None], woken: Event, is_waited_for: Callable[[], bool] | None
    ) -> None:
        while not self._stopping.is_set():
            woken.clear()
            if not self._rest.is_on:
                self._rest.guarded(name, task)
            if is_waited_for is None:
                woken.wait(TICK_SECONDS)
            else:
                self._wait_glancing(name, woken, is_waited_for)

    def _wait_glancing(self, name: str, woken: Event, is_waited_for: Callable[[], bool]) -> None:
        """Wait for a tick, or until something is waited for; where that cannot be told, for the tick."""
        until = time.monotonic() + TICK_SECONDS
        seen: list[bool] = []
        while not woken.wait(GLANCE_SECONDS) and time.monotonic() < until and not any(seen):
            if not (self._rest.is_on or self._rest.guarded(name, lambda: seen.append(is_waited_for()))):
                woken.wait(max(0.0, until - time.monotonic()))
