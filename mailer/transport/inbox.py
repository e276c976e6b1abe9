"""The transport of an installation without a mail server: nothing leaves the machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import Clock, Session, check_messages, not_begun
from mailer.transport.outcome import Outcome, OutcomeKind

# As many as are kept in the time that a disk takes to say that one is.
TOGETHER = 50


class InboxTransport:
    """Hands messages to `store`, which keeps all of a block where a browser can read them, or raises and keeps none."""

    def __init__(self, store: Callable[[Sequence[Message]], None], clock: Clock, *, together: int = TOGETHER) -> None:
        self.together = together
        self._store = store
        self._clock = clock

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A session; there is nothing to close."""
        yield self

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract, block by block; what `store` raises goes to the caller, and the block is then in doubt."""
        check_messages(messages)
        for start in range(0, len(messages), self.together):
            yield from self._block(messages[start : start + self.together], not_after)

    def _block(self, messages: Sequence[Message], not_after: datetime) -> list[Outcome]:
        begun_at = self._clock.now()
        if begun_at > not_after:
            return [not_begun(self._clock) for _ in messages]
        self._store(messages)
        kept = Outcome(
            kind=OutcomeKind.ACCEPTED,
            code=250,
            text="kept in the test inbox",
            begun_at=begun_at,
            ended_at=self._clock.now(),
        )
        return [kept for _ in messages]
