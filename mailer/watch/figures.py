"""What the database says of the whole installation, for Prometheus. Every process that schedules could say it; to be
added up, only the one that leads does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mailer.office import Office
from preferences.errors import TrothError
from preferences.store.figures import Figures, decisions_by_reason, figures, newest_decision
from preferences.store.leases import processes, threads_at_work
from preferences.store.restorations import open_restoration

if TYPE_CHECKING:
    # Loaded by who schedules; every other process is watched, too.
    from mailer.scheduler import Scheduler

# Whoever asks more often is told the same again.
KEPT_SECONDS = 15.0
_NOT = timedelta(0)


class InstallationFigures(Collector):
    """Asks the database when Prometheus asks; says nothing where the database is away, or another process leads."""

    def __init__(self, office: Office, scheduler: Scheduler, seconds: Callable[[], float] = time.monotonic) -> None:
        self._office = office
        self._scheduler = scheduler
        self._seconds = seconds
        self._lock = Lock()
        self._kept: tuple[list[Metric], float] | None = None
        self._decided: Counter[tuple[str, str]] = Counter()
        self._newest: int | None = None

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the database is not asked before somebody looks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, at most so old as they are kept."""
        with self._lock:
            if self._kept is None or self._seconds() - self._kept[1] > KEPT_SECONDS:
                self._kept = list(self._asked()), self._seconds()
            yield from self._kept[0]

    def _asked(self) -> Iterator[Metric]:
        try:
            leads = self._scheduler.is_leading
            yield _gauge("troth_leads", "1 where this process plans, sweeps and writes tickets.", int(leads))
            if leads:
                yield from self._of_the_leader()
        except TrothError:
            return

    def _of_the_leader(self) -> Iterator[Metric]:
        now, machine_now = self._office.clock.now(), self._office.machine_clock.now()
        apart = (now - self._office.database.own_now()).total_seconds()
        with self._office.database.look() as connection:
            found = figures(connection, now)
            threads = threads_at_work(connection, machine_now)
            is_restored = open_restoration(connection) is not None
            living = [
                one for one in processes(connection, machine_now, ended_within=_NOT) if one.is_living(machine_now)
            ]
            newest = newest_decision(connection)
            if self._newest is not None:
                self._decided.update(decisions_by_reason(connection, self._newest, newest))
            self._newest = newest
        yield from _of(found, now)
        yield _gauge("troth_clock_difference_seconds", "This machine's clock less the database's.", apart)
        yield _gauge("troth_restored", "1 where a backup was restored, and a person has to answer.", int(is_restored))
        yield _gauge("troth_threads", "Threads of all processes that may hand over.", threads)
        yield _gauge(
            "troth_tickets", "Tickets written, and neither done nor lost.", self._scheduler.tickets_under_way()
        )
        by_purpose = GaugeMetricFamily("troth_processes", "Processes with a lease.", labels=["purpose"])
        for purpose, number in sorted(Counter(one.process.purpose for one in living).items()):
            by_purpose.add_metric([purpose], number)
        yield by_purpose
        decided = CounterMetricFamily(
            "troth_decisions", "Decisions since this process first looked.", labels=["outcome", "reason"]
        )
        for (outcome, reason), number in sorted(self._decided.items()):
            decided.add_metric([outcome, reason], number)
        yield decided


def _of(found: Figures, now: datetime) -> Iterator[Metric]:
    yield _gauge("troth_due", "Deliveries to be decided about now.", found.due)
    yield _gauge(
        "troth_oldest_due_seconds", "For how long the oldest of them is due.", _since(found.oldest_due_at, now)
    )
    yield _gauge("troth_waiting", "Deliveries that are looked at again later.", found.waiting)
    yield _gauge("troth_handing_over", "Attempts under way.", found.handing_over)
    yield _gauge("troth_in_doubt", "Deliveries of which nobody knows whether they arrived.", found.in_doubt)
    yield _gauge("troth_service_mails_due", "Service mails to be written now.", found.service_due)
    yield _gauge("troth_asked_for", "Rows of the outbox that nobody has seen yet.", found.asked_for)
    yield _gauge("troth_destinations_slowed", "Domains that are left alone for now.", found.destinations_slowed)
    yield _gauge(
        "troth_destinations_slowed_seconds",
        "For how long the last of them will be.",
        0.0 if found.slowed_until is None else -_since(found.slowed_until, now),
    )
    campaigns = GaugeMetricFamily("troth_campaigns", "Campaigns by status.", labels=["status"])
    for status, number in sorted(found.campaigns.items()):
        campaigns.add_metric([status], number)
    yield campaigns


def _since(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else (now - at).total_seconds()


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)
