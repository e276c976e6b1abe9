"""The lease of this process: begun, renewed by a heartbeat, begun anew where it was lost."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

from mailer.office import Office
from preferences.errors import AnyDoubt
from preferences.store.clock import AgreedClock
from preferences.store.database import DatabaseAway
from preferences.store.leases import LASTS, Process, begin_lease, end_lease, renew_lease

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long a lease lasts, and how often it is renewed."""

    lasts: timedelta
    heartbeat_seconds: float


# Of whoever hands over: long enough for what began just before a heartbeat (`leases.BEGINS_WITHIN`).
OF_WORKERS = Term(lasts=LASTS, heartbeat_seconds=4.0)
# Of whoever only leads: short, so that another takes over within seconds.
OF_SCHEDULERS = Term(lasts=timedelta(seconds=6), heartbeat_seconds=1.5)


def this_process(purpose: str, *, listens: str = "", threads: int = 0, schedules: bool = False) -> Process:
    """This process as its lease names it."""
    return Process(
        purpose=purpose,
        host=socket.gethostname(),
        number=os.getpid(),
        listens=listens,
        threads=threads,
        schedules=schedules,
    )


class HeldLease:
    """A lease that a thread of its own renews. `id` changes where it was lost: what was begun under it is swept."""

    def __init__(self, office: Office, process: Process, term: Term = OF_WORKERS) -> None:
        self.process = process
        self._office = office
        self._term = term
        self._lock = Lock()
        self._stopping = Event()
        self._did: tuple[str, datetime | None] = ("", None)
        self._agree()
        self._look()
        self._id = self._begin()
        self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    @property
    def id(self) -> int:
        """The number of the lease that is held now."""
        with self._lock:
            return self._id

    def did(self, what: str) -> None:
        """What this process did just now, in a few words without anybody's name; the next heartbeat notes it."""
        self._did = (what, self._office.machine_clock.now())

    def end(self) -> None:
        """Stop renewing and end it; what is still handing over under it is put in doubt by the sweeper.

        Where the database is away it ends by itself, some seconds later.
        """
        self._stopping.set()
        self._thread.join()
        try:
            with self._office.database.write() as connection:
                end_lease(connection, self._id, self._office.machine_clock.now())
        except DatabaseAway as error:
            log.warning("database away while ending a lease", extra={"why": str(error)})

    def renew(self) -> None:
        """Renew it, or begin another where it was lost. Raises `DatabaseAway`."""
        self._agree()
        did, did_at = self._did
        with self._office.database.write() as connection:
            kept = renew_lease(
                connection, self.id, self._office.machine_clock.now(), lasts=self._term.lasts, did=did, did_at=did_at
            )
        if not kept:
            log.warning("lease lost", extra={"lease": self.id})
            begun = self._begin()
            with self._lock:
                self._id = begun

    def _look(self) -> None:
        """Whether the database was restored from a backup is asked before the first lease, and at every heartbeat."""
        if self._office.high_water is not None:
            self._office.high_water.look(self._office.database, self._office.clock)

    def _begin(self) -> int:
        with self._office.database.write() as connection:
            return begin_lease(connection, self.process, self._office.machine_clock.now(), lasts=self._term.lasts)

    def _agree(self) -> None:
        """Set the clock on which leases run by the database's, where several machines meet in it."""
        if isinstance(self._office.machine_clock, AgreedClock):
            self._office.machine_clock.agree()

    def _beat(self) -> None:
        while not self._stopping.wait(self._term.heartbeat_seconds):
            try:
                self.renew()
                self._look()
            except (AnyDoubt, DatabaseAway) as error:
                log.warning("in doubt at a heartbeat", extra={"why": str(error)})
            except Exception:
                log.exception(
                    "failed", extra={"task": "heartbeat"}
                )  # the edge of a thread, without which nothing leaves
