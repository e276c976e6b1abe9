"""Retention: what is kept for a time goes when its time is over, a few times a day of the office's clock.

A clock that leapt forward makes everything look old: after a leap, or while clocks disagree, nothing is emptied.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from mailer.office import Office
from preferences.errors import AnyDoubt
from preferences.store.clock import check_clock
from preferences.store.ledger_retention import empty_ledger, is_steady
from preferences.store.retention import forget

EVERY = timedelta(hours=6)
# For so many days the clock must have gone steadily: the ledger is for ever, and can wait longer.
STEADY_DAYS, STEADY_DAYS_FOR_LEDGER = 1, 7
log = logging.getLogger(__name__)


class Retention:
    """Empties what is over. It remembers when it did so last, and forgets that with the process."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._last_at: datetime | None = None
        self._is_ledger_left = False

    def run(self) -> int:
        """Empty what is over, in transactions of their own; answers how many rows. Nothing where it is too soon.

        Of the ledger a thousand rows of each kind at a call, and more at the next: nothing waits for it.
        """
        now = self._office.clock.now()
        if self._last_at is not None and abs(now - self._last_at) < EVERY:
            return self._empty_ledger(now) if self._is_ledger_left else 0
        self._last_at = now
        emptied = self._forget(now) if self._is_steady(now, STEADY_DAYS) else 0
        self._is_ledger_left = self._is_steady(now, STEADY_DAYS_FOR_LEDGER)
        if emptied:
            log.info("emptied what is kept for a time", extra={"rows": emptied})
        return emptied

    def _forget(self, now: datetime) -> int:
        emptied = 0
        while True:
            with self._office.database.write() as connection:
                some = forget(connection, now)
            emptied += some
            if not some:
                return emptied

    def _empty_ledger(self, now: datetime) -> int:
        with self._office.database.write() as connection:
            some = empty_ledger(connection, now)
        self._is_ledger_left = bool(some)
        return some

    def _is_steady(self, now: datetime, days: int) -> bool:
        """Whether the clock may be believed. A sandbox's is moved by hand, and is what it says."""
        if self._office.is_driven:
            return True
        try:
            check_clock(now, self._office.database.own_now(), "the database's")
        except AnyDoubt:
            return False
        with self._office.database.write() as connection:
            return is_steady(connection, now, days)
