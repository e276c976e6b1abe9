"""The body of a mail as bytes: multipart/alternative with the text first, quoted-printable, CRLF only."""

import binascii

# No quoted-printable text can hold "=_", so this boundary never stands in a part.
_BOUNDARY = "=_alternative"
_UNWANTED = bytes({*range(0x20), 0x7F} - set(b"\t\r\n"))

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
    octets = (
        content.encode().translate(None, _UNWANTED).replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n")
    )
    # The encoder takes its own line ends from the first one it sees, so there has to be one.
    return binascii.b2a_qp(octets.replace(b"\n", b"\r\n") + b"\r\n", istext=True)
