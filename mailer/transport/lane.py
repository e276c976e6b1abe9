"""Several SMTP connections that one thread drives at once: each that is free takes the message that waits longest."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailer.compose.content import Message
from mailer.transport.connecting import SetupError
from mailer.transport.connection import Connection, domain_of, held_back, no_connection
from mailer.transport.contract import Clock, check_messages, not_begun
from mailer.transport.hub import Errand, Hub
from mailer.transport.outcome import Outcome, OutcomeKind
from mailer.transport.relays import RESTS_SECONDS, Relays
from mailer.transport.wire import Timeouts, Wire

# Where nothing happens for so long, what waits behind a server that is silent is looked at: it may be too late for it.
LOOK_SECONDS = 1.0


# As the outcome: not frozen, and never changed.
@dataclass(slots=True)
class _Given:
    """One message that was given to the lane, under its number."""

    number: int
    message: Message
    not_after: datetime
    may_begin: Callable[[int], bool]


class _Seat:
    """A place for one connection, and what it is busy with: its message, and the one whose envelope may go ahead."""

    __slots__ = ("connection", "conversation", "following", "given", "rests_until", "setup")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.conversation: Any = None
        self.given: _Given | None = None
        self.following: _Given | None = None
        self.setup: Errand[tuple[int, Wire]] | None = None  # made elsewhere: to connect is to stand still
        self.rests_until = 0.0

    @property
    def is_at_work(self) -> bool:
        """Whether its conversation is not over."""
        return self.conversation is not None and not self.conversation.dead

    @property
    def has_a_message(self) -> bool:
        """Whether a message is under way on it, or waits for it alone."""
        return self.given is not None or self.following is not None


class SmtpLane:
    """As the contract of lanes says. Connections are kept between calls, and for one thread at a time."""

    def __init__(self, relays: Relays, clock: Clock, timeouts: Timeouts, connections: int) -> None:
        self.connections = connections
        self._relays = relays
        self._clock = clock
        self._hub = Hub()
        self._seats = [_Seat(Connection(relays, clock, timeouts)) for _ in range(connections)]
        self._queue: deque[_Given] = deque()
        self._known: deque[tuple[int, Outcome | None]] = deque()
        self._slowed: set[str] = set()

    def hand_over(
        self,
        messages: Sequence[Message],
        numbers: Sequence[int],
        *,
        not_after: datetime,
        may_begin: Callable[[int], bool],
        spare: int = 0,
    ) -> Iterator[tuple[int, Outcome | None]]:
        """As in the contract. Once no connection can be made and none is left, what waits is not tried.

        Nor is what goes to a domain that has asked for less since the lane had nothing to do: it is given back.
        """
        check_messages(messages)
        if not self._queue:
            self._slowed.clear()
        self._queue.extend(
            _Given(number, message, not_after, may_begin) for number, message in zip(numbers, messages, strict=True)
        )
        try:
            yield from self._driven(lambda: self._may_pause(spare), float("inf"))
        except BaseException:
            self._forget_what_waits()
            raise

    def finish(self, seconds: float = float("inf")) -> Iterator[tuple[int, Outcome | None]]:
        """As in the contract."""
        yield from self._driven(lambda: self._has_nothing, time.monotonic() + seconds)
        if self._has_nothing:
            self._end_conversations()
            self._slowed.clear()

    def break_off(self) -> None:
        """As in the contract."""
        self._forget_what_waits()
        self._known.clear()
        self._end_conversations()

    def close(self) -> None:
        """Break off what is under way, and end every connection: in order, all at once."""
        self.break_off()
        for seat in self._seats:
            self._hub.begin(seat.connection.close)
            if seat.setup is not None:
                seat.setup.leave(lambda made: made[1].drop())
        while not self._hub.is_quiet:
            self._hub.turn(LOOK_SECONDS)
        self._hub.close()

    @property
    def _has_nothing(self) -> bool:
        return not self._queue and not any(seat.has_a_message for seat in self._seats)

    def _driven(self, is_enough: Callable[[], bool], until: float) -> Iterator[tuple[int, Outcome | None]]:
        while True:
            self._fill_seats()
            while self._known:
                yield self._known.popleft()
            if is_enough() or (left := until - time.monotonic()) <= 0:
                return
            if not self._hub.turn(min(left, LOOK_SECONDS)):
                self._give_back_late()

    def _may_pause(self, spare: int) -> bool:
        if spare:
            return len(self._queue) <= spare
        return not self._queue and any(seat.given is None for seat in self._seats)

    def _fill_seats(self) -> None:
        """Put connections to work that have nothing to do while something waits; those that are made already first."""
        if not self._queue:
            return
        free = [seat for seat in self._seats if seat.conversation is None or seat.conversation.dead]
        if not free:
            return
        now = time.monotonic()
        ready = [seat for seat in free if seat.connection.is_made or seat.rests_until <= now]
        if not ready and len(free) == len(self._seats):
            ready = free  # whoever rests is asked all the same where there is nobody else
        for seat in sorted(ready, key=lambda seat: not seat.connection.is_made)[: len(self._queue)]:
            if self._queue:
                self._put_to_work(seat)

    def _put_to_work(self, seat: _Seat) -> None:
        def work() -> None:
            try:
                self._work(seat)
            except BaseException:
                # Of its message nobody knows: neither is the connection used again, nor has it an outcome.
                seat.connection.drop()
                seat.given = seat.following = None
                raise

        seat.conversation = None
        seat.conversation = self._hub.begin(work)

    def _work(self, seat: _Seat) -> None:
        """Hand over one message after the other, until none waits or no connection can be made."""
        seat.connection.go_back_to_a_better()
        while self._queue or seat.following is not None:
            is_kept = seat.connection.is_made
            if not is_kept and not self._connect(seat):
                return
            given = seat.given = self._next(seat)
            if given is None:
                break
            self._hand_over(seat, given, is_kept=is_kept)
            seat.given = None
        seat.connection.drop_announced()

    def _next(self, seat: _Seat) -> _Given | None:
        given, seat.following = seat.following, None
        if given is None and self._queue:
            given = self._queue.popleft()
        return given

    def _hand_over(self, seat: _Seat, given: _Given, *, is_kept: bool) -> None:
        """Make its outcome known; or put it back where it has not begun, for any connection that is made anew."""
        connection = seat.connection
        if self._slowed and not connection.has_announced and domain_of(given.message) in self._slowed:
            self._known.append((given.number, held_back(self._clock)))
            return
        if not given.may_begin(given.number):
            connection.drop_announced()
            self._known.append((given.number, None))
            return
        following = seat.following = self._following(connection)
        outcome, is_closed = connection.hand_over(
            given.message, None if following is None else following.message, given.not_after
        )
        # A server may close a connection it has kept for long; then it has heard nothing of this message but MAIL.
        if is_kept and is_closed:
            self._queue.appendleft(given)
            return
        if outcome.kind is OutcomeKind.SLOWED:
            self._slowed.add(domain_of(given.message))
        self._known.append((given.number, outcome))

    def _following(self, connection: Connection) -> _Given | None:
        """The message whose envelope goes ahead: one that no connection without a message could begin at once."""
        queue = self._queue
        if not queue or not connection.may_announce:
            return None
        if len(queue) < self.connections and len(queue) <= sum(seat.given is None for seat in self._seats):
            return None
        if self._slowed and domain_of(queue[0].message) in self._slowed:
            return None
        return queue.popleft()

    def _connect(self, seat: _Seat) -> bool:
        """Whether there is a connection now. Others go on meanwhile."""
        if seat.setup is None:
            seat.setup = self._hub.errand(self._relays.connected)
        try:
            place, wire = self._hub.result_of(seat.setup)
        except SetupError as error:
            seat.setup = None
            self._do_without(seat, error)
            return False
        seat.setup = None
        seat.connection.take(place, wire, self._hub)
        return True

    def _do_without(self, seat: _Seat, error: SetupError) -> None:
        """There is no connection for it. A server may limit how many there are: others go on, and it is tried later."""
        if seat.following is not None:
            self._queue.appendleft(seat.following)
            seat.following = None
        if any(other.connection.is_made or other.setup is not None for other in self._seats):
            seat.rests_until = time.monotonic() + RESTS_SECONDS
            return
        outcome = no_connection(self._clock, error)
        self._known.extend((given.number, outcome) for given in self._queue)
        self._queue.clear()

    def _give_back_late(self) -> None:
        """What waits for a server that says nothing is given back, once it is too late for it to begin."""
        now = self._clock.now()
        late = [given for given in self._queue if now > given.not_after]
        for given in late:
            self._queue.remove(given)
        for seat in self._seats:
            if seat.following is not None and now > seat.following.not_after:
                late.append(seat.following)
                seat.following = None
        self._known.extend((given.number, not_begun(self._clock)) for given in late)

    def _forget_what_waits(self) -> None:
        self._queue.clear()
        for seat in self._seats:
            seat.following = None

    def _end_conversations(self) -> None:
        for seat in self._seats:
            if seat.is_at_work:
                self._hub.end(seat.conversation)
