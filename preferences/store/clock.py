"""What time it is: everything asks one clock. A sandbox's clock stands in its database and is moved by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, select, update

from preferences.errors import AnyDoubt
from preferences.store.database import Database
from preferences.store.tables import INSTALLATION

# Law: a clock that disagrees by more than this with the database or the newest counted instant sends nothing.
LARGEST_DISAGREEMENT = timedelta(seconds=30)


class Clock(Protocol):
    """What time it is, in UTC."""

    def now(self) -> datetime:
        """The instant now, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)


class AgreedClock:
    """The clock on which processes on several machines agree: the database's, as it was when `agree` was last asked.

    In between it runs on with this machine, asleep or awake, whoever sets the machine's clock meanwhile. Leases run on
    it: a machine whose clock is wrong by seconds would otherwise take for dead whoever is alive.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._agreed = self._measured()

    def now(self) -> datetime:
        """The instant now, aware, in UTC. Asks nobody."""
        instant, elapsed = self._agreed
        return instant + timedelta(seconds=_elapsed_seconds() - elapsed)

    def agree(self) -> None:
        """Ask the database what time it is. Raises `DatabaseAway`."""
        self._agreed = self._measured()

    def _measured(self) -> tuple[datetime, float]:
        before = _elapsed_seconds()
        instant = self._database.own_now()
        return instant, (before + _elapsed_seconds()) / 2


def _elapsed_seconds() -> float:
    """Seconds that only ever grow, and on Linux also while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class DrivenClock:
    """The clock of a sandbox, stored in its database; it moves only when told to, and never back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._driven: datetime | None = None

    def now(self) -> datetime:
        """The instant the sandbox is at."""
        driven = self._driven
        if driven is not None:
            return driven
        with self._database.look() as connection:
            return self._stored(connection)

    def _stored(self, connection: Connection) -> datetime:
        now: datetime | None = connection.execute(select(INSTALLATION.c.driven_now)).scalar_one()
        if now is None:
            raise AnyDoubt("this database has no driven clock: it is not a sandbox")
        return now

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Meanwhile whoever asks what time it is gets the answer without asking the database: nobody else moves it."""
        self._driven = self.now()
        try:
            yield
        finally:
            self._driven = None

    def move_to(self, instant: datetime) -> None:
        """Move the clock to a later instant; an earlier one leaves it where it is."""
        with self._database.write() as connection:
            connection.execute(
                update(INSTALLATION).where(INSTALLATION.c.driven_now < instant).values(driven_now=instant)
            )
            now = self._stored(connection)
        if self._driven is not None:
            self._driven = now


class FixedClock:
    """A clock that is moved by assignment; for tests and one-off computations."""

    def __init__(self, now: datetime) -> None:
        self.instant = now

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant


def check_clock(now: datetime, other: datetime, whose: str) -> None:
    """Raise `AnyDoubt` where two clocks that must agree differ by more than 30 s."""
    if abs(now - other) > LARGEST_DISAGREEMENT:
        apart = int(abs(now - other).total_seconds())
        raise AnyDoubt(f"this machine's clock and {whose} disagree by {apart} s; nothing is sent until they agree")
