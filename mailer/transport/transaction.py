"""One message in one SMTP transaction: MAIL, RCPT, DATA, the body, and the dot that nobody can take back."""

from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import Clock, not_begun
from mailer.transport.outcome import Outcome, OutcomeKind, Reply, Stage, classify
from mailer.transport.wire import Timeouts, Wire, WireDownError


class Transaction:
    """Runs once. Afterwards it says whether the connection can be used for another."""

    def __init__(self, wire: Wire, message: Message, clock: Clock, timeouts: Timeouts) -> None:
        self._wire = wire
        self._message = message
        self._clock = clock
        self._timeouts = timeouts
        self._begun_at: datetime | None = None
        self._stage = Stage.MAIL
        self._dot_written = False
        self._is_broken = False
        self.is_closed_at_mail = False

    @property
    def is_reusable(self) -> bool:
        """Whether the connection is where it was before the transaction."""
        return not self._is_broken

    def run(self, not_after: datetime) -> Outcome:
        """The outcome; nothing is written where MAIL could begin only after `not_after`."""
        if self._needs_smtputf8() and not self._wire.offers_smtputf8:
            return self._ended(OutcomeKind.NOT_DELIVERABLE_HERE, None, "the mail server offers no SMTPUTF8")
        begun_at = self._clock.now()
        if begun_at > not_after:
            return not_begun(self._clock)
        self._begun_at = begun_at
        try:
            return self._converse()
        except WireDownError as error:
            self._is_broken = True
            self.is_closed_at_mail = self._stage is Stage.MAIL
            kind = OutcomeKind.IN_DOUBT if self._dot_written else OutcomeKind.DEFERRED
            return self._ended(kind, None, str(error))

    def _converse(self) -> Outcome:
        command = self._timeouts.command
        for stage, line, timeout in (
            (Stage.MAIL, self._mail(), command),
            (Stage.RCPT, f"RCPT TO:<{self._message.rcpt_to}>", command),
            (Stage.DATA, "DATA", self._timeouts.data),
        ):
            self._stage = stage
            reply = self._wire.ask(line, timeout)
            if (kind := classify(stage, reply)) is not None:
                return self._stopped(kind, reply)
        return self._send_body()

    def _mail(self) -> str:
        parameters = " BODY=8BITMIME SMTPUTF8" if self._needs_smtputf8() else ""
        return f"MAIL FROM:<{self._message.mail_from}>{parameters}"

    def _send_body(self) -> Outcome:
        self._stage = Stage.DOT
        self._wire.write(stuffed(self._message.data), self._timeouts.block)
        # Under TLS a failed write may still have left as a whole record; in the clear it has not left.
        self._dot_written = self._wire.is_encrypted
        self._wire.write(b".\r\n", self._timeouts.block)
        self._dot_written = True
        reply = self._wire.reply(self._timeouts.final_dot)
        kind = classify(Stage.DOT, reply)
        assert kind is not None
        if kind is OutcomeKind.IN_DOUBT or reply.code == 421:
            self._is_broken = True
        return self._ended(kind, reply.code, reply.text)

    def _stopped(self, kind: OutcomeKind, reply: Reply) -> Outcome:
        ended = self._ended(kind, reply.code, reply.text)
        is_nonsense = reply.code // 100 not in {4, 5}
        if reply.code == 421 or is_nonsense:
            self._is_broken = True
            self.is_closed_at_mail = self._stage is Stage.MAIL and reply.code == 421
            return ended
        try:
            self._is_broken = self._wire.ask("RSET", self._timeouts.command).code != 250
        except WireDownError:
            self._is_broken = True
        return ended

    def _needs_smtputf8(self) -> bool:
        return not (self._message.mail_from.isascii() and self._message.rcpt_to.isascii())

    def _ended(self, kind: OutcomeKind, code: int | None, text: str) -> Outcome:
        return Outcome(kind=kind, code=code, text=text, begun_at=self._begun_at, ended_at=self._clock.now())


def stuffed(data: bytes) -> bytes:
    """The bytes with a second dot before each line that begins with one (RFC 5321, section 4.5.2)."""
    doubled = data.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled
