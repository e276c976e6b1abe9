"""One thread, many conversations: each goes on until it waits, and then another does that need not wait.

A conversation is written as if it were alone; it runs in a greenlet of its own. One thread at a time uses a hub.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Container
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from greenlet import GreenletExit, getcurrent, greenlet

T = TypeVar("T")
_NEVER = float("inf")


class Errand(Generic[T]):
    """What another thread does meanwhile, because it cannot be done without standing still."""

    def __init__(self, work: Callable[[], T], tell: Callable[[], None]) -> None:
        self._work = work
        self._tell = tell
        self._lock = Lock()
        self._give_up: Callable[[T], None] | None = None
        self._error: BaseException | None = None
        self._results: list[T] = []
        self.is_over = False
        Thread(target=self._run, name="errand", daemon=True).start()

    def result(self) -> T:
        """What came of it, once it is over; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._results[0]

    def leave(self, give_up: Callable[[T], None]) -> None:
        """Nobody waits for the result any more: `give_up` is called with it, here or there, if there is one."""
        with self._lock:
            self._give_up = give_up
            results = self._results if self.is_over else []
        for result in results:
            give_up(result)

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: whoever asks for the result gets it
            self._error = error
        with self._lock:
            self.is_over = True
            give_up = self._give_up
        if give_up is None:
            self._tell()
        else:
            for result in self._results:
                give_up(result)


class Hub:
    """Lets conversations go on in turns. `close` it at the end."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._waiting: dict[int, tuple[Any, float]] = {}  # by descriptor: who waits, and until when
        self._soonest = _NEVER  # nobody waits until an earlier instant
        self._for_errands: list[Any] = []
        self._lock = Lock()
        self._bell: tuple[socket.socket, socket.socket] | None = None

    def begin(self, conversation: Callable[[], None]) -> Any:
        """Begin a conversation, up to where it waits first; raises what it raises until then."""
        one = greenlet(conversation)
        one.switch()
        return one

    def end(self, conversation: Any) -> None:
        """End a conversation where it is, if it is not over."""
        if not conversation.dead:
            conversation.throw(GreenletExit)

    def wait(self, sock: socket.socket, events: int, until: float) -> None:
        """In a conversation: back when the socket is ready; TimeoutError after an instant of the monotonic clock."""
        own, descriptor = getcurrent(), sock.fileno()
        self._poll.register(descriptor, events)
        self._waiting[descriptor] = own, until
        if until < self._soonest:
            self._soonest = until
        try:
            own.parent.switch()
        finally:
            del self._waiting[descriptor]
            self._poll.unregister(descriptor)

    def errand(self, work: Callable[[], T]) -> Errand[T]:
        """Begin an errand."""
        if self._bell is None:
            self._bell = socket.socketpair()
            for end in self._bell:
                end.setblocking(False)
            self._poll.register(self._bell[0], select.POLLIN)
        return Errand(work, self._ring)

    def result_of(self, errand: Errand[T]) -> T:
        """In a conversation: what comes of an errand, when it is over."""
        own = getcurrent()
        while not errand.is_over:
            self._for_errands.append(own)
            try:
                own.parent.switch()
            finally:
                self._for_errands.remove(own)
        return errand.result()

    def turn(self, seconds: float) -> bool:
        """Wait so long at most until a conversation can go on, and let all go on that can; whether there was any.

        Raises what a conversation raises; that one is over, and the others go on at the next turn.
        """
        now = time.monotonic()
        if now + seconds >= self._soonest:
            self._soonest = min((until for _, until in self._waiting.values()), default=_NEVER)
            seconds = min(seconds, max(0.0, self._soonest - now))
        ready = self._poll.poll(seconds * 1000 + 1)
        # What has come is heard, however late it is looked for: this thread may have been busy elsewhere for long.
        late = [] if time.monotonic() < self._soonest else self._late({place for place, _ in ready})
        for place, _ in ready:
            if place in self._waiting:
                self._waiting[place][0].switch()
            else:
                self._hear_the_bell()
        for one in late:
            one.throw(TimeoutError("timed out"))
        return bool(ready or late)

    def _late(self, ready: Container[int]) -> list[Any]:
        """Who has waited for too long, and is not ready."""
        now = time.monotonic()
        return [one for place, (one, until) in self._waiting.items() if until <= now and place not in ready]

    @property
    def is_quiet(self) -> bool:
        """Whether no conversation waits for anything."""
        return not self._waiting and not self._for_errands

    def close(self) -> None:
        """Give back what it holds of the system."""
        with self._lock:
            bell, self._bell = self._bell, None
        for end in bell or ():
            end.close()

    def _ring(self) -> None:
        """Called by other threads. A bell that has not been heard yet need not ring louder."""
        with self._lock, suppress(BlockingIOError):
            if self._bell is not None:
                self._bell[1].send(b".")

    def _hear_the_bell(self) -> None:
        with suppress(BlockingIOError):
            if self._bell is not None:
                self._bell[0].recv(4096)
        for one in list(self._for_errands):
            one.switch()
