"""A town whose mail server, database and processes fail as they are told to, and what is known of it from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Connection

from mailer.compose import Message
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import Outcome, OutcomeKind, Session
from preferences.store import leases
from preferences.store.clock import FixedClock
from preferences.store.database import Database, DatabaseAway
from preferences.store.gate import Group, decide_group
from tests.mailer.town import Town

_UNBEGUN = frozenset({OutcomeKind.RELAY_DOWN, OutcomeKind.NOT_BEGUN, OutcomeKind.NOT_DELIVERABLE_HERE})
_MAY_HAVE_ARRIVED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT})


class Killed(BaseException):
    """The process is gone: nothing that it would still have done is done."""


@dataclass(slots=True)
class Taken:
    """A message that the server took, or may have taken. `is_void`: a person said that it did not arrive."""

    reader: str
    campaigns: frozenset[str]
    at: datetime
    is_void: bool = False


class Server:
    """A mail server that answers as it is told, message by message, and keeps a log of its own.

    `answers` are used up one by one; afterwards everything is accepted. None kills the process that asks.
    """

    def __init__(self, clock: FixedClock) -> None:
        self.answers: list[OutcomeKind | None] = []
        self.log: list[Taken] = []
        self.names: set[str] = set()
        self._clock = clock

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A session; all of them share the log."""
        yield self

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract of transports."""
        for message in messages:
            if self._clock.now() > not_after:
                yield self._outcome(OutcomeKind.NOT_BEGUN)
                continue
            kind = self.answers.pop(0) if self.answers else OutcomeKind.ACCEPTED
            if kind is None or kind in _MAY_HAVE_ARRIVED:
                self._take(message)
            if kind is None:
                raise Killed
            yield self._outcome(kind)

    def _take(self, message: Message) -> None:
        text = message.data.decode()
        campaigns = frozenset(name for name in self.names if name in text)
        self.log.append(Taken(message.rcpt_to.split("@")[0], campaigns, self._clock.now()))

    def _outcome(self, kind: OutcomeKind) -> Outcome:
        begun_at = None if kind in _UNBEGUN else self._clock.now()
        return Outcome(kind=kind, code=None, text=kind.value, begun_at=begun_at, ended_at=self._clock.now())


class Fails(Enum):
    """Where a transaction that writes fails: before it begins, at its end undone, or at its end and done all the same."""

    BEFORE = "before"
    UNDONE = "undone"
    DONE = "done"


class ShakyDatabase(Database):
    """A database that is away as it is told: `failures` says for each of the next transactions that write how."""

    failures: list[Fails | None]

    @classmethod
    def over(cls, database: Database) -> ShakyDatabase:
        """The same database, shaky."""
        shaky = cls(database.engine)
        shaky.failures = []
        return shaky

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As any database's, but for what was told."""
        fails = self.failures.pop(0) if self.failures else None
        if fails is Fails.BEFORE:
            raise DatabaseAway("away before it began")
        with super().write() as connection:
            yield connection
            if fails is Fails.UNDONE:
                raise DatabaseAway("away at its end: full")
        if fails is Fails.DONE:
            raise DatabaseAway("away at its end, and nobody knows that it was done")


class Forgetful(Sender):
    """A sender that is killed before it can record anything."""

    def _record(self, *_arguments: object) -> None:
        raise Killed


@dataclass(frozen=True, slots=True)
class Stopped:
    """A process that was stopped between its commit and its hand-over, and may wake at any time."""

    sender: Sender
    group: Group


class Life(Town):
    """One town with the machine's clock in hand; every method is one step that somebody or something makes."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, Server)
        self.server: Server = self.transport  # type: ignore[assignment]
        self.machine = FixedClock(self.now)
        self.shaky = ShakyDatabase.over(database)
        self.office = replace(self.office, machine_clock=self.machine)
        self.stopped: list[Stopped] = []
        self.lease_id = self._begin_lease(database)

    def _begin_lease(self, database: Database) -> int:
        with database.write() as connection:
            return leases.begin_lease(connection, "test", self.machine.now())

    def hand_over(self) -> None:
        """Everything that is due now, by a process that lives through it."""
        self._renew()
        for _ in range(50):
            tend(self.office)
            if not self._sender(Sender).run(1):
                break
        else:
            raise AssertionError("there is always something due: nothing comes of it")
        tend(self.office)

    def hand_over_and_die(self) -> None:
        """The same by a process that is killed when its first group has been handed over, or in the middle of it."""
        tend(self.office)
        self.lease_id = self._begin_lease(self.database)
        try:
            self._sender(Forgetful).run(1)
        except Killed:
            self.lease_id = self._begin_lease(self.database)

    def hand_over_on_shaky_ground(self, failures: list[Fails | None]) -> None:
        """The same while the database fails now and then; who is told that it is away tries again a second later."""
        tend(self.office)
        self._renew()
        self.shaky.failures = failures
        office = replace(self.office, database=self.shaky)
        while True:
            try:
                if not Sender(office, self.mails, self.lease_id, lambda: True).run(1):
                    return
            except DatabaseAway:
                if not self.shaky.failures:
                    return

    def stop_a_process(self) -> None:
        """A process commits a group, and is stopped before it hands anything over."""
        tend(self.office)
        lease_id = self._begin_lease(self.database)
        with self.database.write() as connection:
            group: Group | None = decide_group(connection, 1, lease_id, self.now, self.machine.now(), limit=10)
        if group is not None and group.mails:
            sender = Sender(self.office, self.mails, lease_id, lambda: True)
            self.stopped.append(Stopped(sender, group))

    def wake_a_process(self) -> None:
        """The process that was stopped first goes on where it was."""
        stopped = self.stopped.pop(0)
        stopped.sender.hand_over_group(1, stopped.group)

    def end_leases(self) -> None:
        """Time goes by for processes: whoever did not renew the lease has lost it."""
        self.machine.instant += timedelta(minutes=1)
        self._renew()
        tend(self.office)

    def pass_time(self, span: timedelta) -> None:
        """Let time go by for everybody."""
        self.machine.instant += span
        self.go_to(self.now + span)

    def _renew(self) -> None:
        with self.database.write() as connection:
            if not leases.renew_lease(connection, self.lease_id, self.machine.now()):
                self.lease_id = leases.begin_lease(connection, "test", self.machine.now())

    def _sender(self, kind: type[Sender]) -> Sender:
        return kind(self.office, self.mails, self.lease_id, lambda: True)
