"""The worker: lanes that do what the tickets say. Any number of them, in any number of processes and machines.

A lane is a thread that drives several connections to the mail server at once.
"""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from threading import Event

from dramatiq import Broker
from dramatiq import Worker as Threads

from mailer.actors import Queues, declare_actors
from mailer.lease import HeldLease
from mailer.mails import Mails
from mailer.office import Office
from mailer.pace import Pace
from mailer.rest import Rest
from mailer.send import Sender
from mailer.service import write_service_mails
from mailer.sessions import KeptSessions
from mailer.tickets import Range
from mailer.unanswered import Unanswered

log = logging.getLogger(__name__)

# What is under way is finished within it, or found by the sweeper: a group begins within five seconds, or is given back.
STOP_SECONDS = 10.0
# A ticket is left after so long, well before RabbitMQ takes whoever holds one for dead (30 minutes); another follows.
TICKET_SECONDS = 300.0
# Two lanes keep the processor and the database busy in turns; more would only wait for each other.
MOST_LANES = 2
# A thread that holds the interpreter gives it up so soon, where another waits for it. With Python's 5 ms the lane that waits for
# a mail server or the database hears the answer late, and its groups become small.
SWITCH_SECONDS = 0.0005
# What refers to itself in a circle, which is little here, is looked for so seldom: as often as Python does by itself, some of a send
# would be spent on looking through what is kept from beginning to end.
LOOKS_FOR_CIRCLES = (5_000, 10, 20)
# How long a thread waits for a ticket before it looks whether it is to stop.
POLL_MS = 100


def lanes_of(connections: int) -> tuple[int, ...]:
    """How many connections each lane of a process has: as few lanes as are of use, and all connections among them."""
    lanes = min(MOST_LANES, connections)
    return tuple((connections + place) // lanes for place in range(lanes))


class _Threads(Threads):
    """Dramatiq's threads, for some queues of a broker that serves others as well, and without queues for delays."""

    def start(self) -> None:
        """Begin to take tickets from queues that are declared already."""
        for queue in sorted(self.consumer_whitelist or ()):
            self._add_consumer(queue)
        for _ in range(self.worker_threads):
            self._add_worker()


class Worker:
    """Hands over what tickets name, on lanes of so many connections each. `start` it once, `stop` it once."""

    def __init__(
        self,
        office: Office,
        *,
        broker: Broker,
        queues: Queues,
        lease: HeldLease,
        rest: Rest,
        lanes: Sequence[int],
        done: Callable[[Range, int], None] = lambda _one, _decided: None,
        pace: Pace | None = None,
    ) -> None:
        self._sessions = KeptSessions(office.transport)
        self._office = replace(office, transport=self._sessions)
        self._lease = lease
        self._rest = rest
        self._done = done
        self._mails = Mails(self._office)
        self._pace = pace or Pace()
        self._unanswered = Unanswered()
        self._stopping = Event()
        self._shares: SimpleQueue[int] = SimpleQueue()
        for share in lanes:
            self._shares.put(share)
        declare_actors(broker, queues, self)
        # Confirmations have a thread of their own, so that they never wait for a long send.
        self._threads = [
            _Threads(broker, queues={queues.mail}, worker_threads=len(lanes), worker_timeout=POLL_MS),
            _Threads(broker, queues={queues.service}, worker_threads=1, worker_timeout=POLL_MS),
        ]
        # As many tickets as lanes are held ready, so that no worker sits on what another could begin.
        self._threads[0].queue_prefetch = len(lanes)

    def start(self) -> None:
        """Begin to take tickets."""
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.set_threshold(*LOOKS_FOR_CIRCLES)
        for threads in self._threads:
            threads.start()

    def stop(self) -> None:
        """Take no more tickets, finish the groups that are being handed over, and give back everything else."""
        self._stopping.set()
        until = time.monotonic() + STOP_SECONDS
        for threads in self._threads:
            threads.stop(timeout=max(1, int((until - time.monotonic()) * 1000)))
        self._sessions.close()

    def forget(self) -> None:
        """Forget what was compiled: the database holds something else under the same numbers now."""
        self._mails = Mails(self._office)

    def hand_over(self, publication_id: int, after: int, until: int) -> None:
        """Do what a ticket says."""
        one = Range(publication_id=publication_id, after=after, until=until)
        decided = Counter[Range]()
        self._rest.guarded("hand_over", lambda: decided.update({one: self._hand_over(one)}))
        self._done(one, decided[one])

    def write_service_mails(self) -> None:
        """Compose and hand over service mails."""
        self._rest.guarded("service", self._write_service_mails)

    def drained(self, publication_id: int, may_go_on: Callable[[], bool]) -> int:
        """Hand over everything that is due for a publication, in this thread, also while others rest.

        Answers about how many subscribers it decided. Raises as `Sender.run` does.
        """
        return self._sender(may_go_on, 1).run(publication_id)

    def _hand_over(self, one: Range) -> int:
        leave_at = time.monotonic() + TICKET_SECONDS
        with self._share() as connections:
            sender = self._sender(lambda: not self._rest.is_on and time.monotonic() < leave_at, connections)
            decided = sender.run(one.publication_id, after=one.after, until=one.until)
        if decided:
            self._lease.did(f"decided about {decided} subscribers of publication {one.publication_id}")
        return decided

    @contextmanager
    def _share(self) -> Iterator[int]:
        """How many connections this lane has: there are as many shares as threads that take tickets."""
        connections = self._shares.get()
        try:
            yield connections
        finally:
            self._shares.put(connections)

    def _sender(self, may_go_on: Callable[[], bool], connections: int) -> Sender:
        def goes_on() -> bool:
            return not self._stopping.is_set() and may_go_on()

        return Sender(self._office, self._mails, self._lease.id, goes_on, self._pace, connections, self._unanswered)

    def _write_service_mails(self) -> None:
        written = write_service_mails(self._office, self._lease.id)
        if written:
            self._lease.did(f"wrote {written} service mails")
