"""What every process is put together from, each for as long as a context lasts.

Must import nothing that only one kind of process needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from mailer.lease import OF_WORKERS, HeldLease, Term
from mailer.office import Office
from mailer.watch.measures import Measures
from mailer.watch.watched import Watched
from preferences.settings import Settings
from preferences.store.database import Database
from preferences.store.leases import Process
from webapp.opening import OTHER_CONNECTIONS, opened


@contextmanager
def watching(settings: Settings) -> Iterator[Watched]:
    """The port of a process, taken before anything else, and given back at its end."""
    watched = Watched(settings.metrics_listen)
    try:
        yield watched
    finally:
        watched.stop()


@contextmanager
def opened_office(
    settings: Settings, threads: int, watched: Watched, made: Callable[[Settings, Database, Measures], Office]
) -> Iterator[Office]:
    """What the process works with, made on a database with a connection for each of so many threads, and some more.

    Raises `TrothError` where the database is not what this version needs.
    """
    connections = threads + OTHER_CONNECTIONS
    with closing(opened(settings, settings.database_url, is_ours=False, connections=connections)) as database:
        yield made(settings, database, watched.measures)


@contextmanager
def held_lease(office: Office, process: Process, term: Term = OF_WORKERS) -> Iterator[HeldLease]:
    """The lease of the process, renewed until it is ended."""
    lease = HeldLease(office, process, term)
    try:
        yield lease
    finally:
        lease.end()
