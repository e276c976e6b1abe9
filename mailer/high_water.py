"""The high-water mark: the newest hand-over this machine knows of, in a small file outside the database.

It is written after the commit that counts a mail and before its first byte, so that it is never ahead of a database
that lost nothing: neither a crash nor a long sleep raises an alarm. A database that does not know it was restored.
"""

from __future__ import annotations

import fcntl
import logging
import os
import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock

from preferences.errors import AnyDoubt
from preferences.store.clock import Clock
from preferences.store.database import Database
from preferences.store.gate import Group
from preferences.store.installation import installation_name
from preferences.store.restorations import (
    Mark,
    Restored,
    check_not_restored,
    may_have_left,
    newest_mark,
    note_if_restored,
    note_restored,
)
from preferences.store.results import Came, Result, record_results
from preferences.store.transactions import Transaction

log = logging.getLogger(__name__)

FILE = "high-water-mark-{installation}"
_RESTORED = "the database was restored from a backup; nothing is sent until a person answers"
# Two places, written in turns: a power cut in the middle of one leaves the other.
_PLACE_OCTETS = 128
_WHY = "it may have left before the database was restored from a backup"


def mark_file(data_dir: Path, database: Database) -> Path:
    """Where the mark of an installation is kept: each has its own, so that a new database beside an old mark is new."""
    with database.look() as connection:
        return data_dir / FILE.format(installation=installation_name(connection))


class HighWaterMark:
    """The mark of one installation on one machine; threads share it, and so do processes.

    Writing it costs one small write into the page cache, which survives the process; `look` makes it survive the machine.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._known: Mark | None = None

    @property
    def known(self) -> Mark | None:
        """The newest hand-over that this process knows of; None before there was any."""
        return self._known

    def note(self, mark: Mark) -> None:
        """Write down a hand-over that is committed; an older one than is known changes nothing.

        Raises `AnyDoubt` where it cannot be written: what was to be handed over must wait.
        """
        try:
            with self._lock, self._opened() as file:
                self._note(file, mark)
        except OSError as error:
            why = f"the high-water mark {self._file} cannot be written: {error.strerror}; free space or mend its rights"
            raise AnyDoubt(f"{why}, since nothing is sent without it") from error

    def look(self, database: Database, clock: Clock) -> None:
        """Compare the mark with the database, note it there where it was restored, and else follow what it knows.

        Called at the start and at every heartbeat. Raises `AnyDoubt` and `DatabaseAway`.
        """
        is_damaged = self._read_again()
        try:
            with database.look() as connection:
                check_not_restored(connection, self._known)
                newest = newest_mark(connection)
        except Restored:
            newest = None
            with database.write() as connection:
                if note_if_restored(connection, self._known, clock.now()):
                    log.error(_RESTORED)
        if is_damaged:
            with database.write() as connection:
                if note_restored(connection, None, clock.now()):
                    log.error(_RESTORED)
            self._file.unlink(missing_ok=True)
        elif newest is not None:
            self.note(newest)
            self._sync()

    def _read_again(self) -> bool:
        """Take up what other processes of this machine have written; answers whether the file is damaged."""
        try:
            with self._lock, self._opened() as file:
                found = _places(file)
        except OSError as error:
            why = f"the high-water mark {self._file} cannot be read: {error.strerror}; mend its rights"
            raise AnyDoubt(f"{why}, since nothing is sent without it") from error
        newest = _newest(found)
        if newest is not None and (self._known is None or newest.at > self._known.at):
            self._known = newest
        return newest is None and self._file.stat().st_size > 0

    @contextmanager
    def _opened(self) -> Iterator[int]:
        file = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _note(self, file: int, mark: Mark) -> None:
        found = _places(file)
        newest = _newest(found)
        if newest is not None and newest.at >= mark.at:
            self._known = newest
            return
        if newest is not None:
            mark = replace(mark, subscriber=max(mark.subscriber, newest.subscriber))
        place = 1 if newest is not None and found[0] == newest else 0
        os.pwrite(file, _written(mark), place * _PLACE_OCTETS)
        self._known = mark

    def _sync(self) -> None:
        with self._opened() as file:
            os.fdatasync(file)


def _written(mark: Mark) -> bytes:
    """A line that a person can read, too: number, instant, subscriber, and a checksum over them."""
    said = f"{mark.number} {mark.at.isoformat()} {mark.subscriber}"
    line = f"{said} {zlib.crc32(said.encode('ascii')):08x}"
    return f"{line:<{_PLACE_OCTETS - 1}}\n".encode("ascii")


def _places(file: int) -> tuple[Mark | None, Mark | None]:
    octets = os.pread(file, 2 * _PLACE_OCTETS, 0)
    return _read(octets[:_PLACE_OCTETS]), _read(octets[_PLACE_OCTETS:])


def _read(octets: bytes) -> Mark | None:
    """The mark in one place; None where nothing whole stands there."""
    try:
        said, _, checksum = octets.decode("ascii").strip().rpartition(" ")
        if f"{zlib.crc32(said.encode('ascii')):08x}" != checksum:
            return None
        number, at, subscriber = said.split(" ")
        return Mark(number=int(number), at=datetime.fromisoformat(at), subscriber=int(subscriber))
    except ValueError:
        return None


def _newest(found: tuple[Mark | None, Mark | None]) -> Mark | None:
    return max((mark for mark in found if mark is not None), key=lambda mark: mark.at, default=None)


def marked_in(file: Path) -> Mark | None:
    """The mark that a file holds; None where there is none. Raises `OSError`."""
    try:
        octets = file.read_bytes()
    except FileNotFoundError:
        return None
    return _newest((_read(octets[:_PLACE_OCTETS]), _read(octets[_PLACE_OCTETS : 2 * _PLACE_OCTETS])))


def without_what_may_have_left(
    connection: Transaction, publication_id: int, group: Group, until: datetime, now: datetime, jitter: random.Random
) -> Group:
    """The group without the mails that may have left before the database was restored: those are in doubt at once."""
    doubtful = may_have_left(connection, [mail.delivery_id for mail in group.mails], until)
    if not doubtful:
        return group
    results = [
        Result(
            attempt_id=mail.attempt_id,
            delivery_id=mail.delivery_id,
            subscriber_id=mail.subscriber.id,
            came=Came.IN_DOUBT,
            ended_at=now,
            reply=_WHY,
        )
        for mail in group.mails
        if mail.delivery_id in doubtful
    ]
    record_results(connection, publication_id, results, now, jitter)
    return replace(group, mails=tuple(mail for mail in group.mails if mail.delivery_id not in doubtful))
