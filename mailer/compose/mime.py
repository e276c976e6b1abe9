"""The body of a mail as bytes: multipart/alternative with the text first, quoted-printable, CRLF only.

A part is encoded as a whole, or put together from pieces that were encoded each by itself. A piece begins at the
beginning of an encoded line and ends at its end, if need be with a soft line break (RFC 2045 section 6.7), so that any
piece may stand behind any other.
"""

import binascii
import re

from markupsafe import escape

# No quoted-printable text can hold "=_", so this boundary never stands in a part.
_BOUNDARY = "=_alternative"
_UNWANTED = bytes({*range(0x20), 0x7F} - set(b"\t\r\n"))
SOFT_BREAK = b"=\r\n"
_OVERLONG = re.compile(rb"^([^\r\n]{73,})(=20|=09)(?=\r)", re.MULTILINE)
# What SMTP would double when it leaves (RFC 5321, section 4.5.2).
_DOTTED = re.compile(rb"^\.[^\r\n]*", re.MULTILINE)
# Each begins with one letter, which is looked for much faster than anything is counted.
_LONE_CR, _LONE_LF = re.compile(rb"\r(?!\n)"), re.compile(rb"\n(?<!\r\n)")
# Characters of an encoded line beside the "=" of its soft break.
_ROOM = 75
# Octets of an encoded line of at most 76 that begins with a full stop which is then spelled out.
_DOTTED_ROOM = 74

# What may end a line, stand for nothing, or cannot be written; where it is found, a part is encoded as a whole.
ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

BODY_FIELDS = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n'.encode("ascii")


def _begin(subtype: str) -> bytes:
    return (
        f"--{_BOUNDARY}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


# What stands around the two parts; the first begins with the blank line that ends the header.
BEFORE_TEXT = b"\r\n" + _begin("plain")
BEFORE_HTML = _begin("html")
AFTER_HTML = f"--{_BOUNDARY}--\r\n".encode("ascii")


def has_stray_line_end(octets: bytes) -> bool:
    """Whether a CR or LF stands anywhere but in a CRLF."""
    return _LONE_CR.search(octets) is not None or _LONE_LF.search(octets) is not None


def known(octets: bytes) -> bytes:
    """A piece that will stand in many mails, looked through once: the same octets.

    ValueError where it has a line end other than CRLF, or a line that begins with a full stop.
    """
    if not is_known(octets):
        raise ValueError("a piece of a mail has a line end other than CRLF, or a line that begins with a full stop")
    return octets


def is_known(octets: bytes) -> bool:
    """Whether a piece can stand in many mails without being looked through in each of them."""
    return not (has_stray_line_end(octets) or b"\n." in octets or octets[:1] == b".")


def alternative_body(text: str, html: str) -> bytes:
    """Everything after the header, with the blank line that ends it; UnicodeEncodeError on lone surrogates."""
    return b"".join((BEFORE_TEXT, quoted_printable(text), BEFORE_HTML, quoted_printable(html), AFTER_HTML))


def quoted_printable(content: str) -> bytes:
    """The content in quoted-printable, ending in CRLF; control characters other than tab and newline are left out."""
    # The encoder takes its own line ends from the first one it sees, so there has to be one.
    return _encoded(_octets(content).removesuffix(b"\r\n") + b"\r\n")


def piece(content: str) -> bytes:
    """The content as one piece; behind each other, the pieces of several contents are the content of all of them.

    That is true unless one content ends in CR and the next begins with LF, which are one line end together.
    """
    octets = _octets(content)
    if not octets:
        return b""
    if octets.endswith(b"\n"):
        return _encoded(octets)
    return _encoded(octets + b"\r\n")[:-2] + SOFT_BREAK


def html_value(value: str) -> bytes:
    """What a value, which ends in no line end, is in HTML, as encoded lines without the end of the last."""
    return quick_piece(str(escape(value)) if _is_special(value) else value).removesuffix(SOFT_BREAK)


def text_line(line: str) -> bytes:
    """A line of text, which holds no line end, as one piece with its end."""
    if not (line.isascii() and line.isprintable()) or line[-1:] == " ":
        return piece(line + "\n")
    if len(line) <= _ROOM and line[:1] != "." and "=" not in line:
        return f"{line}\r\n".encode("ascii")
    return quick(line) + b"\r\n"


def text_lines(lines: str) -> bytes:
    """Lines of text, none of them empty, with a line end between two of them, as pieces with their ends."""
    return b"".join([text_line(line) for line in lines.split("\n")])


def quick_piece(content: str) -> bytes:
    """The same as `piece`, faster for what is short and plain."""
    # What is markup already is slow to take apart.
    return quick(str(content)) + SOFT_BREAK if is_quick(content) and content else piece(content)


def quick_links(urls: list[str]) -> list[bytes] | None:
    """Links as encoded lines without the end of the last; None where one is not the same in HTML and in a text."""
    together = "".join(urls)
    if not is_quick(together) or _is_special(together) or " " in together:
        return None
    if "=" in together:
        return [quick(url) for url in urls]
    return [
        # Its second line is two characters at least, and no lone full stop.
        f"{url[:_ROOM]}=\r\n{url[_ROOM:]}".encode("ascii") if _ROOM + 1 < len(url) <= 2 * _ROOM else quick(url)
        for url in urls
    ]


def _is_special(value: str) -> bool:
    return "&" in value or "<" in value or ">" in value or '"' in value or "'" in value


def is_quick(value: str) -> bool:
    """Whether a value needs no encoder: printable ASCII in which nothing but "=" is spelled otherwise."""
    return value.isascii() and value.isprintable()


def quick(value: str) -> bytes:
    """Such a value as encoded lines without the end of the last; no line begins with a full stop."""
    if "=" in value:
        value = value.replace("=", "=3D")
    if len(value) <= _ROOM and value[:1] != ".":
        return value.encode("ascii")
    lines, at = [], 0
    while at < len(value):
        begins = "=2E" if value[at] == "." else ""
        end = at + _ROOM - len(begins[1:])
        if end < len(value):
            # An octet that is spelled out stays in one line.
            equals = value.find("=", end - 2, end)
            end = end if equals < 0 else equals
        lines.append(begins + value[at + bool(begins) : end])
        at = end
    return "=\r\n".join(lines).encode("ascii")


def _encoded(octets: bytes) -> bytes:
    encoded = binascii.b2a_qp(octets, istext=True)
    # The encoder spells a space at the end of a line out, however long that makes the line.
    if b"=20\r\n" in encoded or b"=09\r\n" in encoded:
        encoded = _OVERLONG.sub(rb"\1=\r\n\2", encoded)
    return _DOTTED.sub(_undotted, encoded) if b"\n." in encoded or encoded[:1] == b"." else encoded


def _undotted(found: re.Match[bytes]) -> bytes:
    """An encoded line that began with a full stop, so that no line of it does."""
    line, lines = found.group(), b""
    while line[:1] == b"." and len(line) > _DOTTED_ROOM:
        lines, line = lines + b"=2E" + SOFT_BREAK, line[1:]
    return lines + (b"=2E" + line[1:] if line[:1] == b"." else line)


def _octets(content: str) -> bytes:
    octets = content.encode().translate(None, _UNWANTED)
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return octets.replace(b"\n", b"\r\n")
