"""One SMTP connection after it was set up: driven command by command, so that it is known what was written."""

from __future__ import annotations

import re
import select
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast

from mailer.transport.outcome import Reply
from mailer.transport.reading import NoReplyError, Replies, reply_of

_AT_ONCE = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for each answer, whole (RFC 5321, section 4.5.3.2).

    `reach` is for the network alone, before the server has said anything: a host that does not answer is not there.
    `setup` is for each step until a mail can begin, `block` for the writing of each 64 kB.
    """

    reach: float = 30
    setup: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    final_dot: float = 600
    quit: float = 5


class WireDownError(Exception):
    """The connection cannot be used any more: closed, silent for too long, or talking nonsense.

    `written` is how many octets of the last write may have left.
    """

    def __init__(self, text: str, written: int = 0) -> None:
        super().__init__(text)
        self.written = written


class Waits(Protocol):
    """How a connection waits: alone, or in a hub where others go on meanwhile."""

    def wait(self, sock: socket.socket, events: int, until: float) -> None:
        """Back when one of `events` (as poll has them) has come; TimeoutError after an instant of the monotonic clock."""
        ...


class Wire:
    """A connection after EHLO, TLS and authentication. One thread at a time."""

    def __init__(self, smtp: smtplib.SMTP, relay: str | None = None) -> None:
        assert smtp.sock is not None
        self.relay = relay
        self.offers_smtputf8 = smtp.has_extn("smtputf8")
        self.offers_dsn = smtp.has_extn("dsn")
        self.offers_pipelining = smtp.has_extn("pipelining")
        self._sock: socket.socket = smtp.sock
        self.is_encrypted = isinstance(self._sock, ssl.SSLSocket)
        # The final dot may be a write of its own and must not wait for the acknowledgement of the one before.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.settimeout(0)
        self.waits: Waits = _Alone(self._sock)
        self._lines = cast(BinaryIO, smtp.file or self._sock.makefile("rb"))
        self._replies = Replies(self._receive, _read_ahead(self._lines))

    @property
    def has_more(self) -> bool:
        """Whether the server has said something that nothing was asked for."""
        return self._replies.has_more

    def ask(self, command: str, timeout: float) -> Reply:
        """The reply to a command; WireDownError where none came."""
        self.write(f"{command}\r\n".encode(), timeout)
        return self.reply(timeout)

    def write(self, octets: bytes, timeout: float) -> None:
        """Everything handed to the network, 64 kB within `timeout` seconds; or WireDownError."""
        written, size = 0, len(octets)
        while written < size:
            piece = octets if size <= _AT_ONCE else octets[written : written + _AT_ONCE]
            written += self._write_piece(piece, written, time.monotonic() + timeout)

    def _write_piece(self, piece: bytes, before: int, until: float) -> int:
        at = 0
        try:
            while at < len(piece):
                try:
                    at += self._sock.send(piece if at == 0 else piece[at:])
                except (BlockingIOError, ssl.SSLWantWriteError):
                    self.waits.wait(self._sock, select.POLLOUT, until)
                except ssl.SSLWantReadError:
                    self.waits.wait(self._sock, select.POLLIN, until)
        except OSError as error:
            # Of a record of TLS that could not be written, nobody knows how much has left.
            written = before + (len(piece) if self.is_encrypted else at)
            raise WireDownError(f"the connection broke while writing: {error}", written) from error
        return at

    def reply(self, timeout: float) -> Reply:
        """The next reply, whole; WireDownError at the end of the connection, half a line, or what is no reply."""
        return reply_of(*self._reply(timeout))

    def hears(self, expected: re.Pattern[bytes]) -> bool:
        """Whether just the expected replies have come, and are read by that; it waits for nothing."""
        return self._replies.are(expected)

    def reply_unless(self, expected: int, timeout: float) -> Reply | None:
        """The next reply where its code is another than `expected`; else None. Raises as `reply` does."""
        code, texts = self._reply(timeout)
        return None if code == expected else reply_of(code, texts)

    def _reply(self, timeout: float) -> tuple[int, list[bytes]]:
        try:
            return self._replies.code(time.monotonic() + timeout)
        except NoReplyError as error:
            raise WireDownError(str(error)) from error
        except OSError as error:
            raise WireDownError(f"no reply came: {error}") from error

    def _receive(self, until: float) -> bytes:
        if not self.is_encrypted:
            self.waits.wait(self._sock, select.POLLIN, until)
        while True:
            try:
                return self._sock.recv(_AT_ONCE)
            except (BlockingIOError, ssl.SSLWantReadError):
                self.waits.wait(self._sock, select.POLLIN, until)
            except ssl.SSLWantWriteError:
                self.waits.wait(self._sock, select.POLLOUT, until)

    def close(self, timeout: float) -> None:
        """QUIT, and no matter what comes of it."""
        try:
            self.ask("QUIT", timeout)
        except WireDownError:
            pass  # It is closed already, and nothing depends on the farewell.
        finally:
            self.drop()

    def drop(self) -> None:
        """The connection closed without a word."""
        for end in (self._lines, self._sock):
            try:
                end.close()
            except OSError:
                continue


class _Alone:
    """Waits for one connection, and nothing else goes on in its thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._ready = {events: select.poll() for events in (select.POLLIN, select.POLLOUT)}
        for events, ready in self._ready.items():
            ready.register(sock, events)

    def wait(self, _sock: socket.socket, events: int, until: float) -> None:
        """As the contract says."""
        left = until - time.monotonic()
        if left <= 0 or not self._ready[events].poll(left * 1000 + 1):
            raise TimeoutError("timed out")


def _read_ahead(lines: BinaryIO) -> bytes:
    """What came with the last reply of setting up: a server that speaks unasked is heard, not waited for."""
    try:
        return bytes(lines.peek(1))  # type: ignore[attr-defined] # smtplib reads through a buffer
    except OSError:
        return b""
