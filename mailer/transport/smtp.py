"""Handing over by SMTP: one recipient per transaction, one connection that is kept."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest

from mailer.compose.content import Message
from mailer.transport.connecting import SetupError, connect
from mailer.transport.contract import Clock, Session, check_messages, not_begun
from mailer.transport.meaning import is_about_sender
from mailer.transport.outcome import Outcome, OutcomeKind
from mailer.transport.pipeline import Pipeline
from mailer.transport.relays import Relays
from mailer.transport.transaction import Transaction
from mailer.transport.wire import Timeouts, Wire
from preferences.settings import SmtpServer


class SmtpTransport:
    """A mail server, or others in its place while it cannot be reached.

    Each session has a connection of its own, made at its first message and renewed when it broke.
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

    def _connect(self, server: SmtpServer) -> Wire:
        return connect(server, self._timeouts, local_name=self._local_name, tls=self._tls)


class SmtpSession:
    """One connection at a time, kept between messages and between calls; pipelined where the server offers it."""

    def __init__(self, relays: Relays, clock: Clock, timeouts: Timeouts) -> None:
        self._relays = relays
        self._clock = clock
        self._timeouts = timeouts
        self._wire: Wire | None = None
        self._place = 0
        self._pipeline: Pipeline | None = None

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract; once no connection can be made, the rest of this call is not tried.

        Nor is what goes to a domain that has asked for less in this call: it is given back.
        """
        check_messages(messages)
        self._drop_announced()
        self._go_back_to_a_better()
        down: SetupError | None = None
        slowed: set[str] = set()
        for message, following in zip_longest(messages, messages[1:]):
            if down is not None:
                yield self._no_connection(down)
                continue
            if self._clock.now() > not_after:
                self._drop_announced()
                yield not_begun(self._clock)
                continue
            if slowed and not self._has_announced and _domain(message) in slowed:
                yield _held_back(self._clock)
                continue
            try:
                goes_on = following is not None and not (slowed and _domain(following) in slowed)
                outcome = self._one(message, following if goes_on else None, not_after)
            except SetupError as error:
                down = error
                outcome = self._no_connection(error)
            if outcome.kind is OutcomeKind.SLOWED:
                slowed.add(_domain(message))
            yield outcome

    def close(self) -> None:
        """The connection closed, if there is one."""
        self._drop_announced()
        if self._wire is not None:
            self._wire.close(self._timeouts.quit)
        self._wire = self._pipeline = None

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
            self._place, self._wire = self._relays.connected()
            offers = self._wire.offers_pipelining
            self._pipeline = Pipeline(self._wire, self._clock, self._timeouts) if offers else None
        if self._pipeline is not None:
            outcome = self._pipeline.hand_over(message, following, not_after)
            is_reusable, is_closed = self._pipeline.is_reusable, self._pipeline.is_closed_at_mail
        else:
            transaction = Transaction(self._wire, message, self._clock, self._timeouts)
            outcome = transaction.run(not_after)
            is_reusable, is_closed = transaction.is_reusable, transaction.is_closed_at_mail
        if outcome.kind is OutcomeKind.RELAY_DOWN:
            self._relays.failed(self._place)
        if not is_reusable:
            self._drop()
        return outcome, is_closed

    @property
    def _has_announced(self) -> bool:
        return self._pipeline is not None and self._pipeline.has_announced

    def _drop_announced(self) -> None:
        """What was announced and never asked for has not begun, and the server is not to wait for it."""
        if self._has_announced:
            self._drop()

    def _go_back_to_a_better(self) -> None:
        """Between calls nothing is under way: a server that is preferred to this one may be back."""
        if self._wire is not None and self._relays.is_there_a_better(self._place):
            self.close()

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


def _domain(message: Message) -> str:
    return message.rcpt_to.rpartition("@")[2].lower()


def _held_back(clock: Clock) -> Outcome:
    text = "given back: less mail is wanted for now where it goes"
    return Outcome(kind=OutcomeKind.NOT_BEGUN, code=None, text=text, begun_at=None, ended_at=clock.now())
