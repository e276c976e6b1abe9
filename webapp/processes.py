"""`troth web`, `troth worker`, `troth scheduler`: each in processes of its own, any number of them, on any machine.

They meet in one PostgreSQL database; a broker tells workers what is due. Part of the composition root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from dramatiq import Broker

from mailer.actors import Queues
from mailer.brokers import open_broker
from mailer.lease import OF_SCHEDULERS, OF_WORKERS, HeldLease, Term, this_process
from mailer.office import Office
from mailer.rest import Rest
from mailer.scheduler import Scheduler
from mailer.watch.watched import Watched
from mailer.worker import Worker
from preferences.errors import TrothError
from preferences.settings import Settings
from preferences.store.database import Database
from preferences.store.installation import installation_name
from preferences.store.leases import WEB, Process
from webapp import create_app
from webapp.logs import log_to_stderr
from webapp.opening import OTHER_CONNECTIONS, office_of, opened, site_of
from webapp.prefork import several
from webapp.serving import WEB_THREADS, listening_on, server_of, with_health
from webapp.stopping import leave, on_stop, wait_until_stopped

Say = Callable[[str], None]


def web(settings: Settings, *, processes: int, ready: Say) -> None:
    """Serve pages and API until told to stop, and hand nothing over. Raises `TrothError` where it cannot begin."""
    _begin(settings, "web")
    listening = listening_on(settings)

    def serve() -> None:
        with (
            _watched(settings) as watched,
            _office(settings, WEB_THREADS, watched) as office,
            _lease(office, this_process(WEB, listens=watched.address)) as lease,
        ):
            site = site_of(settings, office, wake=_nothing)
            server = server_of(with_health(create_app(site), watched.missing), listening)
            watched.start(office, lease, serves=True)
            on_stop(leave)
            ready(f"Troth serves {settings.base_url}")
            server.run()

    with closing(listening):
        several(processes, serve)


def worker(settings: Settings, *, processes: int, ready: Say) -> None:
    """Hand over what tickets name until told to stop; then finish the groups under way, and give back the rest."""
    _begin(settings, "worker")
    _check_broker(settings, "worker")

    def work() -> None:
        with (
            _watched(settings) as watched,
            _office(settings, settings.workers, watched) as office,
            _broker(settings, office.database) as (broker, queues),
            _lease(office, this_process("worker", listens=watched.address, threads=settings.workers)) as lease,
        ):
            hands = Worker(office, broker=broker, queues=queues, lease=lease, rest=Rest(), threads=settings.workers)
            hands.start()
            watched.start(office, lease)
            ready(f"Troth hands over with {settings.workers} threads, lease {lease.id}")
            wait_until_stopped()
            hands.stop()

    several(processes, work)


def scheduler(settings: Settings, *, ready: Say) -> None:
    """Plan, sweep, settle and write tickets until told to stop, or stand by for whoever does."""
    _begin(settings, "scheduler")
    _check_broker(settings, "scheduler")
    with (
        _watched(settings) as watched,
        _office(settings, 0, watched) as office,
        _broker(settings, office.database) as (broker, queues),
        _lease(office, this_process("scheduler", listens=watched.address, schedules=True), OF_SCHEDULERS) as lease,
    ):
        leads = Scheduler(office, broker=broker, queues=queues, lease=lease, rest=Rest())
        leads.start()
        watched.start(office, lease, scheduler=leads)
        ready(f"Troth schedules, or stands by for who does, lease {lease.id}")
        wait_until_stopped()
        leads.stop()


def _begin(settings: Settings, name: str) -> None:
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


@contextmanager
def _watched(settings: Settings) -> Iterator[Watched]:
    """The port of a process, taken before anything else, and given back at its end."""
    watched = Watched(settings.metrics_listen)
    try:
        yield watched
    finally:
        watched.stop()


@contextmanager
def _office(settings: Settings, threads: int, watched: Watched) -> Iterator[Office]:
    connections = threads + OTHER_CONNECTIONS
    with closing(opened(settings, settings.database_url, is_ours=False, connections=connections)) as database:
        yield office_of(settings, database, watched.measures)


@contextmanager
def _broker(settings: Settings, database: Database) -> Iterator[tuple[Broker, Queues]]:
    with database.read() as connection:
        name = installation_name(connection)
    broker = open_broker(settings.broker_url, name)
    try:
        yield broker, Queues.of(name)
    finally:
        broker.close()


@contextmanager
def _lease(office: Office, process: Process, term: Term = OF_WORKERS) -> Iterator[HeldLease]:
    lease = HeldLease(office, process, term)
    try:
        yield lease
    finally:
        lease.end()


def _nothing() -> None:
    """Nobody is woken: whoever leads looks every second."""
