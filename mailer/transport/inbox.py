"""The transport of an installation without a mail server: nothing leaves the machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import Clock, Session, check_messages, not_begun
from mailer.transport.outcome import Outcome, OutcomeKind


class InboxTransport:
    """Hands every message to `store`, which keeps it where a browser can read it, and raises where it cannot."""

    def __init__(self, store: Callable[[Message], None], clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @contextmanager
    def open(self) -> Iterator[Session]:
        """A session; there is nothing to close."""
        yield self

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract; what `store` raises goes to the caller, and the message is then in doubt."""
        check_messages(messages)
        for message in messages:
            begun_at = self._clock.now()
            if begun_at > not_after:
                yield not_begun(self._clock)
                continue
            self._store(message)
            yield Outcome(
                kind=OutcomeKind.ACCEPTED,
                code=250,
                text="kept in the test inbox",
                begun_at=begun_at,
                ended_at=self._clock.now(),
            )
