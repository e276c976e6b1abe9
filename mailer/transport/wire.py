"""One SMTP connection: set up by smtplib, then driven command by command, so that it is known what was written."""

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, cast

from mailer.transport.outcome import Reply
from preferences.settings import SmtpSecurity, SmtpServer

_LINE_LIMIT = 8192
_LINES_LIMIT = 128
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\r?\n", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for each answer (RFC 5321, section 4.5.3.2); `setup` is for each step until a mail can begin."""

    setup: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    final_dot: float = 600
    quit: float = 5


class WireDownError(Exception):
    """The connection cannot be used any more: closed, silent for too long, or talking nonsense."""


class SetupStage(Enum):
    """How far a connection has come before a mail can begin."""

    REACH = "reach"
    ENCRYPT = "encrypt"
    SIGN_IN = "sign in"


class SetupError(Exception):
    """There is no connection; `reply` is what the server said about it, if it said anything."""

    def __init__(self, text: str, reply: Reply | None, stage: SetupStage = SetupStage.REACH) -> None:
        super().__init__(text)
        self.text = text
        self.reply = reply
        self.stage = stage


class Wire:
    """A connection after EHLO, TLS and authentication."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        assert smtp.sock is not None
        self._sock: socket.socket = smtp.sock
        self._lines = cast(BinaryIO, smtp.file or self._sock.makefile("rb"))
        self.offers_smtputf8 = smtp.has_extn("smtputf8")
        self.is_encrypted = isinstance(self._sock, ssl.SSLSocket)
        # The final dot is a write of its own and must not wait for the acknowledgement of the one before.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, command: str, timeout: float) -> Reply:
        """The reply to a command; WireDownError where none came."""
        self.write(f"{command}\r\n".encode(), timeout)
        return self.reply(timeout)

    def write(self, octets: bytes, timeout: float) -> None:
        """Everything handed to the network, or WireDownError."""
        try:
            self._sock.settimeout(timeout)
            self._sock.sendall(octets)
        except OSError as error:
            raise WireDownError(f"the connection broke while writing: {error}") from error

    def reply(self, timeout: float) -> Reply:
        """The next reply, whole; WireDownError at the end of the connection, half a line, or what is no reply."""
        texts = []
        try:
            self._sock.settimeout(timeout)
            for _ in range(_LINES_LIMIT):
                line = self._lines.readline(_LINE_LIMIT)
                found = _REPLY_LINE.fullmatch(line)
                if found is None:
                    raise WireDownError("the server sent no reply" if line else "the server closed the connection")
                texts.append(_readable(found.group(3) or b""))
                if found.group(2) != b"-":
                    return Reply(int(found.group(1)), " ".join(texts))
        except OSError as error:
            raise WireDownError(f"no reply came: {error}") from error
        raise WireDownError("the reply of the server has no end")

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


def connect(server: SmtpServer, timeouts: Timeouts, *, local_name: str | None, tls: ssl.SSLContext | None) -> Wire:
    """A connection to the server, encrypted and authenticated as it asks for; SetupError where there is none.

    Certificates are verified where encryption is required. Where it is only taken if offered, they are not: whoever
    could forge one could as well take the offer away.
    """
    context = tls or ssl.create_default_context()
    if tls is None and server.security is SmtpSecurity.OPPORTUNISTIC:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    smtp: smtplib.SMTP | None = None
    stage = SetupStage.REACH
    try:
        smtp = _client(server, timeouts.setup, local_name, context)
        smtp.ehlo_or_helo_if_needed()
        stage = SetupStage.ENCRYPT
        _encrypt(smtp, server, context)
        stage = SetupStage.SIGN_IN
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password)
        return Wire(smtp)
    except (OSError, ValueError, SetupError) as error:
        if smtp is not None:
            smtp.close()
        raise _translated(error, SetupStage.ENCRYPT if isinstance(error, ssl.SSLError) else stage) from error


def _client(server: SmtpServer, timeout: float, local_name: str | None, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.security is SmtpSecurity.IMPLICIT:
        return smtplib.SMTP_SSL(server.host, server.port, local_name, timeout=timeout, context=context)
    return smtplib.SMTP(server.host, server.port, local_name, timeout=timeout)


def _encrypt(smtp: smtplib.SMTP, server: SmtpServer, context: ssl.SSLContext) -> None:
    if server.security is SmtpSecurity.IMPLICIT:
        return
    if smtp.has_extn("starttls"):
        code, text = smtp.starttls(context=context)
        if code != 220:
            raise smtplib.SMTPResponseException(code, text)
        smtp.ehlo_or_helo_if_needed()
    elif server.security is SmtpSecurity.REQUIRED:
        raise SetupError("the mail server offers no STARTTLS, and encryption is required", None, SetupStage.ENCRYPT)


def _translated(error: Exception, stage: SetupStage) -> SetupError:
    if isinstance(error, SetupError):
        return error
    if isinstance(error, smtplib.SMTPResponseException) and 200 <= error.smtp_code < 600:
        reply = Reply(error.smtp_code, _readable(error.smtp_error))
        return SetupError(f"the mail server refused the connection: {reply.code} {reply.text}", reply, stage)
    return SetupError(f"there is no connection to the mail server: {error}", None, stage)


def _readable(octets: bytes | str) -> str:
    text = octets if isinstance(octets, str) else octets.decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:500]
