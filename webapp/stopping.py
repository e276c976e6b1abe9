"""Being told to stop: the first signal ends in order, the second at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# What a shell says of a process that a signal ended: 128 and the signal's number.
_ENDED_BY_SIGNAL = 128


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` at the first SIGTERM or SIGINT, in the main thread; the second ends the process then and there.

    Ending it then loses nothing either: what was being handed over is put in doubt by whoever sweeps.
    """
    told: list[int] = []

    def receive(number: int, _frame: object) -> None:
        if told:
            os._exit(_ENDED_BY_SIGNAL + number)
        told.append(number)
        stop()

    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, receive)


def wait_until_stopped() -> None:
    """Wait, in the main thread, until the process is told to stop."""
    stopped = threading.Event()
    on_stop(stopped.set)
    stopped.wait()


def leave() -> None:
    """End what the main thread is doing, and with it the process in order."""
    raise SystemExit(0)
