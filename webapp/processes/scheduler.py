"""`troth scheduler`: planning, sweeping, and saying what is due."""

from __future__ import annotations

from collections.abc import Callable

from mailer.lease import OF_SCHEDULERS, this_process
from mailer.rest import Rest
from mailer.scheduler import Scheduler
from preferences.settings import Settings
from webapp.opening import office_that_leads
from webapp.processes.parts import held_lease, opened_office, watching
from webapp.processes.queues import opened_queues
from webapp.stopping import wait_until_stopped


def schedule(settings: Settings, ready: Callable[[str], None]) -> None:
    """Lead until told to stop, or stand by for whoever does."""
    with (
        watching(settings) as watched,
        opened_office(settings, 0, watched, office_that_leads) as office,
        opened_queues(settings, office.database) as (broker, queues),
        held_lease(office, this_process("scheduler", listens=watched.address, schedules=True), OF_SCHEDULERS) as lease,
    ):
        leads = Scheduler(office, broker=broker, queues=queues, lease=lease, rest=Rest())
        leads.start()
        watched.start(office, lease, scheduler=leads)
        ready(f"Troth schedules, or stands by for who does, lease {lease.id}")
        wait_until_stopped()
        leads.stop()
