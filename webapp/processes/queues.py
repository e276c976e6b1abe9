"""The broker between schedulers and workers, and the queues that this installation has there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from dramatiq import Broker

from mailer.actors import Queues
from mailer.brokers import open_broker
from preferences.settings import Settings
from preferences.store.database import Database, open_database
from preferences.store.installation import installation_name


def load_clients(settings: Settings) -> None:
    """Import what speaks to the database and the broker of these settings: neither is connected to by that."""
    open_database(settings.database_url).close()
    open_broker(settings.broker_url, "").close()


@contextmanager
def opened_queues(settings: Settings, database: Database) -> Iterator[tuple[Broker, Queues]]:
    """The broker and the names of the queues, closed in the end. Nothing is connected before it is used."""
    with database.read() as connection:
        name = installation_name(connection)
    with closing(open_broker(settings.broker_url, name)) as broker:
        yield broker, Queues.of(name)
