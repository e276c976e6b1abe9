"""Several processes of a kind from one command: Python uses one core for each. What is killed is begun anew.

They share the memory of what was imported before they began, as long as nobody writes there. So that what they did
write to is kept nowhere else, they are begun by a process that imports everything and then ends (the *nursery*), where
the system gives its children to the process that waits for them; elsewhere by that process itself.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

log = logging.getLogger(__name__)

Work = Callable[[], None]

# Whoever ends by a signal again and again is not begun more often than this.
AGAIN_SECONDS = 1.0
_FAILED = 1
# prctl(2): children of children that end before them become children of this process.
_PR_SET_CHILD_SUBREAPER = 36


def several(number: int, prepare: Callable[[], Work]) -> None:
    """Do the work that `prepare` answers in so many processes until this one is told to stop; with 1, in this process.

    `prepare` imports what the work needs, and begins neither threads nor connections. SIGTERM and SIGINT are passed on,
    a second one as SIGKILL. A process that was killed is replaced; one that ends by an error ends all, since the next
    would end the same way. Where this process itself is killed, the others stop in order, as if they had been told to.
    """
    if number == 1:
        prepare()()
        return
    _Parent(number, prepare).run()


class _Parent:
    """The process that waits for the others."""

    def __init__(self, number: int, prepare: Callable[[], Work]) -> None:
        self._number = number
        self._prepare = prepare
        self._children: set[int] = set()
        self._nursery: int | None = None
        self._signals = 0
        self._exit_code = 0
        # Nobody ever writes there: it ends with this process, whatever ends it, and the children wait for that.
        self._end, self._held_open = os.pipe()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._pass_on())
        begin = self._begin_in_nursery if _adopts_grandchildren() else self._begin
        begin()
        while self._children:
            if self._was_killed(*os.wait()):
                time.sleep(AGAIN_SECONDS)
                begin()
        raise SystemExit(self._exit_code)

    def _is_told_to_stop(self) -> bool:
        return self._signals > 0

    def _begin_in_nursery(self) -> None:
        """Begin the processes that are missing, from one that has ended when this is over."""
        if self._is_told_to_stop():
            return
        told, tell = os.pipe()
        self._nursery = os.fork()
        if self._nursery == 0:
            self._become_child(self._held_open)
            os._exit(_code_of(lambda: self._begin(tell)))
        os.close(tell)
        with os.fdopen(told) as numbers:
            self._children |= {int(number) for number in numbers}
        _, status = os.waitpid(self._nursery, 0)
        self._nursery = None
        if self._is_told_to_stop():
            self._tell(signal.SIGTERM)
        elif status:
            self._exit_code = _FAILED
            self._pass_on()

    def _begin(self, tell: int | None = None) -> None:
        """Begin the processes that are missing as children of this one, and tell their numbers to a pipe."""
        if self._is_told_to_stop():
            return
        work = self._prepare()
        # What is there now stays: looking for what nobody uses any more would write into every page of it.
        gc.collect()
        gc.freeze()
        for _ in range(self._number - len(self._children)):
            child = os.fork()
            if child == 0:
                self._become_child(self._held_open if tell is None else tell)
                Thread(target=self._stop_when_alone, name="parent", daemon=True).start()
                os._exit(_code_of(work))
            self._children.add(child)
            if tell is not None:
                os.write(tell, b"%d\n" % child)

    def _become_child(self, *held: int) -> None:
        """Forget what only a parent does, and hold nothing open that others wait for to be closed."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for pipe in held:
            os.close(pipe)

    def _stop_when_alone(self) -> None:
        """In a child: be told to stop when the process that waits for it has ended."""
        os.read(self._end, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _was_killed(self, child: int, status: int) -> bool:
        """Whether another is to be begun for a child that has ended; one that ended by itself ends all."""
        if child not in self._children:
            return False  # left behind by one of them
        self._children.remove(child)
        if self._is_told_to_stop():
            return False
        if os.WIFSIGNALED(status):
            log.warning("a process was killed, and another begins", extra={"child": child})
            return True
        self._exit_code = os.WEXITSTATUS(status)
        self._pass_on()
        return False

    def _pass_on(self) -> None:
        self._signals += 1
        self._tell(signal.SIGTERM if self._signals == 1 else signal.SIGKILL)

    def _tell(self, number: signal.Signals) -> None:
        for child in (*self._children, *filter(None, [self._nursery])):
            with suppress(ProcessLookupError):
                os.kill(child, number)


def _adopts_grandchildren() -> bool:
    """Whether this process is from now on the parent of what its children leave behind."""
    if sys.platform != "linux":
        return False
    refused: int = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return not refused


def _code_of(work: Work) -> int:
    """What a child ends with. The edge of a process: nothing may run on into what the parent does next."""
    try:
        work()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except BaseException:
        log.exception("failed", extra={"task": "process"})
        return _FAILED
    return 0
