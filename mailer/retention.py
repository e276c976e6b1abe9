"""Retention: what is kept for a time goes when its time is over, a few times a day of the office's clock."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from mailer.office import Office
from preferences.store.retention import forget

EVERY = timedelta(hours=6)
log = logging.getLogger(__name__)


class Retention:
    """Empties what is over. It remembers when it did so last, and forgets that with the process."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._last_at: datetime | None = None

    def run(self) -> int:
        """Empty what is over, in transactions of their own; answers how many rows. Nothing where it is too soon."""
        now = self._office.clock.now()
        if self._last_at is not None and abs(now - self._last_at) < EVERY:
            return 0
        emptied = 0
        while True:
            with self._office.database.write() as connection:
                some = forget(connection, now)
            emptied += some
            if not some:
                break
        self._last_at = now
        if emptied:
            log.info("emptied what is kept for a time", extra={"rows": emptied})
        return emptied
