"""Sessions with the mail server, kept from one ticket to the next: a handshake for some hundred mails would be dear."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread

from mailer.transport import Session, Transport

# Longer than from one ticket to the next; shorter than what servers close by themselves (RFC 5321, section 4.5.3.2).
IDLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """An open session that nobody uses, what closes it, and since when."""

    session: Session
    opened: ExitStack
    since: float


class KeptSessions:
    """A transport whose sessions stay open for some seconds after their use. One session is for one thread at a time."""

    def __init__(self, transport: Transport, seconds: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._seconds = seconds
        self._kept: list[_Kept] = []
        self._lock = Lock()
        self._closing = Event()
        self._thread = Thread(target=self._close_idle_ones, name="sessions", daemon=True)
        self._thread.start()

    @contextmanager
    def open(self) -> Iterator[Session]:
        """The session that was used last, or a new one. What failed in the middle is closed and not used again."""
        with self._lock:
            kept = self._kept.pop() if self._kept else None
        opened = ExitStack() if kept is None else kept.opened
        session = opened.enter_context(self._transport.open()) if kept is None else kept.session
        is_whole = False
        try:
            yield session
            is_whole = True
        finally:
            if is_whole and not self._closing.is_set():
                with self._lock:
                    self._kept.append(_Kept(session, opened, self._seconds()))
            else:
                opened.close()

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
