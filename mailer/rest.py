"""What is running in this process, and whether more may begin: the edge of every thread that works by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from preferences.errors import TrothError

log = logging.getLogger(__name__)


class Rest:
    """Tasks begin through `guarded`, and none does while somebody is `resting`. Threads share it."""

    def __init__(self) -> None:
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
            log.warning("cannot go on now", extra={"task": name, "why": str(error)})
        except Exception:
            log.exception("failed", extra={"task": name})
        else:
            return True
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()
        return False

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
