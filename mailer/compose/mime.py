"""The body of a mail as bytes: multipart/alternative with the text first, quoted-printable, CRLF only."""

import binascii
import re

# No quoted-printable text can hold "=_", so this boundary never stands in a part.
_BOUNDARY = "=_alternative"
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NEWLINES = re.compile("\r\n?|\n")

BODY_FIELDS = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n'.encode("ascii")


def alternative_body(text: str, html: str) -> bytes:
    """Everything after the blank line that ends the header; UnicodeEncodeError on lone surrogates."""
    return b"".join((
        b"\r\n", _part("plain", text), _part("html", html), f"--{_BOUNDARY}--\r\n".encode("ascii"),
    ))  # fmt: skip


def _part(subtype: str, content: str) -> bytes:
    fields = (
        f"--{_BOUNDARY}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return fields.encode("ascii") + quoted_printable(content)


def quoted_printable(content: str) -> bytes:
    """The content in quoted-printable, ending in CRLF; control characters other than tab and newline are left out."""
    lines = _NEWLINES.sub("\r\n", _UNWANTED.sub("", content))
    # The encoder takes its own line ends from the first one it sees, so there has to be one.
    return binascii.b2a_qp(f"{lines.removesuffix(chr(10)).removesuffix(chr(13))}\r\n".encode(), istext=True)
