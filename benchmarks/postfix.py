"""The mail server that takes everything, and the fastest sender of its kind: `smtp-sink` and `smtp-source` of Postfix.

Found on the PATH; else fetched once as Debian's package by its ordinary client, unpacked into a folder of the
benchmarks, and never installed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

_CACHE = Path(tempfile.gettempdir()) / f"troth-benchmarks-{os.getuid()}"
_PATIENCE_SECONDS = 10.0


class NoToolsError(Exception):
    """The two programs are neither here nor to be had; the text says what was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """Where the two programs are, and the libraries they need."""

    folder: Path
    libraries: Path | None

    @contextmanager
    def sink(self, *options: str) -> Iterator[int]:
        """A running `smtp-sink` on a free port of loopback, which is answered; ended with the context."""
        port = free_port()
        as_whom = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [str(self.folder / "smtp-sink"), *as_whom, *options, f"127.0.0.1:{port}", "1000"]
        process = subprocess.Popen(command, env=self._environ(), cwd="/", stderr=subprocess.DEVNULL)
        try:
            _wait_until_it_listens(port)
            yield port
        finally:
            process.terminate()
            process.wait()

    def source_seconds(self, port: int, messages: int, octets: int, connections: int = 10) -> float:
        """Seconds that `smtp-source` takes for so many messages of so many octets, on connections that it keeps."""
        numbers = ["-s", str(connections), "-m", str(messages), "-l", str(octets)]
        command = [str(self.folder / "smtp-source"), "-d", *numbers, f"127.0.0.1:{port}"]
        began = perf_counter()
        subprocess.run(command, env=self._environ(), cwd="/", check=True)
        return perf_counter() - began

    def _environ(self) -> dict[str, str]:
        return {**os.environ} if self.libraries is None else {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}


def postfix() -> Postfix:
    """The two programs, found or fetched. Raises `NoToolsError`."""
    found = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is not None:
        return Postfix(folder=Path(found).parent, libraries=None)
    unpacked = _CACHE / "postfix"
    if not (unpacked / "usr" / "sbin" / "smtp-sink").exists():
        _fetch(unpacked)
    return Postfix(folder=unpacked / "usr" / "sbin", libraries=unpacked / "usr" / "lib" / "postfix")


def _fetch(unpacked: Path) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "-q", "postfix"], cwd=_CACHE, check=True, capture_output=True)
        package = next(_CACHE.glob("postfix_*.deb"))
        subprocess.run(["dpkg", "-x", str(package), str(unpacked)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise NoToolsError(
            f"no smtp-sink on the PATH, and Debian's package postfix cannot be fetched: {error}"
        ) from error


def free_port() -> int:
    """A port of loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_it_listens(port: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise NoToolsError(f"smtp-sink did not listen on port {port} within {_PATIENCE_SECONDS:g} s")
