"""One message in one SMTP transaction: MAIL, RCPT, DATA, the body, and the dot that nobody can take back."""

from __future__ import annotations

from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import Clock, not_begun
from mailer.transport.envelope import (
    DotMayHaveLeftError,
    mail_command,
    needs_smtputf8,
    rcpt_command,
    write_message,
)
from mailer.transport.meaning import classify
from mailer.transport.outcome import Outcome, OutcomeKind, Reply, Stage
from mailer.transport.wire import Timeouts, Wire, WireDownError


class Transaction:
    """Runs once, each command answered before the next. Afterwards it says whether the connection can be used again."""

    def __init__(self, wire: Wire, message: Message, clock: Clock, timeouts: Timeouts) -> None:
        self._wire = wire
        self._message = message
        self._clock = clock
        self._timeouts = timeouts
        self._begun_at: datetime | None = None
        self._stage = Stage.MAIL
        self._is_broken = False
        self.is_closed_at_mail = False

    @property
    def is_reusable(self) -> bool:
        """Whether the connection is where it was before the transaction."""
        return not self._is_broken

    def run(self, not_after: datetime) -> Outcome:
        """The outcome; nothing is written where MAIL could begin only after `not_after`."""
        if needs_smtputf8(self._message) and not self._wire.offers_smtputf8:
            return no_smtputf8(self._clock)
        begun_at = self._clock.now()
        if begun_at > not_after:
            return not_begun(self._clock)
        self._begun_at = begun_at
        try:
            return self._converse()
        except WireDownError as error:
            self._is_broken = True
            self.is_closed_at_mail = self._stage is Stage.MAIL
            in_doubt = self._stage is Stage.DOT or isinstance(error, DotMayHaveLeftError)
            return self._ended(OutcomeKind.IN_DOUBT if in_doubt else OutcomeKind.DEFERRED, None, str(error))

    def _converse(self) -> Outcome:
        command = self._timeouts.command
        for stage, line, timeout in (
            (Stage.MAIL, mail_command(self._wire, self._message), command),
            (Stage.RCPT, rcpt_command(self._wire, self._message), command),
            (Stage.DATA, "DATA", self._timeouts.data),
        ):
            self._stage = stage
            reply = self._wire.ask(line, timeout)
            if (kind := classify(stage, reply)) is not None:
                return self._stopped(kind, reply)
        return self._send_body()

    def _send_body(self) -> Outcome:
        if self._wire.has_more:
            raise WireDownError("the server said more than it was asked")
        write_message(self._wire, self._message, b"", self._timeouts.block)
        self._stage = Stage.DOT
        reply = self._wire.reply(self._timeouts.final_dot)
        kind = classify(Stage.DOT, reply)
        assert kind is not None
        if kind is OutcomeKind.IN_DOUBT or reply.code == 421:
            self._is_broken = True
        return self._ended(kind, reply.code, reply.text)

    def _stopped(self, kind: OutcomeKind, reply: Reply) -> Outcome:
        ended = self._ended(kind, reply.code, reply.text)
        if reply.ends_the_connection:
            self._is_broken = True
            self.is_closed_at_mail = self._stage is Stage.MAIL and reply.code == 421
            return ended
        try:
            self._is_broken = self._wire.ask("RSET", self._timeouts.command).code != 250
        except WireDownError:
            self._is_broken = True
        return ended

    def _ended(self, kind: OutcomeKind, code: int | None, text: str) -> Outcome:
        return Outcome(
            kind=kind,
            code=code,
            text=text,
            # Where the server itself rests, nothing of a mail has begun.
            begun_at=None if kind is OutcomeKind.RELAY_DOWN else self._begun_at,
            ended_at=self._clock.now(),
            relay=self._wire.relay,
        )


def no_smtputf8(clock: Clock) -> Outcome:
    """The outcome of a message whose address the server cannot take."""
    text = "the mail server offers no SMTPUTF8"
    return Outcome(kind=OutcomeKind.NOT_DELIVERABLE_HERE, code=None, text=text, begun_at=None, ended_at=clock.now())
