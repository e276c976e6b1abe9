"""Trying the mail server out: what happened, step by step and in plain words, and what to do about it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta

from mailer.compose.content import Message
from mailer.transport.connecting import SetupError, SetupStage, connect
from mailer.transport.contract import Clock
from mailer.transport.outcome import Outcome, OutcomeKind
from mailer.transport.transaction import Transaction
from mailer.transport.wire import Timeouts, Wire
from preferences.settings import SmtpSecurity, SmtpServer

# A person waits for the answer; whoever hands over mail is more patient.
PATIENCE = Timeouts(reach=10, setup=10, command=10, data=10, block=10, final_dot=20, quit=2)
_BEGINS_WITHIN = timedelta(seconds=5)


@dataclass(slots=True, kw_only=True)
class Probe:
    """What a try found: sentences about what went well, in order; then what did not and what to do, or two empty texts."""

    done: list[str] = field(default_factory=list)
    problem: str = ""
    advice: str = ""


def probe(
    server: SmtpServer, clock: Clock, message: Message | None = None, *, tls: ssl.SSLContext | None = None
) -> Probe:
    """Connect, encrypt and sign in as for a mail; hand the message over, where there is one. It never raises for a
    server that misbehaves, and takes at most some ten seconds for each step."""
    found = Probe()
    try:
        wire = connect(server, PATIENCE, local_name=None, tls=tls)
    except SetupError as error:
        _note_reached(found, server, error)
        found.problem, found.advice = _said_of_setup(server, error)
        return found
    _note_ready(found, server, wire)
    if message is not None:
        _note_outcome(found, Transaction(wire, message, clock, PATIENCE).run(clock.now() + _BEGINS_WITHIN))
    wire.close(PATIENCE.quit)
    return found


def _note_reached(found: Probe, server: SmtpServer, error: SetupError) -> None:
    if error.stage is not SetupStage.REACH:
        found.done.append(f"{server.host} answers on port {server.port}.")


def _note_ready(found: Probe, server: SmtpServer, wire: Wire) -> None:
    found.done.append(f"{server.host} answers on port {server.port}.")
    if wire.is_encrypted:
        how = "from the first byte" if server.security is SmtpSecurity.IMPLICIT else "by STARTTLS"
        found.done.append(f"The connection is encrypted {how}.")
    else:
        found.done.append("The connection is not encrypted: the server offers no STARTTLS.")
    found.done.append("It asked for no password." if server.user is None else f"It let {server.user} in.")


def _said_of_setup(server: SmtpServer, error: SetupError) -> tuple[str, str]:
    """What went wrong before a mail could begin, and what to do."""
    cause = error.__cause__
    at = f"{server.host}, port {server.port}"
    match error.stage, cause:
        case SetupStage.REACH, socket.gaierror():
            return f"There is no server called {server.host}.", "Look for a slip in the host of TROTH_SMTP_URL."
        case SetupStage.REACH, ConnectionRefusedError():
            return f"Nothing listens at {at}.", f"Check host and port. {_PORTS}"
        case SetupStage.REACH, TimeoutError():
            return (
                f"No answer came from {at} within {PATIENCE.setup:.0f} seconds.",
                f"A firewall may be in the way; many networks let no mail out on port 25. {_PORTS}",
            )
        case SetupStage.ENCRYPT, ssl.SSLCertVerificationError():
            return (
                f"The certificate of {server.host} cannot be trusted: {cause.verify_message}.",
                "Write the host by the name that stands in the certificate, or have it renewed.",
            )
        case SetupStage.ENCRYPT, _:
            return f"The connection cannot be encrypted: {_reply(error)}.", _PORTS
        case SetupStage.SIGN_IN, _:
            return (
                f"The server did not let {server.user} in: {_reply(error)}.",
                _LOGIN,
            )
        case _:
            return f"The server at {at} did not take the connection: {_reply(error)}.", _PORTS


_LOGIN = (
    "Check user and password in TROTH_SMTP_URL; what is neither letter nor digit must be percent-encoded"
    " (p/w#1 is p%2Fw%231)."
)
_PORTS = "Usual are port 587 with smtp+tls://, port 465 with smtps://, and port 25 with smtp://."


def _reply(error: SetupError) -> str:
    if error.reply is not None:
        return f"{error.reply.code} {error.reply.text}"
    return str(error.__cause__ or error.text).rstrip(".")


def _note_outcome(found: Probe, outcome: Outcome) -> None:
    said = outcome.text if outcome.code is None else f"{outcome.code} {outcome.text}"
    if outcome.kind is OutcomeKind.ACCEPTED:
        found.done.append(f"It took the test mail: {said}.")
        return
    what, found.advice = _NOT_TAKEN.get(outcome.kind, _NO_ANSWER)
    found.problem = f"{what}: {said}."


_NO_ANSWER = ("The connection broke before the server had answered", "Try again in a minute.")
_NOT_TAKEN = {
    OutcomeKind.SENDER_REFUSED: (
        "The server does not take mail from this sender",
        "It must be allowed to send for the domain of the sender: ask whoever runs it, or set a sender it knows.",
    ),
    OutcomeKind.REFUSED: ("The server refused the test mail", "Look at the address it was to go to."),
    OutcomeKind.DEFERRED: ("The server did not take the test mail now", "Try again in some minutes."),
    OutcomeKind.NOT_DELIVERABLE_HERE: (
        "The server cannot take this address",
        "It knows plain letters before the @ only.",
    ),
}
