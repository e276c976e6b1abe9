"""The lease of this process: begun, renewed by a heartbeat, begun anew where it was lost."""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread

from mailer.office import Office
from preferences.store.database import DatabaseAway
from preferences.store.leases import begin_lease, end_lease, renew_lease

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 4.0


class HeldLease:
    """A lease that a thread of its own renews. `id` changes where it was lost: what was begun under it is swept."""

    def __init__(self, office: Office, purpose: str) -> None:
        self._office = office
        self._purpose = purpose
        self._lock = Lock()
        self._stopping = Event()
        self._id = self._begin()
        self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    @property
    def id(self) -> int:
        """The number of the lease that is held now."""
        with self._lock:
            return self._id

    def end(self) -> None:
        """Stop renewing and end it; what is still handing over under it is put in doubt by the sweeper."""
        self._stopping.set()
        self._thread.join()
        with self._office.database.write() as connection:
            end_lease(connection, self._id, self._office.machine_clock.now())

    def _begin(self) -> int:
        with self._office.database.write() as connection:
            return begin_lease(connection, self._purpose, self._office.machine_clock.now())

    def _beat(self) -> None:
        while not self._stopping.wait(HEARTBEAT_SECONDS):
            try:
                self.renew()
            except DatabaseAway as error:
                log.warning("database away at a heartbeat", extra={"why": str(error)})
            except Exception:
                log.exception(
                    "failed", extra={"task": "heartbeat"}
                )  # the edge of a thread, without which nothing leaves

    def renew(self) -> None:
        """Renew it, or begin another where it was lost. Raises `DatabaseAway`."""
        with self._office.database.write() as connection:
            kept = renew_lease(connection, self.id, self._office.machine_clock.now())
        if not kept:
            log.warning("lease lost", extra={"lease": self.id})
            begun = self._begin()
            with self._lock:
                self._id = begun
