"""Handing over by SMTP: one recipient per transaction, on connections that are kept."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest

from mailer.compose.content import Message
from mailer.transport.connecting import SetupError, connect
from mailer.transport.connection import Connection, domain_of, held_back, no_connection
from mailer.transport.contract import Clock, Lane, Session, check_messages, not_begun
from mailer.transport.lane import SmtpLane
from mailer.transport.outcome import Outcome, OutcomeKind
from mailer.transport.relays import Relays
from mailer.transport.wire import Timeouts, Wire
from preferences.settings import SmtpServer


class SmtpTransport:
    """A mail server, or others in its place while it cannot be reached.

    Each session has a connection of its own, made at its first message and renewed when it broke; a lane has several.
    """

    def __init__(
        self,
        server: SmtpServer,
        clock: Clock,
        *,
        others: Sequence[SmtpServer] = (),
        timeouts: Timeouts | None = None,
        tls: ssl.SSLContext | None = None,
        local_name: str | None = None,
    ) -> None:
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._tls = tls
        self._local_name = local_name
        self._relays = Relays((server, *others), self._connect)

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A session for one thread; nothing is connected before the first message."""
        session = SmtpSession(self._relays, self._clock, self._timeouts)
        try:
            yield session
        finally:
            session.close()

    @contextmanager
    def lane(self, connections: int) -> Iterator[Lane]:
        """A lane for one thread at a time, of so many connections at most; none is made before it is needed."""
        lane = SmtpLane(self._relays, self._clock, self._timeouts, connections)
        try:
            yield lane
        finally:
            lane.close()

    def _connect(self, server: SmtpServer) -> Wire:
        return connect(server, self._timeouts, local_name=self._local_name, tls=self._tls)


class SmtpSession:
    """One connection at a time, kept between messages and between calls; pipelined where the server offers it."""

    def __init__(self, relays: Relays, clock: Clock, timeouts: Timeouts) -> None:
        self._clock = clock
        self._connection = Connection(relays, clock, timeouts)

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract; once no connection can be made, the rest of this call is not tried.

        Nor is what goes to a domain that has asked for less in this call: it is given back.
        """
        check_messages(messages)
        self._connection.drop_announced()
        self._connection.go_back_to_a_better()
        down: SetupError | None = None
        slowed: set[str] = set()
        for message, following in zip_longest(messages, messages[1:]):
            if down is not None:
                yield no_connection(self._clock, down)
                continue
            if self._clock.now() > not_after:
                self._connection.drop_announced()
                yield not_begun(self._clock)
                continue
            if slowed and not self._connection.has_announced and domain_of(message) in slowed:
                yield held_back(self._clock)
                continue
            try:
                goes_on = following is not None and not (slowed and domain_of(following) in slowed)
                outcome = self._one(message, following if goes_on else None, not_after)
            except SetupError as error:
                down = error
                outcome = no_connection(self._clock, error)
            if outcome.kind is OutcomeKind.SLOWED:
                slowed.add(domain_of(message))
            yield outcome

    def close(self) -> None:
        """The connection closed, if there is one."""
        self._connection.close()

    def _one(self, message: Message, following: Message | None, not_after: datetime) -> Outcome:
        is_kept = self._connection.is_made
        outcome, is_closed = self._try(message, following, not_after)
        # A server may close a connection it has kept for long; then it has heard nothing of this message but MAIL.
        if is_kept and is_closed:
            outcome, _ = self._try(message, following, not_after)
        return outcome

    def _try(self, message: Message, following: Message | None, not_after: datetime) -> tuple[Outcome, bool]:
        if not self._connection.is_made:
            self._connection.make()
        return self._connection.hand_over(message, following, not_after)
