"""Replies read from a connection, line by line, however they arrive: in pieces, several at once, or never."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailer.transport.outcome import Reply

_LINE_LIMIT = 8192
_LINES_LIMIT = 128
_TEXT_LIMIT = 500


class NoReplyError(Exception):
    """What came is no reply of SMTP, or has no end."""


class Replies:
    """The replies in what `receive` gives: some bytes, at most so many seconds later; none at the end."""

    def __init__(self, receive: Callable[[float], bytes], ahead: bytes = b"") -> None:
        self._receive = receive
        self._ahead = ahead
        self._at = 0

    @property
    def has_more(self) -> bool:
        """Whether something has come that nobody asked about yet."""
        return self._at < len(self._ahead)

    def are(self, expected: re.Pattern[bytes]) -> bool:
        """Whether what has come and was not read yet is just what is expected; then it is read.

        What it answers False to is read one by one.
        """
        if expected.fullmatch(self._ahead, self._at) is None:
            return False
        self._at = len(self._ahead)
        return True

    def code(self, until: float) -> tuple[int, list[bytes]]:
        """The next reply, whole: its code and the texts of its lines. `until` is an instant as `receive` takes it.

        Raises NoReplyError at what is none: half a line, a line without a code, or lines without end.
        """
        line = self._line(until)
        if line[:4] == _USUAL:
            return 250, [line[4:]]
        texts: list[bytes] = []
        for more in range(_LINES_LIMIT):
            line = self._line(until) if more else line
            code, mark = line[:3], line[3:4]
            if not (code.isdigit() and b"2" <= code[:1] <= b"5" and mark in _MARKS):
                raise NoReplyError("the server sent no reply")
            texts.append(line[4:])
            if mark != b"-":
                return int(code), texts
        raise NoReplyError("the reply of the server has no end")

    def _line(self, until: float) -> bytes:
        """The next line without its end."""
        end = self._ahead.find(b"\n", self._at)
        while end < 0:
            if len(self._ahead) - self._at > _LINE_LIMIT:
                raise NoReplyError("the server sent no reply")
            more = self._receive(until)
            if not more:
                raise NoReplyError("the server sent no reply" if self.has_more else "the server closed the connection")
            self._ahead = self._ahead[self._at :] + more if self.has_more else more
            self._at = 0
            end = self._ahead.find(b"\n")
        line = self._ahead[self._at : end]
        self._at = end + 1
        return line[:-1] if line[-1:] == b"\r" else line


_USUAL = b"250 "
_MARKS = (b" ", b"-", b"")


def reply_of(code: int, texts: list[bytes]) -> Reply:
    """The reply as it is kept: its lines as one that can be read."""
    return Reply(code, readable(texts[0]) if len(texts) == 1 else " ".join(map(readable, texts)))


def readable(octets: bytes | str) -> str:
    """A text of the server as one line without control characters, and not too long."""
    text = octets if isinstance(octets, str) else octets.decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text.strip()[:_TEXT_LIMIT]
