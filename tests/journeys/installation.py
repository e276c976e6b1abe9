"""An installation as an operator has it: processes started by commands, spoken to over HTTP, sending over SMTP."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

COMMAND = (sys.executable, "-c", "from webapp.cli import main; main()")
PATIENCE_SECONDS = 120


@dataclass
class MailServer:
    """A real SMTP server on loopback that keeps what it was given, byte by byte."""

    received: list[Envelope] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take everything."""
        self.received.append(envelope)
        return "250 kept"

    def wait_for(self, count: int) -> list[bytes]:
        """The bytes of all mails, once there are so many."""
        end = time.monotonic() + PATIENCE_SECONDS
        while len(self.received) < count and time.monotonic() < end:
            time.sleep(0.05)
        return [bytes(envelope.original_content or b"") for envelope in self.received]


@dataclass
class Answer:
    """A response of HTTP."""

    status: int
    body: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Installation:
    """A running installation with a data directory of its own."""

    base_url: str
    environment: dict[str, str]
    mail_server: MailServer

    def troth(self, *arguments: str, code: int = 0) -> str:
        """What a command prints; it must end with that code."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == code, f"troth {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def call(self, method: str, path: str, token: str = "", body: Any = None, **headers: str) -> Answer:
        """One request to the API."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return self._open(urllib.request.Request(self._url(path), data, sent, method=method))

    def form(self, url: str, fields: str, method: str = "POST") -> Answer:
        """One form, posted as a browser or a mail program does."""
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._open(urllib.request.Request(self._url(url), fields.encode() or None, sent, method=method))

    def wait_until(self, path: str, token: str, **wanted: Any) -> Any:
        """The resource, once its fields are as wanted."""
        end = time.monotonic() + PATIENCE_SECONDS
        found: Any = {}
        while time.monotonic() < end:
            found = self.call("GET", path, token).json
            if all(found.get(name) == value for name, value in wanted.items()):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{path} never became {wanted}: {found}")

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else self.base_url + path

    @staticmethod
    def _open(request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
                return Answer(response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode())


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """`troth run` on a free port, with a mail server to send to; ended in order."""
    mail_server = MailServer()
    controller = Controller(mail_server, hostname="127.0.0.1", port=_free_port())
    controller.start()
    listen = f"127.0.0.1:{_free_port()}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    environment = {
        **kept,
        "TROTH_DATA_DIR": str(folder / "data"),
        "TROTH_LISTEN": listen,
        "TROTH_SMTP_URL": f"smtp://127.0.0.1:{controller.port}",
    }
    running = subprocess.Popen([*COMMAND, "run"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        line = next((line for line in running.stdout if "http://" in line), "")
        assert listen in line, "troth run did not say where it serves"
        yield Installation(f"http://{listen}", environment, mail_server)
    finally:
        running.terminate()
        assert running.wait(PATIENCE_SECONDS) == 0
        if running.stdout is not None:
            running.stdout.close()
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def header(mail: bytes, name: str) -> list[str]:
    """Every field of that name in a mail, unfolded."""
    head = mail.partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = re.sub(r"\r\n[ \t]+", " ", head)
    return [
        line.partition(":")[2].strip() for line in unfolded.split("\r\n") if line.lower().startswith(f"{name.lower()}:")
    ]
