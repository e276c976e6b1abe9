"""Header fields as finished bytes (RFC 5322, 2047, 2369, 2919, 8058): pure, and no library folds anything here."""

import base64
import re
from functools import lru_cache
from urllib.parse import urlsplit

from mailer.compose.errors import HeaderValueError

CRLF = "\r\n"
# RFC 2047 section 2: an encoded word, and a line that holds one. RFC 5322 2.1.1: any line, without its CRLF.
WORD_LIMIT = 75
ENCODED_LINE_LIMIT = 76
LINE_LIMIT = 998
LIST_ID_LIMIT = 255

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q_SHORT = bytes(_Q_PLAIN) + b" "
_Q_SPELLED = tuple(
    "_" if octet == 0x20 else chr(octet) if octet in _Q_PLAIN else f"={octet:02X}" for octet in range(256)
)
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+;=%]+\Z")
_LIST_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)+\Z")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|::1)\Z")
_ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
# A URI of so many characters fits the line that names the field.
_ONE_LINE = 900
# With the name of any field of ours it fits a line.
_SHORT = 60
_ENVELOPE_OCTETS = len("=?utf-8?q??=")


def check_header_value(name: str, value: str) -> str:
    """The value, unchanged, if a header may hold it; else HeaderValueError, which says what stands where.

    Refused are C0 (so CR, LF, NUL and tab), DEL, C1 (so U+0085), U+2028, U+2029 and lone surrogates.
    """
    found = None if value.isascii() and value.isprintable() else _FORBIDDEN.search(value)
    if found is None:
        return value
    what = "a line break" if found.group() in "\r\n\x0b\x0c\x85\u2028\u2029" else "a control character"
    raise HeaderValueError(
        f"{name} holds {what} (U+{ord(found.group()):04X}) at character {found.start() + 1}; remove it"
    )


def text_field(name: str, value: str) -> bytes:
    """An unstructured field (Subject). Unfolded and decoded it gives the value back exactly."""
    check_header_value(name, value)
    if len(value) <= _SHORT and value.isascii() and value.strip() == value != "" and not _takes_care(value):
        return f"{name}: {value}{CRLF}".encode("ascii")
    if _is_foldable(value):
        return _fold_at_spaces(f"{name}:", value.split(" "))
    return _join(f"{name}: ", encoded_words(value, first_room=ENCODED_LINE_LIMIT - len(name) - 2))


def mailbox_field(name: str, display: str, address: str) -> bytes:
    """A field with one mailbox (From, To, Reply-To); the address may be UTF-8 where SMTPUTF8 is used."""
    display = check_header_value(name, display).strip()
    check_header_value(name, address)
    if not display:
        return f"{name}: {address}{CRLF}".encode()
    return _phrase_and(name, display, f"<{address}>")


def list_id_field(list_id: str, display: str) -> bytes:
    """The List-Id of RFC 2919: an optional name and an identifier with at least one dot."""
    if not _LIST_ID.match(list_id) or len(list_id) + 2 > LIST_ID_LIMIT:
        raise HeaderValueError(
            "List-Id takes ASCII words joined by dots, at most 253 octets, such as letter.example.org"
        )
    display = check_header_value("List-Id", display).strip()
    if not display:
        return _phrase_and("List-Id", "", f"<{list_id}>")
    return _phrase_and("List-Id", display, f"<{list_id}>")


def unsubscribe_fields(one_click: str, mailto: str | None) -> bytes:
    """List-Unsubscribe with one https URI (http to loopback), the mailto after it, and List-Unsubscribe-Post.

    Nothing is folded inside a URI: only after the colon and after the comma. A URI that fits no line is refused.
    """
    check_one_click(one_click)
    if mailto is None and len(one_click) < _ONE_LINE:
        return f"List-Unsubscribe: <{one_click}>\r\n{_ONE_CLICK}\r\n".encode("ascii")
    uris = [f"<{one_click}>"] if mailto is None else [f"<{one_click}>,", f"<{_check_mailto(mailto)}>"]
    if any(len(uri) + 1 > LINE_LIMIT for uri in uris):
        raise HeaderValueError("a List-Unsubscribe URI is longer than a header line may be (998 octets)")
    first = f"List-Unsubscribe: {uris[0]}"
    if len(first) > LINE_LIMIT:
        first = f"List-Unsubscribe:{CRLF} {uris[0]}"
    lines = [first, *(f" {uri}" for uri in uris[1:]), _ONE_CLICK]
    return "".join(f"{line}{CRLF}" for line in lines).encode("ascii")


