"""The mailer in one process: a scheduler and a worker for one database, on a broker of their own unless one is given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from dramatiq import Broker

from mailer.actors import Queues
from mailer.brokers import InProcessBroker
from mailer.lease import HeldLease, this_process
from mailer.office import Office
from mailer.pace import Pace
from mailer.rest import Rest
from mailer.scheduler import Scheduler
from mailer.service import write_service_mails
from mailer.worker import Worker, lanes_of
from preferences.errors import AnyDoubt
from preferences.store.agenda import is_handing_over, publications_due
from preferences.store.installation import installation_name

log = logging.getLogger(__name__)


class EmbeddedMailer:
    """Everything that happens by itself for one database. `start` it once, `stop` it once; `wake` at any time."""

    def __init__(
        self,
        office: Office,
        *,
        connections: int,
        purpose: str = "run",
        broker: Broker | None = None,
        listens: str = "",
        pace: Pace | None = None,
    ) -> None:
        self._office = office
        self._connections = connections
        self._process = this_process(purpose, listens=listens, threads=len(lanes_of(connections)), schedules=True)
        self._broker = broker or InProcessBroker()
        self._rest = Rest()
        self._pace = pace

    def start(self) -> None:
        """Begin a lease and start working."""
        with self._office.database.look() as connection:
            queues = Queues.of(installation_name(connection))
        self.lease = HeldLease(self._office, self._process)
        self.scheduler = Scheduler(self._office, broker=self._broker, queues=queues, lease=self.lease, rest=self._rest)
        self._worker = Worker(
            self._office,
            broker=self._broker,
            queues=queues,
            lease=self.lease,
            rest=self._rest,
            lanes=lanes_of(self._connections),
            done=self.scheduler.done,
            pace=self._pace,
        )
        self._worker.start()
        self.scheduler.start()

    def stop(self) -> None:
        """Finish the groups that are being handed over, give back everything else, end the lease."""
        self.scheduler.stop()
        self._worker.stop()
        self._broker.close()
        self.lease.end()

    def wake(self) -> None:
        """There may be something to do."""
        self.scheduler.wake()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Nothing happens by itself meanwhile; it begins when what is under way has come to a group's end."""
        with self._rest.resting():
            yield
        self.wake()

    def drain(self, may_go_on: Callable[[], bool] = lambda: True) -> None:
        """Do everything that is due at this instant of a driven clock, in this thread, and answer when it is done.

        Call it while the mailer is `resting`: two that write in turns wait for each other more than they work.
        """
        while may_go_on():
            self.scheduler.tend_now()
            write_service_mails(self._office, self.lease.id)
            with self._office.database.look() as connection:
                due = publications_due(connection, self._office.clock.now())
            done = sum(self._drained(publication_id, may_go_on) for publication_id in due)
            with self._office.database.look() as connection:
                busy = is_handing_over(connection)
            if busy:
                Event().wait(0.02)  # somebody else is handing over: wait for that
            elif not done:
                return

    def forget(self) -> None:
        """Forget what was compiled: the database holds something else under the same numbers now."""
        self._worker.forget()

    def _drained(self, publication_id: int, may_go_on: Callable[[], bool]) -> int:
        """Hand over what is due; a lease that was lost because the database was busy for long is begun anew, once."""
        try:
            return self._worker.drained(publication_id, may_go_on)
        except AnyDoubt as error:
            log.warning("once more", extra={"why": str(error)})
            self.lease.renew()
            return self._worker.drained(publication_id, may_go_on)
