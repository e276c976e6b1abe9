"""Servers on loopback: a real one that keeps what it got, and one that misbehaves exactly as it is told."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiosmtpd.controller import Controller

from mailer.compose import Message
from preferences.settings import SmtpSecurity, SmtpServer

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=5)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = NOON

    def now(self) -> datetime:
        return self.instant


def letter(number: int = 1, **changes: Any) -> Message:
    data = f"Subject: {number}\r\n\r\n.\r\n..\r\nbody {number}\r\n".encode()
    given: dict[str, Any] = {
        "mail_from": f"b+{number}@return.example",
        "rcpt_to": f"reader{number}@example.org",
        "data": data,
        "message_id": f"<{number}@return.example>",
        "subject": str(number),
    }
    return Message(**{**given, **changes})


@dataclass
class Kept:
    """What a server got, in order."""

    messages: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, name: str, lines: list[str]) -> list[str]:  # noqa: ARG002, N802 - as aiosmtpd calls it
        session.host_name = name
        self.connections += 1
        return lines

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - as aiosmtpd calls it
        self.messages.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        return "250 2.0.0 kept"


@contextmanager
def real_server(**options: Any) -> Iterator[tuple[SmtpServer, Kept]]:
    kept = Kept()
    controller = Controller(kept, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    try:
        yield here(controller.port), kept
    finally:
        controller.stop()


def here(port: int, security: SmtpSecurity = SmtpSecurity.OPPORTUNISTIC, **login: str) -> SmtpServer:
    return SmtpServer(host="127.0.0.1", port=port, security=security, **login)


def _free_port() -> int:
    # aiosmtpd connects to the port it was given to see itself up, so 0 will not do.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


Script = Callable[["Line"], None]


class Line:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")

    def say(self, text: str) -> None:
        self._connection.sendall(text.encode())

    def hear(self) -> str:
        return self._lines.readline().decode("latin-1").rstrip("\r\n")

    def hear_body(self) -> bytes:
        lines = []
        while (line := self._lines.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        return b"".join(lines)

    def hang_up(self) -> None:
        self._lines.close()
        # With a linger of zero the other side sees a reset, the rudest of endings.
        self._connection.close()


@contextmanager
def scripted_server(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[tuple[SmtpServer, list[str]]]:
    """One script for each connection, in order; the list is of what went wrong in them."""
    listener = socket.create_server(("127.0.0.1", 0))
    failures: list[str] = []

    def serve() -> None:
        for script in scripts:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(120)
            line = Line(connection if tls is None else tls.wrap_socket(connection, server_side=True))
            try:
                script(line)
            except AssertionError as error:
                failures.append(str(error))
            except OSError:
                continue
            finally:
                line.hang_up()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield here(listener.getsockname()[1]), failures
    finally:
        listener.close()
        thread.join(10)


def greets(line: Line, *extensions: str) -> None:
    line.say("220 test ready\r\n")
    heard = line.hear()
    assert heard.upper().startswith("EHLO"), heard
    offered = ["250-test", *(f"250-{one}" for one in extensions), "250 HELP"]
    line.say("\r\n".join(offered) + "\r\n")


def hears(line: Line, start: str) -> str:
    heard = line.hear()
    assert heard.startswith(start), f"expected {start}, heard {heard!r}"
    return heard


def takes(line: Line) -> bytes:
    """One whole transaction, accepted."""
    hears(line, "MAIL FROM:")
    line.say("250 ok\r\n")
    hears(line, "RCPT TO:")
    line.say("250 ok\r\n")
    hears(line, "DATA")
    line.say("354 go on\r\n")
    body = line.hear_body()
    line.say("250 2.0.0 taken\r\n")
    return body


def says_goodbye(line: Line) -> None:
    if line.hear() == "QUIT":
        line.say("221 bye\r\n")
