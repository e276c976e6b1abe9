"""What every process of an installation opens: its database, and what its mailer works with.

Part of the composition root, as `webapp.runtime` is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mailer.high_water import HighWaterMark, mark_file
from mailer.office import NoWayOut, Office
from preferences.errors import TrothError
from preferences.links import Links
from preferences.settings import Settings, SmtpServer
from preferences.store.captured import Inbox
from preferences.store.clock import AgreedClock, SystemClock
from preferences.store.database import Database, Durability, open_database
from preferences.store.installation import found
from preferences.store.revisions import is_newest, missing_columns
from webapp.site import Site
from webapp.upgrading import upgrade

if TYPE_CHECKING:
    from mailer.compose import Message
    from mailer.transport import Transport
    from mailer.transport.probe import Probe
    from mailer.watch.measures import Measures

# Beside the threads that hand over: heartbeat, sweeping, tickets, service mails, health and figures.
OTHER_CONNECTIONS = 8


def opened(
    settings: Settings, url: str, *, is_ours: bool, driven_from: datetime | None = None, connections: int
) -> Database:
    """The database, at its newest revision. One that is not in the data directory is not migrated by surprise."""
    # The mails of a sandbox stay in its database: after a power cut none has left that the ledger does not know of.
    durability = Durability.EVERY_COMMIT if driven_from is None else Durability.ALL_BUT_THE_LAST
    database = open_database(url, pool_size=connections, durability=durability)
    if not is_newest(database):
        if not is_ours:
            raise TrothError("the database is not at the newest revision; bring it there with: troth migrate")
        if driven_from is None:
            upgrade(settings, database)
        else:
            database.migrate()
    missing = missing_columns(database)
    if missing:
        raise TrothError(
            f"the database lacks {len(missing)} columns that this version reads, such as {missing[0]}:"
            " a version between two releases made it"
        )
    found(database, SystemClock().now(), driven_from=driven_from)
    return database


def office_of(settings: Settings, database: Database, measures: Measures | None = None) -> Office:
    """What the mailer of the installation works with: its way out is the mail server, or the test inbox without one."""
    # Only here: it loads what makes, signs and hands over.
    from mailer.signing import Signing
    from mailer.transport import InboxTransport, SmtpTransport

    office = office_that_leads(settings, database, measures)
    transport: Transport = InboxTransport(Inbox(database, office.clock, office.links).keep, office.clock)
    if settings.smtp is not None:
        transport = SmtpTransport(settings.smtp, office.clock, others=settings.smtp_others)
    return replace(office, transport=transport, signing=Signing(database, office.clock, settings.secret_keys))


def office_that_leads(settings: Settings, database: Database, measures: Measures | None = None) -> Office:
    """What a scheduler works with: nothing leaves from there. Where several machines meet, leases run on the
    database's clock."""
    return Office(
        database=database,
        clock=SystemClock(),
        links=Links(settings.secret_keys),
        base_url=settings.base_url,
        list_host=list_host(settings),
        transport=NoWayOut(),
        return_domain=settings.return_domain,
        machine_clock=SystemClock() if database.is_sqlite else AgreedClock(database),
        high_water=HighWaterMark(mark_file(settings.data_dir, database)),
        measures=measures,
    )


def list_host(settings: Settings) -> str:
    """The host in List-Id: the return domain where there is one, else the host of the pages."""
    return settings.return_domain or urlsplit(settings.base_url).hostname or "localhost"


def site_of(settings: Settings, office: Office, *, wake: Callable[[], None], sandbox: Site | None = None) -> Site:
    """The installation's own site, on the database of an office."""
    return Site(
        database=office.database,
        clock=office.clock,
        links=office.links,
        settings=settings,
        base_url=settings.base_url,
        wake=wake,
        sandbox=sandbox,
        try_relay=None if settings.smtp is None else partial(_try_relay, settings.smtp, office),
    )


def _try_relay(server: SmtpServer, office: Office, message: Message | None) -> Probe:
    """Try the mail server, with a test mail that is signed as others are, where there is one. Raises `AnyDoubt`."""
    # Only here: it loads what hands over.
    from mailer.transport.probe import probe

    return probe(server, office.clock, None if message is None else office.signed(message))
