"""Handing over by SMTP: one recipient per transaction, one connection that is kept."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest

from mailer.compose.content import Message
from mailer.transport.connecting import SetupError, connect
from mailer.transport.contract import Clock, Session, check_messages, not_begun
from mailer.transport.outcome import Outcome, OutcomeKind, is_about_sender
from mailer.transport.pipeline import Pipeline
from mailer.transport.transaction import Transaction
from mailer.transport.wire import Timeouts, Wire
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
    """One connection at a time, kept between messages and between calls; pipelined where the server offers it."""

    def __init__(self, connect: Callable[[], Wire], clock: Clock, timeouts: Timeouts) -> None:
        self._connect = connect
        self._clock = clock
        self._timeouts = timeouts
        self._wire: Wire | None = None
        self._pipeline: Pipeline | None = None

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract; once no connection can be made, the rest of this call is not tried."""
        check_messages(messages)
        self._drop_announced()
        down: SetupError | None = None
        for message, following in zip_longest(messages, messages[1:]):
            if down is None and self._clock.now() <= not_after:
                try:
                    yield self._one(message, following, not_after)
                    continue
                except SetupError as error:
                    down = error
            self._drop_announced()
            yield not_begun(self._clock) if down is None else self._no_connection(down)

    def close(self) -> None:
        """The connection closed, if there is one."""
        self._drop_announced()
        if self._wire is not None:
            self._wire.close(self._timeouts.quit)
            self._wire = None

    def _one(self, message: Message, following: Message | None, not_after: datetime) -> Outcome:
        is_kept = self._wire is not None
        outcome, is_closed = self._try(message, following, not_after)
        # A server may close a connection it has kept for long; then it has heard nothing of this message but MAIL.
        if is_kept and is_closed:
            outcome, _ = self._try(message, following, not_after)
        return outcome

    def _try(self, message: Message, following: Message | None, not_after: datetime) -> tuple[Outcome, bool]:
        """The outcome, and whether the connection was closed before the server had heard more than MAIL."""
        if self._wire is None:
            self._wire = self._connect()
            offers = self._wire.offers_pipelining
            self._pipeline = Pipeline(self._wire, self._clock, self._timeouts) if offers else None
        if self._pipeline is not None:
            outcome = self._pipeline.hand_over(message, following, not_after)
            is_reusable, is_closed = self._pipeline.is_reusable, self._pipeline.is_closed_at_mail
        else:
            transaction = Transaction(self._wire, message, self._clock, self._timeouts)
            outcome = transaction.run(not_after)
            is_reusable, is_closed = transaction.is_reusable, transaction.is_closed_at_mail
        if not is_reusable:
            self._drop()
        return outcome, is_closed

    def _drop_announced(self) -> None:
        """What was announced and never asked for has not begun, and the server is not to wait for it."""
        if self._pipeline is not None and self._pipeline.has_announced:
            self._drop()

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.drop()
        self._wire = self._pipeline = None

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
