"""What is running in this process, and whether more may begin: the edge of every thread that works by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from preferences.errors import TrothError

log = logging.getLogger(__name__)

# The same reason why a task cannot go on is said so often at most: it is tried many times a second.
SAID_EVERY_SECONDS = 60.0


class Rest:
    """Tasks begin through `guarded`, and none does while somebody is `resting`. Threads share it."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._said: dict[tuple[str, str], float] = {}  # when it was said why, by task and reason
        self._running = 0
        self._rests = 0
        self._idle = Condition()

    @property
    def is_on(self) -> bool:
        """Whether nothing may begin now."""
        return self._rests > 0

    def guarded(self, name: str, task: Callable[[], object]) -> bool:
        """Run a task; answers whether it went through. What goes wrong is said, and tried again by the next ticket or
        tick: nothing is sent by it."""
        with self._idle:
            if self._rests:
                return False
            self._running += 1
        try:
            task()
        except TrothError as error:
            self._say(name, str(error))
        except Exception:
            log.exception("failed", extra={"task": name})
        else:
            return True
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()
        return False

    def _say(self, name: str, why: str) -> None:
        now = self._seconds()
        with self._idle:
            self._said = {one: at for one, at in self._said.items() if now - at < SAID_EVERY_SECONDS}
            is_said = (name, why) in self._said
            self._said.setdefault((name, why), now)
        if not is_said:
            log.warning("cannot go on now", extra={"task": name, "why": why})

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Nothing begins meanwhile; it starts when what is under way has come to an end."""
        with self._idle:
            self._rests += 1
            self._idle.wait_for(lambda: not self._running)
        try:
            yield
        finally:
            with self._idle:
                self._rests -= 1
