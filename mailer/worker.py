"""The worker: threads that do what the tickets say, and a ticker that writes a ticket as long as something is due.

The tickets carry ids only, and the ticker asks the database: losing every ticket at any moment loses nothing.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Event, Lock, Thread

from dramatiq import Broker
from dramatiq import Worker as Threads

from mailer.actors import InProcessBroker, declare_actors
from mailer.lease import HeldLease, this_process
from mailer.mails import Mails
from mailer.office import Office
from mailer.pace import Pace
from mailer.retention import Retention
from mailer.schedule import tend
from mailer.send import Sender
from mailer.service import write_service_mails
from preferences.errors import AnyDoubt, TrothError
from preferences.store.agenda import is_handing_over, publications_due

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
# A ticket that no thread has taken up by then may be lost; one too many finds nothing to do.
LOST_AFTER_SECONDS = 5.0
STOP_SECONDS = 10.0


class Worker:
    """Everything that happens by itself for one database. `start` it once, `stop` it once; `wake` at any time."""

    def __init__(self, office: Office, *, threads: int, purpose: str = "worker", broker: Broker | None = None) -> None:
        self._office = office
        self._retention = Retention(office)
        self._mails = Mails(office)
        self._broker = broker or InProcessBroker()
        self._actors = declare_actors(self._broker, self)
        self._parallel = threads
        # One thread more than may be handing over, so that planning and confirmations never wait for a long send.
        self._threads = Threads(self._broker, worker_threads=threads + 1, worker_timeout=100)
        self._purpose = purpose
        self._stopping = Event()
        self._awake = Event()
        self._running: Counter[str] = Counter()
        self._written: defaultdict[str, list[float]] = defaultdict(list)
        self._pace = Pace()
        self._rests = 0
        self._lock = Lock()
        self._idle = Condition(self._lock)

    def start(self) -> None:
        """Begin a lease and start working."""
        process = this_process(self._purpose, threads=self._parallel, schedules=True)
        self._lease = HeldLease(self._office, process)
        self._threads.start()
        self._ticker = Thread(target=self._tick, name="ticker", daemon=True)
        self._ticker.start()

    def stop(self) -> None:
        """Finish the groups that are being handed over, give back everything else, end the lease."""
        self._stopping.set()
        self._awake.set()
        self._ticker.join()
        self._threads.stop(timeout=int(STOP_SECONDS * 1000))
        self._broker.close()
        self._lease.end()

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def hand_over(self, publication_id: int) -> None:
        """Hand over what is due for a publication."""
        name = f"hand_over {publication_id}"
        self._guarded(name, lambda: self._sender(lambda: not self._rests).run(publication_id))

    def tend(self) -> None:
        """Plan, sweep and settle, and empty what was kept long enough."""
        self._guarded("tend", self._tend)

    def _tend(self) -> None:
        tend(self._office)
        self._retention.run()

    def write_service_mails(self) -> None:
        """Compose and hand over service mails."""
        self._guarded("service", lambda: write_service_mails(self._office, self._lease.id))

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Nothing happens by itself meanwhile; it begins when what is under way has come to a group's end."""
        with self._lock:
            self._rests += 1
            self._idle.wait_for(lambda: not self._running.total())
        try:
            yield
        finally:
            with self._lock:
                self._rests -= 1
            self.wake()

    def drain(self, may_go_on: Callable[[], bool] = lambda: True) -> None:
        """Do everything that is due at this instant of a driven clock, in this thread, and answer when it is done.

        Call it while the worker is `resting`: two that write in turns wait for each other more than they work.
        """
        while may_go_on():
            self._tend()
            write_service_mails(self._office, self._lease.id)
            with self._office.database.read() as connection:
                due = publications_due(connection, self._office.clock.now())
            done = sum(self._drained(publication_id, may_go_on) for publication_id in due)
            with self._office.database.read() as connection:
                busy = is_handing_over(connection)
            if busy:
                Event().wait(0.02)  # somebody else is handing over: wait for that
            elif not done:
                return

    def forget(self) -> None:
        """Forget what was compiled: the database holds something else under the same numbers now."""
        self._mails = Mails(self._office)

    def _drained(self, publication_id: int, may_go_on: Callable[[], bool]) -> int:
        """Hand over what is due; a lease that was lost because the database was busy for long is begun anew, once."""
        try:
            return self._sender(may_go_on).run(publication_id)
        except AnyDoubt as error:
            log.warning("once more", extra={"why": str(error)})
            self._lease.renew()
            return self._sender(may_go_on).run(publication_id)

    def _sender(self, may_go_on: Callable[[], bool]) -> Sender:
        def goes_on() -> bool:
            return may_go_on() and not self._stopping.is_set()

        return Sender(self._office, self._mails, self._lease.id, goes_on, self._pace)

    def _guarded(self, name: str, task: Callable[[], object]) -> None:
        """The edge of a thread: what goes wrong is said, and tried again by the next ticket. Nothing is sent by it."""
        with self._lock:
            del self._written[name][:1]
            if self._rests:
                return
            self._running[name] += 1
        try:
            task()
        except TrothError as error:
            log.warning("cannot go on now", extra={"task": name, "why": str(error)})
        except Exception:
            log.exception("failed", extra={"task": name})
        finally:
            with self._lock:
                self._running[name] -= 1
                self._idle.notify_all()

    def _tick(self) -> None:
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                if not self._rests:
                    self._write_tickets()
            except TrothError as error:
                log.warning("cannot ask what is due", extra={"why": str(error)})
            except Exception:
                log.exception("failed", extra={"task": "ticker"})
            self._awake.wait(TICK_SECONDS)

    def _write_tickets(self) -> None:
        self._ticket("tend", 1, self._actors.tend.send)
        self._ticket("service", 1, self._actors.write_service_mails.send)
        with self._office.database.read() as connection:
            due = publications_due(connection, self._office.clock.now())
        for publication_id in due:
            send = self._actors.hand_over.send
            self._ticket(f"hand_over {publication_id}", self._parallel, lambda: send(publication_id))  # noqa: B023

    def _ticket(self, name: str, most: int, send: Callable[[], object]) -> None:
        """Write tickets of a kind until as many as may be are under way; one that nobody takes up is taken for lost."""
        with self._lock:
            now = time.monotonic()
            waiting = [written for written in self._written[name] if now - written < LOST_AFTER_SECONDS]
            missing = max(0, most - self._running[name] - len(waiting))
            self._written[name] = waiting + [now] * missing
        for _ in range(missing):
            send()
