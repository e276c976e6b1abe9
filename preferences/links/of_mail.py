"""The tokens of one mail, all at once: what `Links.sign` answers for each, of numbers that are packed once.

Each mail that leaves has five; a test holds them to what `sign` says.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from preferences.links.claim import LARGEST, Claim, Purpose
from preferences.links.tokens import MAC_LENGTH, VERSION, Links, varint

# So many groups of five bits are spelled at once, and so many octets have them.
_GROUPS, _WHOLE = 64, 40
_DIGITS = b"abcdefghijklmnopqrstuvwxyz234567".ljust(256)
_NOTHING = varint(0)


class _Hash(Protocol):
    """A hash that has taken something already, and can be copied."""

    def copy(self) -> _Hash: ...

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


# The octets that a token begins with, and the two hashes that have taken its key.
_Head = tuple[bytes, _Hash, _Hash]


# Not frozen, and never changed: one is made for each mail.
@dataclass(slots=True, kw_only=True)
class MailTokens:
    """The tokens of one mail, by what each is for."""

    read: str
    preferences: str
    unsubscribe: str
    one_click: str
    message: str


class MailSigner:
    """Signs the tokens of mails with the first key of `links`; threads share it."""

    def __init__(self, links: Links) -> None:
        key = links.signs_with
        self._read, self._preferences, self._unsubscribe, self._one_click, self._for_message = (
            (bytes([VERSION << 4 | purpose.value]) + key.id, *_begun(key.of_purpose[purpose])) for purpose in _PURPOSES
        )
        self._links = links
        # Most mails of a group are about one topic, and all were counted at one instant.
        self._dated: tuple[datetime, int | None, bytes, bytes] | None = None

    def tokens(
        self, *, publication: int, subscriber: int, delivery: int, topic: int | None, issued_at: datetime
    ) -> MailTokens:
        """The tokens of one delivery; `topic` None for a digest. ValueError for numbers that no link could carry."""
        largest = max(publication, subscriber, delivery, topic or 0)
        if min(publication, subscriber, delivery, topic or 0) < 0 or largest > LARGEST:
            raise ValueError("a link names numbers from 0 to 2**63")
        who = varint(publication) + varint(subscriber + 1) + varint(delivery + 1)
        after, undated = self._after(topic, issued_at)
        dated = who + after
        return MailTokens(
            read=_link(self._read, dated),
            preferences=_link(self._preferences, dated),
            unsubscribe=_link(self._unsubscribe, dated),
            one_click=_link(self._one_click, who + undated),
            message=self._message(who, publication, subscriber, delivery),
        )

    def _after(self, topic: int | None, issued_at: datetime) -> tuple[bytes, bytes]:
        """What stands behind who it is for: no request, when it was issued, and the topic; and the same without a date."""
        known = self._dated
        if known is None or known[0] != issued_at or known[1] != topic:
            about = b"" if topic is None else varint(topic)
            dated = _NOTHING + varint(int(issued_at.timestamp()) + 1) + about
            known = self._dated = (issued_at, topic, dated, _NOTHING + _NOTHING + about)
        return known[2], known[3]

    def _message(self, who: bytes, publication: int, subscriber: int, delivery: int) -> str:
        """In a local part: base32 in lower case, and short enough. `sign` says what is wrong with what is too long."""
        raw = _signed(self._for_message, who)
        if len(raw) > _MOST_OCTETS:
            claim = Claim(purpose=Purpose.MESSAGE, publication=publication, subscriber=subscriber, delivery=delivery)
            return self._links.sign(claim)
        return _base32(raw)


def _base32(raw: bytes) -> str:
    """At most 40 octets in base32 (RFC 4648, section 6), in lower case and without padding.

    Each five bits are moved to an octet of their own, half of what is still together at a time: six steps for any length.
    """
    number = int.from_bytes(raw.ljust(_WHOLE, b"\0"), "big")
    for stays, moves, up in _SPREADING:
        number = number & stays | (number & moves) << up
    return number.to_bytes(_GROUPS, "big").translate(_DIGITS)[: (len(raw) * 8 + 4) // 5].decode("ascii")


def _signed(head: _Head, packed: bytes) -> bytes:
    first, begun, ending = head
    signed = first + packed
    inner, outer = begun.copy(), ending.copy()
    inner.update(signed)
    outer.update(inner.digest())
    return signed + outer.digest()[:MAC_LENGTH]


def _link(head: _Head, packed: bytes) -> str:
    return b2a_base64(_signed(head, packed), newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def _begun(key: bytes) -> tuple[_Hash, _Hash]:
    """HMAC-SHA256 (RFC 2104) up to the message: the inner and the outer hash, which have taken the key."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))
_PURPOSES = (Purpose.READ, Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.ONE_CLICK, Purpose.MESSAGE)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _step(groups: int) -> tuple[int, int, int]:
    """Of neighbours of so many groups each: which bits stay, which move up, and how far."""
    together, apart = 5 * groups, 16 * groups
    stays = sum((2**together - 1) << at for at in range(0, 8 * _GROUPS, apart))
    return stays, stays << together, 8 * groups - together


_SPREADING = tuple(map(_step, (32, 16, 8, 4, 2, 1)))
# What 62 characters of base32 hold.
_MOST_OCTETS = 38
