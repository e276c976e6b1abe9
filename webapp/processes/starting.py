"""What the commands call: they look at the settings, and begin processes which import what they run.

Must import nothing that is large: the process that waits for several others is this one.
"""

from __future__ import annotations

from collections.abc import Callable

from preferences.errors import TrothError
from preferences.settings import Settings
from webapp.heaps import share_heaps
from webapp.logs import log_to_stderr
from webapp.prefork import Work, several

Say = Callable[[str], None]


def web(settings: Settings, *, processes: int, ready: Say) -> None:
    """Serve pages and API until told to stop, and hand nothing over. Raises `TrothError` where it cannot begin."""
    _begin(settings, "web")
    # Only here: it loads what serves.
    from webapp.serving import listening_on

    listening = listening_on(settings)

    def prepare() -> Work:
        # Only in the process that works, or begins those that do.
        from webapp.processes.web import serving

        return serving(settings, listening, ready)

    try:
        several(processes, prepare)
    finally:
        listening.close()


def worker(settings: Settings, *, processes: int, ready: Say) -> None:
    """Hand over what tickets name until told to stop; then finish the groups under way, and give back the rest."""
    _begin(settings, "worker")
    _check_broker(settings, "worker")

    def prepare() -> Work:
        # Only in the process that works, or begins those that do.
        from webapp.processes.worker import handing_over

        return handing_over(settings, ready, is_alone=processes == 1)

    several(processes, prepare)


def scheduler(settings: Settings, *, ready: Say) -> None:
    """Plan, sweep, settle and write tickets until told to stop, or stand by for whoever does."""
    _begin(settings, "scheduler")
    _check_broker(settings, "scheduler")
    # Only here: it loads what plans.
    from webapp.processes.scheduler import schedule

    schedule(settings, ready)


def _begin(settings: Settings, name: str) -> None:
    share_heaps()
    log_to_stderr(settings.log_level, settings.log_format)
    if settings.database_url.startswith("sqlite"):
        raise TrothError(
            f"troth {name} needs a database that several processes reach: set TROTH_DATABASE_URL to one of PostgreSQL."
            " With SQLite, troth run is everything in one process"
        )


def _check_broker(settings: Settings, name: str) -> None:
    if settings.broker_url == "memory://":
        raise TrothError(
            f"troth {name} needs a broker, by which schedulers tell workers what is due: set TROTH_BROKER_URL to"
            " redis://host:6379 (Redis or Valkey) or amqp://host:5672 (RabbitMQ)"
        )
