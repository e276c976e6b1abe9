"""Handing over by SMTP: one recipient per transaction, one connection that is kept."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import Clock, Session, check_messages, not_begun
from mailer.transport.outcome import Outcome, OutcomeKind, is_about_sender
from mailer.transport.transaction import Transaction
from mailer.transport.wire import SetupError, Timeouts, Wire, connect
from preferences.settings import SmtpServer


class SmtpTransport:
    """A mail server. Each session has a connection of its own, made at its first message and renewed when it broke."""

    def __init__(
        self,
        server: SmtpServer,
        clock: Clock,
        *,
        timeouts: Timeouts | None = None,
        tls: ssl.SSLContext | None = None,
        local_name: str | None = None,
    ) -> None:
        self._server = server
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._tls = tls
        self._local_name = local_name

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A session for one thread; nothing is connected before the first message."""
        session = SmtpSession(self._connect, self._clock, self._timeouts)
        try:
            yield session
        finally:
            session.close()

    def _connect(self) -> Wire:
        return connect(self._server, self._timeouts, local_name=self._local_name, tls=self._tls)


class SmtpSession:
    """One connection at a time, kept between messages and between calls."""

    def __init__(self, connect: Callable[[], Wire], clock: Clock, timeouts: Timeouts) -> None:
        self._connect = connect
        self._clock = clock
        self._timeouts = timeouts
        self._wire: Wire | None = None

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract; once no connection can be made, the rest of this call is not tried."""
        check_messages(messages)
        down: SetupError | None = None
        for message in messages:
            if down is None and self._clock.now() <= not_after:
                try:
                    yield self._one(message, not_after)
                    continue
                except SetupError as error:
                    down = error
            yield not_begun(self._clock) if down is None else self._no_connection(down)

    def close(self) -> None:
        """The connection closed, if there is one."""
        if self._wire is not None:
            self._wire.close(self._timeouts.quit)
            self._wire = None

    def _one(self, message: Message, not_after: datetime) -> Outcome:
        is_kept = self._wire is not None
        transaction = Transaction(self._ready(), message, self._clock, self._timeouts)
        outcome = transaction.run(not_after)
        self._settle(transaction)
        # A server may close a connection it has kept for long; then it has heard nothing of this message but MAIL.
        if is_kept and transaction.is_closed_at_mail:
            transaction = Transaction(self._ready(), message, self._clock, self._timeouts)
            outcome = transaction.run(not_after)
            self._settle(transaction)
        return outcome

    def _ready(self) -> Wire:
        if self._wire is None:
            self._wire = self._connect()
        return self._wire

    def _settle(self, transaction: Transaction) -> None:
        if not transaction.is_reusable and self._wire is not None:
            self._wire.drop()
            self._wire = None

    def _no_connection(self, error: SetupError) -> Outcome:
        reply = error.reply
        about_sender = reply is not None and is_about_sender(reply)
        return Outcome(
            kind=OutcomeKind.SENDER_REFUSED if about_sender else OutcomeKind.RELAY_DOWN,
            code=None if reply is None else reply.code,
            text=error.text,
            begun_at=None,
            ended_at=self._clock.now(),
        )
