"""One process for one data directory: two would hand over from one database, each by its own idea of what is going on."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from preferences.errors import TrothError

LOCK_FILE = "running"


@contextmanager
def only_process(data_dir: Path) -> Iterator[None]:
    """Hold a data directory for this process alone. Raises `TrothError` where another process holds it.

    The operating system gives the lock back whatever becomes of the process, so that nothing is left to be tidied up.
    """
    with (data_dir / LOCK_FILE).open("a+", encoding="ascii") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.seek(0)
            raise TrothError(
                f"Troth runs already in {data_dir}, as process {held.read().strip() or 'unknown'}: stop that one first,"
                " or give this one a directory of its own with TROTH_DATA_DIR (and another port with TROTH_LISTEN)"
            ) from error
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
        yield


def is_held(data_dir: Path) -> bool:
    """Whether a process holds a data directory at this moment."""
    try:
        with only_process(data_dir):
            return False
    except TrothError:
        return True
