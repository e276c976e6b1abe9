"""Many messages over one connection, pipelined (RFC 2920): one round trip for each, where the server offers it.

The bytes of a message, its final dot and the envelope of the next one leave in one write. So at most one message is
written and not answered at any instant, as without pipelining: no more than that one can come to be in doubt.
"""

from __future__ import annotations

import re
from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import Clock, not_begun
from mailer.transport.envelope import DOT, DotMayHaveLeftError, envelope, needs_smtputf8, write_message
from mailer.transport.meaning import classify
from mailer.transport.outcome import Outcome, OutcomeKind, Reply, Stage
from mailer.transport.transaction import no_smtputf8
from mailer.transport.wire import Timeouts, Wire, WireDownError

_RESET = b"RSET\r\n"
# Of one line each, and nothing behind them.
_ALL_WELL = re.compile(rb"250 [^\n]*\n250 [^\n]*\n354 [^\n]*\n")


class Pipeline:
    """Hands messages over, one outcome at a time; afterwards it says whether the connection can be used again.

    A message whose envelope alone is written may be dropped with the connection: its bytes have not begun.
    """

    def __init__(self, wire: Wire, clock: Clock, timeouts: Timeouts) -> None:
        self._wire = wire
        self._clock = clock
        self._timeouts = timeouts
        self._announced: Message | None = None
        self._begun_at = clock.now()
        self._first = b""  # what the next envelope begins with
        self._owed = b""  # what a reply is still to come to, before that of MAIL
        self.is_reusable = True
        self.is_closed_at_mail = False

    @property
    def has_announced(self) -> bool:
        """Whether the envelope of a message was written, and nothing of the message yet."""
        return self._announced is not None

    def hand_over(self, message: Message, following: Message | None, not_after: datetime) -> Outcome:
        """The outcome of a message; the envelope of the `following` one, which then must come next, goes with it.

        Nothing of a message is written where it could begin only after `not_after`.
        """
        self.is_closed_at_mail = False
        if needs_smtputf8(message) and not self._wire.offers_smtputf8:
            return no_smtputf8(self._clock)
        now = self._clock.now()
        if now > not_after:
            self.is_reusable = self._announced is None
            return not_begun(self._clock)
        if self._announced is None:
            try:
                self._announce(message, now)
            except WireDownError as error:
                return self._broken(error, now, at_mail=True)
        if self._announced is not message:
            raise AssertionError("the message that was announced comes next")
        self._announced = None
        return self._converse(message, self._deliverable(following), self._begun_at)

    def _announce(self, message: Message, now: datetime) -> None:
        self._wire.write(self._opening(message), self._timeouts.command)
        self._announced, self._begun_at = message, now

    def _opening(self, message: Message) -> bytes:
        first, self._first = self._first, b""
        self._owed = first or self._owed
        return first + envelope(self._wire, message)

    def _deliverable(self, message: Message | None) -> Message | None:
        is_not = message is None or (needs_smtputf8(message) and not self._wire.offers_smtputf8)
        return None if is_not else message

    def _converse(self, message: Message, following: Message | None, begun_at: datetime) -> Outcome:
        # In the steady state all three have come together with the reply to the last final dot.
        if not self._owed and self._wire.hears(_ALL_WELL):
            return self._send(message, following, begun_at)
        heard = _Heard()
        try:
            self._hear(heard)
            if heard.refusal is None and self._wire.has_more:
                raise WireDownError("the server said more than it was asked")
        except WireDownError as error:
            if heard.refusal is None:
                return self._broken(error, begun_at, at_mail=heard.is_nothing)
            self.is_reusable = False
        if heard.refusal is None:
            return self._send(message, following, begun_at)
        kind, reply = heard.refusal
        outcome = self._ended(kind, reply.code, reply.text, begun_at)
        if self.is_reusable:
            self._go_on(heard, following, outcome.ended_at)
        return outcome

    def _hear(self, heard: _Heard) -> None:
        """The replies to the envelope, and to what was owed before it; not beyond one that ends the connection."""
        command = self._timeouts.command
        if self._owed:
            reply, owed, self._owed = self._wire.reply(command), self._owed, b""
            if reply.code == 421 or (reply.code // 100 == 3 if owed == DOT else reply.code != 250):
                raise WireDownError(f"the transaction before was not ended: {reply.code} {reply.text}")
        for stage, expected, timeout in (
            (Stage.MAIL, 250, command),
            (Stage.RCPT, 250, command),
            (Stage.DATA, 354, self._timeouts.data),
        ):
            unexpected = self._wire.reply_unless(expected, timeout)
            if heard.is_the_end(stage, unexpected):
                self.is_reusable = False
                self.is_closed_at_mail = stage is Stage.MAIL and heard.code == 421
                return

    def _go_on(self, heard: _Heard, following: Message | None, now: datetime) -> None:
        """After a refusal, the transaction ended: in one write with the next envelope, where there is one.

        Where DATA was answered though nobody is to get anything, a lone dot ends it (RFC 2920, section 3.1).
        """
        if heard.waits_for_bytes and heard.has_reader:
            self.is_reusable = False  # a lone dot would be an empty mail to somebody
            return
        self._first = DOT if heard.waits_for_bytes else _RESET
        try:
            if following is not None:
                self._announce(following, now)
            elif heard.waits_for_bytes:
                self._wire.write(DOT, self._timeouts.command)
                self._first, self._owed = b"", DOT
        except WireDownError:
            self.is_reusable = False

    def _send(self, message: Message, following: Message | None, begun_at: datetime) -> Outcome:
        now = self._clock.now()
        after = b"" if following is None else self._opening(following)
        try:
            write_message(self._wire, message, after, self._timeouts.block)
        except DotMayHaveLeftError as error:
            return self._lost(error, begun_at)
        except WireDownError as error:
            return self._broken(error, begun_at, at_mail=False)
        self._announced, self._begun_at = following, now
        try:
            reply = self._wire.reply(self._timeouts.final_dot)
        except WireDownError as error:
            return self._lost(error, begun_at)
        kind = classify(Stage.DOT, reply)
        assert kind is not None  # after the dot there is nothing to go on to
        if kind is OutcomeKind.IN_DOUBT or reply.code == 421:
            self.is_reusable = False
        return self._ended(kind, reply.code, reply.text, begun_at)

    def _lost(self, error: WireDownError, begun_at: datetime) -> Outcome:
        self.is_reusable = False
        return self._ended(OutcomeKind.IN_DOUBT, None, str(error), begun_at)

    def _broken(self, error: WireDownError, begun_at: datetime, *, at_mail: bool) -> Outcome:
        self.is_reusable = False
        self.is_closed_at_mail = at_mail
        return self._ended(OutcomeKind.DEFERRED, None, str(error), begun_at)

    def _ended(self, kind: OutcomeKind, code: int | None, text: str, begun_at: datetime) -> Outcome:
        return Outcome(
            kind=kind,
            code=code,
            text=text,
            # Where the server itself rests, nothing of a mail has begun.
            begun_at=None if kind is OutcomeKind.RELAY_DOWN else begun_at,
            ended_at=self._clock.now(),
            relay=self._wire.relay,
        )


class _Heard:
    """What the replies to one envelope say together. The first that is a refusal decides."""

    __slots__ = ("code", "has_reader", "is_nothing", "refusal", "waits_for_bytes")

    def __init__(self) -> None:
        self.refusal: tuple[OutcomeKind, Reply] | None = None
        self.is_nothing = True
        self.has_reader = False
        self.waits_for_bytes = False
        self.code: int | None = None

    def is_the_end(self, stage: Stage, unexpected: Reply | None) -> bool:
        """Note a reply, None for the expected one; answers whether the connection cannot be used after it."""
        self.is_nothing = False
        kind = None
        if unexpected is not None:
            self.code = unexpected.code
            kind = classify(stage, unexpected)
            if kind is not None and self.refusal is None:
                self.refusal = kind, unexpected
        goes_on = kind is None
        self.has_reader = self.has_reader or (stage is Stage.RCPT and goes_on)
        self.waits_for_bytes = stage is Stage.DATA and goes_on
        return not goes_on and unexpected is not None and unexpected.ends_the_connection
