"""One process as it is watched: its counters from the start on, its port, and what it answers there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, disable_created_metrics

from mailer.lease import HeldLease
from mailer.office import Office
from mailer.watch.figures import InstallationFigures
from mailer.watch.health import Health
from mailer.watch.measures import Measures
from mailer.watch.port import WatchPort

if TYPE_CHECKING:
    # Loaded by who schedules; every other process is watched, too.
    from mailer.scheduler import Scheduler


class Watched:
    """Takes a port, so that a lease can say where; answers from `start` to `stop`. Without a port it only counts."""

    def __init__(self, listen: tuple[str, int] | None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # when a counter began says nothing that the start of its process does not
        self._registry = CollectorRegistry()
        self._health: Health | None = None
        self.measures = Measures(self._registry)
        self._port = None if listen is None else WatchPort(listen, self._registry, self.missing)

    @property
    def address(self) -> str:
        """Where it answers; "" where it does not."""
        return "" if self._port is None else self._port.address

    def start(
        self, office: Office, lease: HeldLease, *, scheduler: Scheduler | None = None, serves: bool = False
    ) -> None:
        """Begin to answer for a process that holds a lease; what schedules has the installation's figures, too."""
        self._health = Health(office, lease, serves)
        if scheduler is not None:
            self._registry.register(InstallationFigures(office, scheduler))
        if self._port is not None:
            self._port.start()

    def missing(self) -> Sequence[str]:
        """What keeps the process from its work; it begins with being started."""
        return ["the process is starting"] if self._health is None else self._health.missing()

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._port is not None:
            self._port.stop()
