"""A mail server that fails as a script says, at any stage of any transaction, and keeps a record of what it took."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

from preferences.settings import SmtpSecurity, SmtpServer


class Act(Enum):
    """What the server does instead of answering a command as it should. Replies are acts of their own, as texts."""

    CUT = "cut"  # the connection is reset without a word
    CLOSE = "close"  # it is closed in order, without a word
    NOTHING = "nothing"  # it says nothing, and waits for the other side to go
    HALF = "half"  # it says half of a reply and closes
    BYTES = "bytes"  # it says what it should, one byte at a time
    AFTER = "after"  # it says what it should, and closes
    TWICE = "twice"  # it says what it should, twice


STAGES = ("MAIL", "RCPT", "DATA", "BODY", "DOT")
# What is done at which stage of the transaction with which number, counted over all connections.
Script = Mapping[tuple[int, str], "Act | str"]
_USUAL = {"MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go on", "DOT": "250 2.0.0 taken"}


@dataclass
class Record:
    """What a server knows of each reader's mails: those it took, and those it read to the end and said nothing about.

    `announced` are the readers whose DATA was answered by 354: only their bytes can have been written.
    """

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    announced: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    connections: int = 0


_FALLS_SILENT = frozenset({Act.CUT, Act.CLOSE, Act.HALF, Act.NOTHING})


class GoneError(Exception):
    """The connection ends here."""


class Play:
    """Plays one script over as many connections as are made."""

    def __init__(self, script: Script, extensions: tuple[str, ...], tls: ssl.SSLContext | None) -> None:
        self.record = Record()
        self._script = dict(script)
        self._extensions = extensions
        self._tls = tls
        self._lock = threading.Lock()
        self._transactions = 0

    def serve(self, listener: socket.socket) -> None:
        """One connection after the other."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._converse(connection)

    def serve_at_once(self, listener: socket.socket) -> None:
        """Every connection as it comes; over when all are."""
        threads = []
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                break
            threads.append(threading.Thread(target=self._converse, args=(connection,), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(10)

    def _converse(self, connection: socket.socket) -> None:
        with self._lock:
            self.record.connections += 1
        try:
            connection.settimeout(120)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            _Conversation(self, connection, self._extensions).run()
        except (GoneError, OSError):
            pass
        finally:
            with suppress(OSError):
                connection.close()

    def begins(self) -> int:
        """The number of a new transaction."""
        with self._lock:
            self._transactions += 1
            return self._transactions - 1

    def act(self, transaction: int, stage: str) -> Act | str | None:
        return self._script.pop((transaction, stage), None)


class _Conversation:
    def __init__(self, play: Play, connection: socket.socket, extensions: tuple[str, ...]) -> None:
        self._play = play
        self._record = play.record
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._extensions = extensions
        self._number = -1
        self._sender = False
        self._reader: str | None = None
        self._told, self._body = "", b""

    def run(self) -> None:
        self._say("220 play")
        try:
            while line := self._lines.readline():
                self._command(line.decode().rstrip("\r\n"))
        finally:
            self._lines.close()

    def _command(self, line: str) -> None:
        verb = line.split(" ", maxsplit=1)[0].split(":", maxsplit=1)[0].upper()
        if verb == "EHLO":
            self._say("\r\n".join(["250-play", *(f"250-{one}" for one in self._extensions), "250 HELP"]))
        elif verb == "MAIL":
            self._number = self._play.begins()
            self._sender = self._reader is None and not self._sender and self._answer("MAIL")
            self._reader = None
        elif verb == "RCPT":
            if self._sender:
                reader = line.split("<")[1].split(">", maxsplit=1)[0]
                self._reader = reader if self._answer("RCPT") else None
            else:
                self._say("503 5.5.1 MAIL first")
        elif verb == "DATA":
            self._data()
        elif verb == "RSET":
            self._reset()
            self._say("250 2.0.0 reset")
        elif verb == "QUIT":
            self._say("221 bye")
            raise GoneError
        else:
            self._record.failures.append(f"heard {line[:60]!r} as a command")
            self._say("500 what")

    def _data(self) -> None:
        if self._reader is None and "EAGER" not in self._extensions:
            self._say("503 5.5.1 RCPT first")
            return
        reader = self._reader
        if reader is not None:
            self._record.announced.add(reader)
        if not self._answer("DATA"):
            return
        act = self._play.act(self._number, "BODY")
        lines: list[bytes] = []
        while (line := self._lines.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                raise GoneError
            lines.append(line[1:] if line.startswith(b".") else line)
            if act is not None:
                self._end(abruptly=act is Act.CUT)
        self._take(reader, b"".join(lines))

    def _take(self, reader: str | None, body: bytes) -> None:
        self._reset()
        if reader is None:
            if body:
                self._record.failures.append("got a body for nobody")
            self._say("554 5.5.1 no valid recipients")
            return
        self._record.untold.append(reader)  # until it is told, nobody can know
        self._told, self._body = reader, body
        is_taken = self._answer("DOT")
        if reader in self._record.untold:
            self._tell(is_taken=is_taken)

    def _reset(self) -> None:
        self._sender, self._reader = False, None

    def _answer(self, stage: str) -> bool:
        """Do what the script says, or answer as usual; whether the command was granted."""
        act = self._play.act(self._number, stage)
        usual = _USUAL[stage]
        if isinstance(act, str):
            return self._answer_otherwise(stage, act)
        if act in _FALLS_SILENT:
            self._fall_silent(act, usual)
        if act is Act.BYTES:
            for octet in f"{usual}\r\n":
                self._connection.sendall(octet.encode())
                time.sleep(0.0005)
            return True
        if act is Act.AFTER and stage == "DOT":
            self._tell(is_taken=True)
        self._say(f"{usual}\r\n{usual}" if act is Act.TWICE else usual)
        if act is Act.AFTER:
            self._end(abruptly=False)
        return True

    def _answer_otherwise(self, stage: str, reply: str) -> bool:
        self._say(reply)
        is_reply = reply[:1] in {"2", "4", "5"} and len(reply) > 2
        if stage == "DOT" and is_reply:
            self._tell(is_taken=reply[0] == "2")
        if reply.startswith("421") or not is_reply:
            self._end(abruptly=False)
        return reply[0] == _USUAL[stage][0]

    def _fall_silent(self, act: Act | None, usual: str) -> None:
        if act is Act.HALF:
            self._connection.sendall(usual[:2].encode())
        while act is Act.NOTHING and self._lines.readline():
            pass
        self._end(abruptly=act is Act.CUT)

    def _tell(self, *, is_taken: bool) -> None:
        self._record.untold.remove(self._told)
        if is_taken:
            self._record.taken.append((self._told, self._body))

    def _say(self, text: str) -> None:
        self._connection.sendall(f"{text}\r\n".encode())

    def _end(self, *, abruptly: bool) -> None:
        if abruptly:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        raise GoneError


@contextmanager
def playing(
    script: Script, *extensions: str, tls: ssl.SSLContext | None = None, at_once: bool = False
) -> Iterator[tuple[SmtpServer, Record]]:
    """A server that plays the script; its record is whole when the context is left."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=16)
    play = Play(script, extensions, tls)
    serve = play.serve_at_once if at_once else play.serve
    thread = threading.Thread(target=serve, args=(listener,), daemon=True)
    thread.start()
    security = SmtpSecurity.OPPORTUNISTIC if tls is None else SmtpSecurity.IMPLICIT
    try:
        yield SmtpServer(host="127.0.0.1", port=listener.getsockname()[1], security=security), play.record
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
