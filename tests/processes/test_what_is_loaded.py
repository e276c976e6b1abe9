"""What a process has loaded once it could begin: nothing that only another kind needs, which would cost every machine memory."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Each begins processes of its own.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MIGRATING = {"alembic", "mako", "pygments"}
SERVING = {"flask", "werkzeug", "waitress", "webapp.application", "webapp.pages"}
HANDING_OVER = {"mailer.worker", "mailer.send"}
COMPOSING = {"mailer.compose", "mjml", "css_inline", "jinja2", "cryptography"}


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        ("webapp.processes.web, webapp.pages, webapp.console, webapp.api", MIGRATING | HANDING_OVER | {"dramatiq"}),
        ("webapp.processes.worker", MIGRATING | SERVING | {"mailer.scheduler", "redis", "pika"}),
        ("webapp.processes.scheduler", MIGRATING | SERVING | HANDING_OVER | COMPOSING | {"redis", "pika"}),
        (
            "webapp.cli.worker, webapp.cli.web, webapp.processes.starting",
            MIGRATING | SERVING | HANDING_OVER | COMPOSING | {"sqlalchemy"},
        ),
        ("webapp.cli", MIGRATING | SERVING | HANDING_OVER | COMPOSING | {"sqlalchemy"}),
    ],
    ids=["web", "worker", "scheduler", "who waits for others", "troth --help"],
)
def test_a_process_loads_what_it_runs_and_nothing_else(modules: str, never: set[str]) -> None:
    loaded = _loaded(f"import {modules}")
    assert loaded & never == set()


def test_a_process_loads_the_client_of_the_broker_that_is_set_and_of_no_other() -> None:
    asked = "from mailer.brokers import broker_errors, open_broker; broker_errors(open_broker('{}://127.0.0.1', 'x'))"
    assert _loaded(asked.format("redis")) & {"redis", "pika"} == {"redis"}
    assert _loaded(asked.format("amqp")) & {"redis", "pika"} == {"pika"}
    assert _loaded(asked.format("memory")) & {"redis", "pika"} == set()


def _loaded(statement: str) -> set[str]:
    program = f"{statement}; import sys; print(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
    )


# Each of eight threads asks for what is too large for Python's own heap, while the others hold theirs.
_HEAPS = """
import ctypes, sys, threading
from webapp.heaps import share_heaps
if sys.argv[2] == "shared":
    share_heaps()
together = threading.Barrier(8)
def hold():
    held = [bytes(100_000) for _ in range(20)]
    together.wait()
    del held
threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[1].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="the C library is not GNU's")
def test_threads_share_two_heaps(tmp_path: Path) -> None:
    assert _heaps(tmp_path / "own", "own") > 2
    assert _heaps(tmp_path / "shared", "shared") <= 2


def _heaps(said: Path, way: str) -> int:
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    subprocess.run([sys.executable, "-c", _HEAPS, str(said), way], cwd=ROOT, env=environment, check=True)
    return said.read_text().count("<heap nr")
