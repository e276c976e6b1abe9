"""Signing: the keys of senders' domains, read from the database and opened; a key that cannot be read waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock

from mailer.compose import Message
from mailer.compose.dkim import DkimKey, read_key, signed
from mailer.sealing import opened, seal
from preferences.errors import AnyDoubt
from preferences.store.clock import Clock
from preferences.store.database import Database
from preferences.store.dkim_keys import DkimKeyRow, signing_keys

# How long keys are believed; a change is noticed after at most as long.
FRESH_SECONDS = 5.0


class Signing:
    """Signs what the domains of its senders have keys for; threads share it.

    A mail of a domain that has no key stays as it is. `seconds` counts the machine's time, and only tells old from new.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        secret_keys: Sequence[str],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._secret_keys = tuple(secret_keys)
        self._seconds = seconds
        self._lock = Lock()
        self._read_at: float | None = None
        self._is_known = False
        self._rows: tuple[DkimKeyRow, ...] = ()
        self._keys: dict[str, tuple[DkimKey, ...]] = {}

    def check(self) -> None:
        """Know the keys as they are now, or were seconds ago. Raises `AnyDoubt` where one that signs cannot be read.

        Asked before anything is decided and counted, so that nothing has to be taken back. Raises `DatabaseAway`.
        """
        with self._lock:
            if self._read_at is not None and self._seconds() - self._read_at < FRESH_SECONDS:
                return
            self._read_at = None
            with self._database.look() as connection:
                rows = signing_keys(connection)
            if rows != self._rows:
                self._keys = _by_domain([open_key(self._secret_keys, row) for row in rows])
                self._rows = rows
            self._is_known = True
            self._read_at = self._seconds()

    def signed(self, message: Message) -> Message:
        """The message, signed where its sender's domain has keys as `check` found them last.

        Raises what `check` raises where nobody has asked it yet.
        """
        if not self._is_known:
            self.check()
        return signed(message, self._keys.get(message.from_domain, ()), self._clock.now())


def open_key(secret_keys: Sequence[str], row: DkimKeyRow) -> DkimKey:
    """The key in a row. Raises `AnyDoubt` where it cannot be read."""
    private = opened(secret_keys, row.sealed, _context(row.domain, row.selector))
    try:
        if private is not None:
            return read_key(row.domain, row.selector, private)
    except ValueError:
        pass
    raise AnyDoubt(
        f"the DKIM key {row.selector} of {row.domain} cannot be read with TROTH_SECRET_KEY as it is, and nothing leaves"
        f" unsigned: put the secret key back that it was made with, or make another and retire it (troth dkim --help)"
    )


def seal_key(secret_keys: Sequence[str], private: bytes, domain: str, selector: str) -> bytes:
    """A private key as a row keeps it."""
    return seal(secret_keys, private, _context(domain, selector))


def _context(domain: str, selector: str) -> str:
    return f"dkim {selector}._domainkey.{domain}"


def _by_domain(keys: Sequence[DkimKey]) -> dict[str, tuple[DkimKey, ...]]:
    found: dict[str, tuple[DkimKey, ...]] = {}
    for key in keys:
        found[key.domain] = (*found.get(key.domain, ()), key)
    return found
