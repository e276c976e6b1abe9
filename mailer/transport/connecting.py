"""Setting a connection up by smtplib: the network, the greeting, encryption, and signing in."""

from __future__ import annotations

import smtplib
import socket
import ssl
from enum import Enum
from functools import cache
from threading import Lock
from typing import Any

from mailer.transport.outcome import Reply
from mailer.transport.reading import readable
from mailer.transport.wire import Timeouts, Wire
from preferences.settings import SmtpSecurity, SmtpServer


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


def connect(server: SmtpServer, timeouts: Timeouts, *, local_name: str | None, tls: ssl.SSLContext | None) -> Wire:
    """A connection to the server, encrypted and authenticated as it asks for; SetupError where there is none.

    Certificates are verified where encryption is required. Where it is only taken if offered, they are not: whoever
    could forge one could as well take the offer away.
    """
    smtp: smtplib.SMTP | None = None
    stage = SetupStage.REACH
    try:
        smtp = _client(server, timeouts, local_name, tls)
        smtp.ehlo_or_helo_if_needed()
        stage = SetupStage.ENCRYPT
        _encrypt(smtp, server, tls)
        stage = SetupStage.SIGN_IN
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password)
        return Wire(smtp, f"{server.host}:{server.port}")
    except (OSError, ValueError, SetupError) as error:
        if smtp is not None:
            smtp.close()
        raise _translated(error, SetupStage.ENCRYPT if isinstance(error, ssl.SSLError) else stage) from error


def _context(security: SmtpSecurity) -> ssl.SSLContext:
    """Made where something is to be encrypted, and once: to read the certificates that are trusted takes longer than to connect."""
    with _one_at_a_time:
        return _new_context(security)


_one_at_a_time = Lock()


@cache
def _new_context(security: SmtpSecurity) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if security is SmtpSecurity.OPPORTUNISTIC:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _client(server: SmtpServer, timeouts: Timeouts, local_name: str | None, tls: ssl.SSLContext | None) -> smtplib.SMTP:
    if server.security is SmtpSecurity.IMPLICIT:
        context = tls or _context(server.security)
        return _EncryptedClient(timeouts, server.host, server.port, local_name, context=context)
    return _Client(timeouts, server.host, server.port, local_name)


class _Client(smtplib.SMTP):
    """Waits a shorter time for the network than for the words of a server that was reached."""

    def __init__(self, timeouts: Timeouts, host: str, port: int, local_name: str | None, **options: Any) -> None:
        self._timeouts = timeouts
        super().__init__(host, port, local_name, timeout=timeouts.setup, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock: socket.socket = super()._get_socket(host, port, min(timeout, self._timeouts.reach))  # type: ignore[misc]
        sock.settimeout(timeout)
        return sock


class _EncryptedClient(_Client, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def _encrypt(smtp: smtplib.SMTP, server: SmtpServer, tls: ssl.SSLContext | None) -> None:
    if server.security is SmtpSecurity.IMPLICIT:
        return
    if smtp.has_extn("starttls"):
        code, text = smtp.starttls(context=tls or _context(server.security))
        if code != 220:
            raise smtplib.SMTPResponseException(code, text)
        smtp.ehlo_or_helo_if_needed()
    elif server.security is SmtpSecurity.REQUIRED:
        raise SetupError("the mail server offers no STARTTLS, and encryption is required", None, SetupStage.ENCRYPT)


def _translated(error: Exception, stage: SetupStage) -> SetupError:
    if isinstance(error, SetupError):
        return error
    if isinstance(error, smtplib.SMTPResponseException) and 200 <= error.smtp_code < 600:
        reply = Reply(error.smtp_code, readable(error.smtp_error))
        return SetupError(f"the mail server refused the connection: {reply.code} {reply.text}", reply, stage)
    return SetupError(f"there is no connection to the mail server: {error}", None, stage)