def check_one_click(uri: str) -> None:
    """HeaderValueError unless it is an https URI, or http to this machine, in plain URI characters without a comma."""
    if not _URI.match(uri):
        raise HeaderValueError("the one-click link holds characters that no URI in a header may hold")
    # What decides ends before the first slash of the path, and is the same for all readers.
    if not _is_safe_origin(uri[: uri.find("/", len("https://")) + 1] or uri):
        raise HeaderValueError("the one-click link must be https; http is for loopback addresses only (RFC 8058)")


@lru_cache(maxsize=64)
def _is_safe_origin(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    is_local = parts.scheme == "http" and _LOOPBACK.match(host or "") is not None
    return bool(host) and (parts.scheme == "https" or is_local)


def encoded_words(value: str, *, first_room: int = WORD_LIMIT) -> list[str]:
    """The value as encoded words of RFC 2047, each whole in itself; the first fits `first_room` octets."""
    octets = value.encode()
    is_mostly_plain = 2 * _spelled_out(octets) < len(octets)
    measure, write = (_q_length, _q_word) if is_mostly_plain else (_b_length, _b_word)
    words, held, room = [], b"", min(first_room, WORD_LIMIT) - _ENVELOPE_OCTETS
    if measure(octets) <= room:
        return [write(octets)]
    for letter in value:
        longer = held + letter.encode()
        if held and measure(longer) > room:
            words.append(write(held))
            held, room = letter.encode(), WORD_LIMIT - _ENVELOPE_OCTETS
        else:
            held = longer
    return [*words, write(held)]


def _q_length(octets: bytes) -> int:
    return len(octets) + 2 * _spelled_out(octets)


def _spelled_out(octets: bytes) -> int:
    """How many of the octets take three characters."""
    return len(octets.translate(None, _Q_SHORT))


def _q_word(octets: bytes) -> str:
    return f"=?utf-8?q?{''.join([_Q_SPELLED[octet] for octet in octets])}?="


def _b_length(octets: bytes) -> int:
    return (len(octets) + 2) // 3 * 4


def _b_word(octets: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(octets).decode('ascii')}?="


def _takes_care(value: str) -> bool:
    return "=?" in value or "  " in value


def _is_foldable(value: str) -> bool:
    # Anything a reader could take for an encoded word, or that folding would change, is encoded instead.
    return value.isascii() and "=?" not in value and all(0 < len(word) <= 66 for word in value.split(" "))


def _fold_at_spaces(line: str, words: list[str]) -> bytes:
    lines = []
    for position, word in enumerate(words):
        if position and len(line) + 1 + len(word) > ENCODED_LINE_LIMIT:
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return (CRLF.join([*lines, line]) + CRLF).encode("ascii")


def _phrase_and(name: str, display: str, bracketed: str) -> bytes:
    if not display:
        return f"{name}: {bracketed}{CRLF}".encode()
    words = _phrase(display, ENCODED_LINE_LIMIT - len(name) - 2)
    in_one_line = f"{name}: {words[0]} {bracketed}"
    if len(words) == 1 and len(in_one_line) <= ENCODED_LINE_LIMIT:
        return f"{in_one_line}{CRLF}".encode()
    return _join(f"{name}: ", [*words, bracketed])


# Most names are those of many.
@lru_cache(maxsize=4096)
def _phrase(display: str, first_room: int) -> tuple[str, ...]:
    """A name as words of a phrase, the first in so many octets."""
    if display.isascii() and len(display) <= 60 and "=?" not in display:
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        return (display if _PLAIN_PHRASE.match(display) else f'"{escaped}"',)
    return tuple(encoded_words(display, first_room=first_room))


def _join(start: str, pieces: list[str]) -> bytes:
    # One piece a line: encoded words are then separated by a fold, never adjacent.
    return (start + f"{CRLF} ".join(pieces) + CRLF).encode()


def _check_mailto(uri: str) -> str:
    if not uri.startswith("mailto:") or not _URI.match(uri):
        raise HeaderValueError("the unsubscribe address must be a mailto: URI in plain URI characters")
    return uri
