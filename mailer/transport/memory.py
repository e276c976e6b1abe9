"""The transport for tests of whoever hands over: it answers as it is told, and remembers what it took."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import Clock, Session, check_messages, not_begun
from mailer.transport.outcome import Outcome, OutcomeKind

_UNBEGUN = frozenset({OutcomeKind.RELAY_DOWN, OutcomeKind.NOT_BEGUN, OutcomeKind.NOT_DELIVERABLE_HERE})
_CODES: Mapping[OutcomeKind, int] = {
    OutcomeKind.ACCEPTED: 250,
    OutcomeKind.REFUSED: 550,
    OutcomeKind.DEFERRED: 451,
    OutcomeKind.SENDER_REFUSED: 550,
    OutcomeKind.SLOWED: 421,
}


class MemoryTransport:
    """Takes every message, or answers with the kind given for its recipient; `messages` is what was accepted."""

    def __init__(self, clock: Clock, answers: Mapping[str, OutcomeKind] | None = None) -> None:
        self.messages: list[Message] = []
        self._clock = clock
        self._answers = answers or {}

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A session; all of them share `messages`."""
        yield self

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract."""
        check_messages(messages)
        for message in messages:
            yield not_begun(self._clock) if self._clock.now() > not_after else self._answer(message)

    def _answer(self, message: Message) -> Outcome:
        kind = self._answers.get(message.rcpt_to, OutcomeKind.ACCEPTED)
        begun_at = None if kind in _UNBEGUN else self._clock.now()
        if kind is OutcomeKind.ACCEPTED:
            self.messages.append(message)
        return Outcome(kind=kind, code=_CODES.get(kind), text=kind.value, begun_at=begun_at, ended_at=self._clock.now())
