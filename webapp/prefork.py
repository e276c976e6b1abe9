"""Several processes of a kind from one command: Python uses one core for each. What is killed is begun anew.

They share the memory of what was imported before they began, as long as nobody writes there.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import time
from collections.abc import Callable
from threading import Thread

log = logging.getLogger(__name__)

# Whoever ends by a signal again and again is not begun more often than this.
AGAIN_SECONDS = 1.0
_FAILED = 1


def several(number: int, work: Callable[[], None]) -> None:
    """Run `work` in so many child processes until this one is told to stop; with 1, in this process itself.

    Begin neither threads nor connections before. SIGTERM and SIGINT are passed on, a second one as SIGKILL. A child
    that was killed is replaced; one that ends by an error ends all, since the next would end the same way. Where this
    process itself is killed, its children stop in order, as if they had been told to.
    """
    if number == 1:
        work()
        return
    _Parent(number, work).run()


class _Parent:
    """The process that begins the others and waits for them."""

    def __init__(self, number: int, work: Callable[[], None]) -> None:
        self._number = number
        self._work = work
        self._children: set[int] = set()
        self._signals = 0
        self._exit_code = 0
        # Nobody ever writes there: it ends with this process, whatever ends it, and the children wait for that.
        self._end, self._held_open = os.pipe()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._pass_on())
        # What is there now stays: looking for what nobody uses any more would write into every page of it.
        gc.collect()
        gc.freeze()
        for _ in range(self._number):
            self._begin()
        while self._children:
            self._replace(*os.wait())
        raise SystemExit(self._exit_code)

    def _begin(self) -> None:
        child = os.fork()
        if child == 0:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.close(self._held_open)
            Thread(target=self._stop_when_alone, name="parent", daemon=True).start()
            os._exit(_code_of(self._work))
        self._children.add(child)
        if self._signals:
            os.kill(child, signal.SIGTERM)

    def _stop_when_alone(self) -> None:
        """In a child: be told to stop when its parent has ended."""
        os.read(self._end, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _replace(self, child: int, status: int) -> None:
        self._children.discard(child)
        if self._signals:
            return
        if os.WIFSIGNALED(status):
            log.warning("a process was killed, and another begins", extra={"child": child})
            time.sleep(AGAIN_SECONDS)
            self._begin()
        else:
            self._exit_code = os.WEXITSTATUS(status)
            self._pass_on()

    def _pass_on(self) -> None:
        self._signals += 1
        for child in self._children:
            os.kill(child, signal.SIGTERM if self._signals == 1 else signal.SIGKILL)


def _code_of(work: Callable[[], None]) -> int:
    """What a child ends with. The edge of a process: nothing may run on into what the parent does next."""
    try:
        work()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except BaseException:
        log.exception("failed", extra={"task": "process"})
        return _FAILED
    return 0
