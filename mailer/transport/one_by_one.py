"""A lane over any session: one message, or block of messages, after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from mailer.compose.content import Message
from mailer.transport.contract import HasLanes, Lane, Session, TakesSeveral, Transport
from mailer.transport.outcome import Outcome


def lane_of(transport: Transport, connections: int) -> AbstractContextManager[Lane]:
    """A lane of so many connections at most; of one, where the transport knows no other."""
    return transport.lane(connections) if isinstance(transport, HasLanes) else _one_by_one(transport)


@contextmanager
def _one_by_one(transport: Transport) -> Iterator[Lane]:
    with transport.open() as session:
        yield OneByOne(session)


class OneByOne:
    """As the contract of lanes says; when a call is over, nothing is under way."""

    connections = 1

    def __init__(self, session: Session) -> None:
        self._session = session

    def hand_over(
        self,
        messages: Sequence[Message],
        numbers: Sequence[int],
        *,
        not_after: datetime,
        may_begin: Callable[[int], bool],
        spare: int = 0,  # noqa: ARG002 - nothing is left to wait here
    ) -> Iterator[tuple[int, Outcome | None]]:
        """As in the contract. The messages of a block begin together, or none of them does, nor any behind them."""
        outcomes = self._session.hand_over(messages, not_after=not_after)
        together = self._session.together if isinstance(self._session, TakesSeveral) else 1
        goes_on = True
        for start in range(0, len(numbers), together):
            block = numbers[start : start + together]
            goes_on = goes_on and all(map(may_begin, block))
            for number in block:
                yield number, next(outcomes) if goes_on else None

    def finish(self, seconds: float = float("inf")) -> Iterator[tuple[int, Outcome | None]]:  # noqa: ARG002 - it takes none
        """Nothing is under way."""
        return iter(())

    def break_off(self) -> None:
        """Nothing is under way."""
