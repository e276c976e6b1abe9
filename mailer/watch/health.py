"""Whether a process can do its work: what is missing, in words that say what to do. Empty where nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailer.lease import HeldLease
from mailer.office import Office
from preferences.errors import AnyDoubt, TrothError
from preferences.store.clock import check_clock
from preferences.store.leases import leader, lease_named, threads_at_work


@dataclass(frozen=True, slots=True)
class Health:
    """Answers for one process that holds a lease. Threads share it.

    One that only `serves` pages is ready whether or not mail goes out: readers change their minds all the same.
    """

    office: Office
    lease: HeldLease
    serves: bool = False

    def missing(self) -> list[str]:
        """Everything that keeps this process from its work, or what it does from going out."""
        try:
            return list(self._missing())
        except TrothError as error:
            return [str(error)]

    def _missing(self) -> Iterator[str]:
        now = self.office.machine_clock.now()
        with self.office.database.look() as connection:
            held = lease_named(connection, self.lease.id)
            leads = leader(connection, now)
            threads = threads_at_work(connection, now)
        if held is None or not held.is_living(now):
            yield "the lease of this process has ended: it begins another as soon as it can"
        if leads is None and not self.serves:
            yield "no process schedules: start troth scheduler, or troth run"
        if threads == 0 and not self.serves:
            yield "no process hands over: start troth worker, or troth run"
        if not self.office.is_driven:
            try:
                check_clock(self.office.clock.now(), self.office.database.own_now(), "the database's")
            except AnyDoubt as error:
                yield str(error)
