"""Sessions and lanes to the mail server, kept from one ticket to the next: handshakes for some hundred mails are dear."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event, Lock, Thread
from typing import Any, TypeVar

from mailer.transport import Lane, Session, Transport, lane_of

# Longer than from one ticket to the next; shorter than what servers close by themselves (RFC 5321, section 4.5.3.2).
IDLE_SECONDS = 15.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept:
    """An open session, or lane of so many connections, that nobody uses; what closes it, and since when."""

    connections: int | None
    opened_one: Any
    opened: ExitStack
    since: float


class KeptSessions:
    """A transport whose sessions and lanes stay open for some seconds after their use. Each is for one thread at a time."""

    def __init__(self, transport: Transport, seconds: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._seconds = seconds
        self._kept: list[_Kept] = []
        self._lock = Lock()
        self._closing = Event()
        self._thread = Thread(target=self._close_idle_ones, name="sessions", daemon=True)
        self._thread.start()

    def open(self) -> AbstractContextManager[Session]:
        """The session that was used last, or a new one. What failed in the middle is closed and not used again."""
        return self._used(None, self._transport.open)

    def lane(self, connections: int) -> AbstractContextManager[Lane]:
        """The same of a lane of so many connections."""
        return self._used(connections, partial(lane_of, self._transport, connections))

    @contextmanager
    def _used(self, connections: int | None, open_one: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
        kept = self._last_used(connections)
        opened = ExitStack() if kept is None else kept.opened
        one: T = opened.enter_context(open_one()) if kept is None else kept.opened_one
        is_whole = False
        try:
            yield one
            is_whole = True
        finally:
            if is_whole and not self._closing.is_set():
                with self._lock:
                    self._kept.append(_Kept(connections, one, opened, self._seconds()))
            else:
                opened.close()

    def _last_used(self, connections: int | None) -> _Kept | None:
        with self._lock:
            for place in reversed(range(len(self._kept))):
                if self._kept[place].connections == connections:
                    return self._kept.pop(place)
        return None

    def close_idle(self) -> int:
        """Close what nobody has used for long; answers how many were closed."""
        with self._lock:
            idle = [one for one in self._kept if self._closing.is_set() or self._seconds() - one.since > IDLE_SECONDS]
            self._kept = [one for one in self._kept if one not in idle]
        for one in idle:
            one.opened.close()
        return len(idle)

    def close(self) -> None:
        """Close every session that is not in use, and keep none from now on."""
        self._closing.set()
        self._thread.join()
        self.close_idle()

    def _close_idle_ones(self) -> None:
        while not self._closing.wait(IDLE_SECONDS / 3):
            self.close_idle()
