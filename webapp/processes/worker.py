"""`troth worker`: handing over what tickets name."""

from __future__ import annotations

from collections.abc import Callable

from mailer.lease import this_process
from mailer.rest import Rest
from mailer.worker import Worker, lanes_of
from preferences.settings import Settings
from webapp.opening import office_of
from webapp.prefork import Work
from webapp.processes.parts import held_lease, opened_office, watching
from webapp.processes.queues import load_clients, opened_queues
from webapp.stopping import wait_until_stopped


def handing_over(settings: Settings, ready: Callable[[str], None], *, is_alone: bool) -> Work:
    """What hands over until the process is told to stop; whatever it needs is imported when this has answered.

    Where several processes were asked for, each has one lane: while it waits for the database another one works.
    """

    def work() -> None:
        lanes = lanes_of(settings.workers) if is_alone else (settings.workers,)
        with (
            watching(settings) as watched,
            opened_office(settings, settings.workers, watched, office_of) as office,
            opened_queues(settings, office.database) as (broker, queues),
            held_lease(office, this_process("worker", listens=watched.address, threads=len(lanes))) as lease,
        ):
            hands = Worker(office, broker=broker, queues=queues, lease=lease, rest=Rest(), lanes=lanes)
            hands.start()
            watched.start(office, lease)
            ready(f"Troth hands over on {settings.workers} connections, lease {lease.id}")
            wait_until_stopped()
            hands.stop()

    load_clients(settings)
    return work
