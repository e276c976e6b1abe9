"""What is said to a server around one message: the commands of its envelope, and its bytes up to the final dot."""

from __future__ import annotations

import re

from mailer.compose.content import Message
from mailer.transport.wire import Wire, WireDownError

DOT = b".\r\n"
# RFC 3461, sections 4.2 and 4.4: longer ones may be refused.
_LONGEST_ENVID = 100
_LONGEST_ORCPT = 500
_DOTTED = re.compile(rb"\n\.")


class DotMayHaveLeftError(WireDownError):
    """The connection broke while the final dot was written: nobody knows whether it left."""


def needs_smtputf8(message: Message) -> bool:
    """Whether only a server that offers SMTPUTF8 can take it (RFC 6531)."""
    return not (message.mail_from.isascii() and message.rcpt_to.isascii())


def mail_command(wire: Wire, message: Message) -> str:
    """MAIL with what the server offers: only the header of a message comes back, and the token that names it."""
    command = f"MAIL FROM:<{message.mail_from}>"
    if needs_smtputf8(message):
        command += " BODY=8BITMIME SMTPUTF8"
    if wire.offers_dsn:
        command += f" RET=HDRS{_envid(message)}"
    return command


def rcpt_command(wire: Wire, message: Message) -> str:
    """RCPT; where reports are offered, one is asked for on failure and delay, and for whom (RFC 3461, section 4)."""
    command = f"RCPT TO:<{message.rcpt_to}>"
    if wire.offers_dsn:
        command += " NOTIFY=FAILURE,DELAY"
        original = f"rfc822;{_xtext(message.rcpt_to)}"
        if message.rcpt_to.isascii() and len(original) <= _LONGEST_ORCPT:
            command += f" ORCPT={original}"
    return command


def envelope(wire: Wire, message: Message) -> bytes:
    """The three commands before a message's bytes, to be written at once; DATA stands last (RFC 2920, section 3.1)."""
    return f"{mail_command(wire, message)}\r\n{rcpt_command(wire, message)}\r\nDATA\r\n".encode()


def write_message(wire: Wire, message: Message, after: bytes, timeout: float) -> None:
    """The bytes, the final dot, and `after` behind it, in one write.

    Raises DotMayHaveLeftError where the dot may have left, WireDownError where it has not. Under TLS the dot is a write
    of its own: of a record that could not be written nobody knows how much has left.
    """
    body = stuffed(message)
    ended = len(body) + len(DOT)
    if wire.is_encrypted:
        wire.write(body, timeout)
        body, ended = b"", 0
    try:
        wire.write(b"".join((body, DOT, after)), timeout)
    except WireDownError as error:
        if error.written >= ended:
            raise DotMayHaveLeftError(str(error)) from error
        raise


def stuffed(message: Message) -> bytes:
    """Its bytes with a second dot before each line that begins with one (RFC 5321, section 4.5.2)."""
    data, own = message.data, message.own
    # What stands in many mails has no such line, which was looked for when it was made.
    if own is not None and _DOTTED.search(own) is None and own[:1] != b".":
        return data
    doubled = data.replace(b"\r\n.", b"\r\n..") if _DOTTED.search(data) else data
    return b"." + doubled if doubled.startswith(b".") else doubled


def _envid(message: Message) -> str:
    token = _xtext(message.message_id.strip("<>").rpartition("@")[0])
    return f" ENVID={token}" if token and len(token) <= _LONGEST_ENVID else ""


def _xtext(text: str) -> str:
    """RFC 3461, section 4: printable ASCII, but for + and =, which are written in hexadecimal."""
    if "+" not in text and "=" not in text and text.isascii() and text.isprintable() and " " not in text:
        return text
    return "".join(
        chr(octet) if 33 <= octet <= 126 and chr(octet) not in "+=" else f"+{octet:02X}" for octet in text.encode()
    )
