"""One connection to whichever of the mail servers takes the mail: kept between messages, given up when it broke."""

from __future__ import annotations

from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.connecting import SetupError
from mailer.transport.contract import Clock
from mailer.transport.meaning import is_about_sender
from mailer.transport.outcome import Outcome, OutcomeKind
from mailer.transport.pipeline import Pipeline
from mailer.transport.relays import Relays
from mailer.transport.transaction import Transaction
from mailer.transport.wire import Timeouts, Waits, Wire


class Connection:
    """Pipelined where the server offers it. Nothing is connected before it is asked to be."""

    def __init__(self, relays: Relays, clock: Clock, timeouts: Timeouts) -> None:
        self._relays = relays
        self._clock = clock
        self._timeouts = timeouts
        self._wire: Wire | None = None
        self._place = 0
        self._pipeline: Pipeline | None = None

    @property
    def is_made(self) -> bool:
        """Whether a message could begin now, as far as is known."""
        return self._wire is not None

    @property
    def may_announce(self) -> bool:
        """Whether the envelope of a message may go ahead, with the bytes of the one before."""
        return self._pipeline is not None

    @property
    def has_announced(self) -> bool:
        """Whether an envelope went ahead, and nothing of its message yet."""
        return self._pipeline is not None and self._pipeline.has_announced

    def make(self) -> None:
        """Connect. Raises SetupError."""
        self.take(*self._relays.connected())

    def take(self, place: int, wire: Wire, waits: Waits | None = None) -> None:
        """Use a connection that was made, to the server with that place; `waits` is how it waits, if not alone."""
        if waits is not None:
            wire.waits = waits
        self._place, self._wire = place, wire
        self._pipeline = Pipeline(wire, self._clock, self._timeouts) if wire.offers_pipelining else None

    def hand_over(self, message: Message, following: Message | None, not_after: datetime) -> tuple[Outcome, bool]:
        """The outcome, and whether the connection was closed before the server had heard more than MAIL.

        What was announced comes next; the envelope of the `following` message goes ahead, where that is possible.
        """
        assert self._wire is not None, "a message is handed over on a connection that was made"
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
            self.drop()
        return outcome, is_closed

    def drop_announced(self) -> None:
        """What was announced and never asked for has not begun, and the server is not to wait for it."""
        if self.has_announced:
            self.drop()

    def go_back_to_a_better(self) -> None:
        """While nothing is under way: a server that is preferred to this one may be back."""
        if self._wire is not None and self._relays.is_there_a_better(self._place):
            self.close()

    def close(self) -> None:
        """End it in order, if there is one."""
        self.drop_announced()
        wire, self._wire, self._pipeline = self._wire, None, None
        if wire is not None:
            wire.close(self._timeouts.quit)

    def drop(self) -> None:
        """End it without a word, if there is one."""
        wire, self._wire, self._pipeline = self._wire, None, None
        if wire is not None:
            wire.drop()


def domain_of(message: Message) -> str:
    """The domain a message goes to, in small letters."""
    return message.rcpt_to.rpartition("@")[2].lower()


def no_connection(clock: Clock, error: SetupError) -> Outcome:
    """The outcome of a message for which there is no connection."""
    reply = error.reply
    about_sender = reply is not None and is_about_sender(reply)
    return Outcome(
        kind=OutcomeKind.SENDER_REFUSED if about_sender else OutcomeKind.RELAY_DOWN,
        code=None if reply is None else reply.code,
        text=error.text,
        begun_at=None,
        ended_at=clock.now(),
    )


def held_back(clock: Clock) -> Outcome:
    """The outcome of a message to where less is wanted for now."""
    text = "given back: less mail is wanted for now where it goes"
    return Outcome(kind=OutcomeKind.NOT_BEGUN, code=None, text=text, begun_at=None, ended_at=clock.now())
