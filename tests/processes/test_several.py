"""Several processes from one command: what becomes of them when one of them, or the one that began them, is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
# Where the system gives nobody the children of others, the process that waits begins them itself.
# Each child says its number in a file of its own, and in another that it ended in order.
PROGRAM = """
import os, sys
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from webapp import prefork
from webapp.stopping import on_stop

def work():
    stopped = Event()
    on_stop(stopped.set)
    begun = Path(sys.argv[1], f"{os.getpid()}.begun")
    begun.touch()
    stopped.wait()
    begun.with_suffix(".stopped").touch()

if sys.argv[2] == "elsewhere":
    prefork.sys = SimpleNamespace(platform="elsewhere")
prefork.several(2, lambda: work)
"""


@pytest.fixture(params=["here", "elsewhere"])
def parent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path), request.param], cwd=ROOT)
    try:
        yield process
    finally:
        for number in (*_named(tmp_path, "begun"), process.pid):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.wait()


def test_children_stop_in_order_when_the_process_that_began_them_is_killed(
    parent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    _until(lambda: len(_named(tmp_path, "begun")) == 2)
    children = _named(tmp_path, "begun")
    parent.kill()
    parent.wait()
    _until(lambda: _named(tmp_path, "stopped") == children)
    _until(lambda: not any(_is_there(child) for child in children))


def test_a_child_that_is_killed_is_begun_anew_and_stops_with_the_others(
    parent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    _until(lambda: len(_named(tmp_path, "begun")) == 2)
    killed = min(_named(tmp_path, "begun"))
    os.kill(killed, signal.SIGKILL)
    _until(lambda: len(_named(tmp_path, "begun")) == 3)
    parent.terminate()
    assert parent.wait(PATIENCE_SECONDS) == 0
    assert _named(tmp_path, "stopped") == _named(tmp_path, "begun") - {killed}


def _named(folder: Path, what: str) -> set[int]:
    return {int(file.stem) for file in folder.glob(f"*.{what}")}


def _is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
