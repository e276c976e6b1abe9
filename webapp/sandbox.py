"""The sandbox: how it begins, how its clock is driven, and how it is put back to how it began.

Part of the composition root, as `webapp.runtime` is.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from mailer.embedded import EmbeddedMailer
from mailer.office import Office
from mailer.transport import InboxTransport
from preferences.errors import Conflict
from preferences.links import Links
from preferences.settings import Settings
from preferences.settings.values import default_sandbox_database_url
from preferences.store.agenda import next_instant
from preferences.store.captured import Inbox
from preferences.store.clock import DrivenClock, SystemClock
from preferences.store.database import Database, open_database
from preferences.store.installation import found
from preferences.store.replacing import replace_everything
from preferences.store.revisions import is_newest
from webapp.example import shipped
from webapp.example.inbox import fill_inbox
from webapp.opening import list_host

log = logging.getLogger(__name__)

SANDBOX_PATH = "/sandbox"
# While a fresh sandbox is made, it stands in a folder of its own beside the one in use.
_FRESH = "fresh-sandbox-"
_LEFT_AFTER_SECONDS = 3600.0


def sandbox_office(settings: Settings, database: Database, clock: DrivenClock) -> Office:
    """The office of a sandbox: a driven clock, keys of its own, and mail that never leaves the machine."""
    links = Links(tuple(f"sandbox {key}" for key in settings.secret_keys))
    return Office(
        database=database,
        clock=clock,
        links=links,
        base_url=settings.base_url + SANDBOX_PATH,
        list_host=list_host(settings),
        transport=InboxTransport(Inbox(database, clock, links).keep, clock),
        is_driven=True,
    )


def sandbox_file(settings: Settings) -> Path | None:
    """The file of an embedded sandbox; None where its database is one that was named."""
    if settings.sandbox_database_url != default_sandbox_database_url(settings.data_dir):
        return None
    return Path(settings.sandbox_database_url.removeprefix("sqlite:///"))


def begin_sandbox(settings: Settings) -> None:
    """Make the embedded sandbox where there is none yet: the example, whole, or nothing."""
    target = sandbox_file(settings)
    if target is None or target.exists():
        return
    with fresh_sandbox(settings) as made:
        try:
            os.link(made, target)  # unlike a renaming, it replaces nothing that somebody else began meanwhile
        except FileExistsError:
            return
        except OSError:
            made.replace(target)  # a file system without links


@contextmanager
def fresh_sandbox(settings: Settings) -> Iterator[Path]:
    """A closed file in the data directory with a sandbox as it begins, gone afterwards: the example with its last mails.

    Empty, and at the present, where no example is shipped that fits the tables of this version.
    """
    _tidy(settings.data_dir)
    with TemporaryDirectory(prefix=_FRESH, dir=settings.data_dir) as folder:
        made = Path(folder, "sandbox.sqlite3")
        if shipped.is_usable():
            shipped.unpack(made)
        with closing(open_database(f"sqlite:///{made}")) as database:
            if not is_newest(database):
                database.migrate()
            now = SystemClock().now().replace(microsecond=0)
            found(database, now, driven_from=now)
            fill_inbox(sandbox_office(settings, database, DrivenClock(database)))
        yield made


def _tidy(data_dir: Path) -> None:
    """Remove what processes left that were killed while they made a sandbox; what is younger may be at work."""
    for left in data_dir.glob(f"{_FRESH}*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - _LEFT_AFTER_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


class Drive:
    """Moves a sandbox's clock from one planned instant to the next, and does at each what is due then."""

    def __init__(self, office: Office, clock: DrivenClock, worker: EmbeddedMailer) -> None:
        self._office = office
        self._clock = clock
        self._worker = worker
        self._lock = Lock()
        self._counting = Lock()
        self._resets_begun = 0
        self._resets_ended = 0

    def __call__(self, to: datetime) -> None:
        """Answer when everything due until then has happened; two people at it take turns.

        Raises `Conflict` where the sandbox was reset before that, or is just being reset: the instant was meant for the
        sandbox that was seen, and nothing of it goes on.
        """
        resets = self._resets_ended

        def goes_on() -> bool:
            return self._resets_begun == resets

        with self._lock, self._worker.resting(), self._clock.driving():
            self._drive(to, goes_on)
        if not goes_on():
            raise Conflict("the sandbox was reset meanwhile, so its clock was not moved")

    def _drive(self, to: datetime, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            self._worker.drain(goes_on)
            now = self._clock.now()
            with self._office.database.read() as connection:
                planned = next_instant(connection, now)
            if now >= to or not goes_on():
                break
            self._clock.move_to(to if planned is None else min(planned, to))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing moves and nothing is sent meanwhile; a move that was under way stops where it is, and is over."""
        with self._counting:
            self._resets_begun += 1
        try:
            with self._lock, self._worker.resting():
                yield
                self._worker.forget()
        finally:
            with self._counting:
                self._resets_ended += 1


class Reset:
    """Puts an embedded sandbox back to how it began, while its pages are read."""

    def __init__(self, settings: Settings, database: Database, drive: Drive) -> None:
        self._settings = settings
        self._database = database
        self._drive = drive

    def __call__(self) -> None:
        """Answer when everything is as it was at the beginning. Raises `DatabaseAway`, and then nothing is changed."""
        with self._drive.stopped(), fresh_sandbox(self._settings) as made:
            replace_everything(self._database, made)
        log.info("sandbox reset")
