"""The tokens of one mail, all at once: what `Links.sign` answers for each, of numbers that are packed once.

Each mail that leaves has five; a test holds them to what `sign` says.
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Protocol

from preferences.links.claim import LARGEST, Claim, Purpose
from preferences.links.tokens import MAC_LENGTH, VERSION, Links, varint

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
# Fifteen bits as three characters (RFC 4648, section 6), so that a token is spelled in few steps.
_TRIPLES = tuple(map("".join, product(_DIGITS, repeat=3)))
_NOTHING = varint(0)


class _Hash(Protocol):
    """A hash that has taken something already, and can be copied."""

    def copy(self) -> _Hash: ...

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
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
        self._heads = {
            purpose: (bytes([VERSION << 4 | purpose.value]) + key.id, *_begun(key.of_purpose[purpose]))
            for purpose in (*_AGEING, Purpose.ONE_CLICK, Purpose.MESSAGE)
        }
        self._links = links

    def tokens(
        self, *, publication: int, subscriber: int, delivery: int, topic: int | None, issued_at: datetime
    ) -> MailTokens:
        """The tokens of one delivery; `topic` None for a digest. ValueError for numbers that no link could carry."""
        largest = max(publication, subscriber, delivery, topic or 0)
        if min(publication, subscriber, delivery, topic or 0) < 0 or largest > LARGEST:
            raise ValueError("a link names numbers from 0 to 2**63")
        who = varint(publication) + varint(subscriber + 1) + varint(delivery + 1)
        about = b"" if topic is None else varint(topic)
        dated = who + _NOTHING + varint(int(issued_at.timestamp()) + 1) + about
        read, preferences, unsubscribe = (self._link(purpose, dated) for purpose in _AGEING)
        return MailTokens(
            read=read,
            preferences=preferences,
            unsubscribe=unsubscribe,
            one_click=self._link(Purpose.ONE_CLICK, who + _NOTHING + _NOTHING + about),
            message=self._message(who, publication, subscriber, delivery),
        )

    def _raw(self, purpose: Purpose, packed: bytes) -> bytes:
        head, begun, ending = self._heads[purpose]
        signed = head + packed
        inner, outer = begun.copy(), ending.copy()
        inner.update(signed)
        outer.update(inner.digest())
        return signed + outer.digest()[:MAC_LENGTH]

    def _link(self, purpose: Purpose, packed: bytes) -> str:
        spelled = binascii.b2a_base64(self._raw(purpose, packed), newline=False)
        return spelled.translate(_URL_SAFE).rstrip(b"=").decode("ascii")

    def _message(self, who: bytes, publication: int, subscriber: int, delivery: int) -> str:
        """In a local part: base32 in lower case, and short enough. `sign` says what is wrong with what is too long."""
        raw = self._raw(Purpose.MESSAGE, who)
        if len(raw) > _MOST_OCTETS:
            claim = Claim(purpose=Purpose.MESSAGE, publication=publication, subscriber=subscriber, delivery=delivery)
            return self._links.sign(claim)
        bits = len(raw) * 8
        spare = -bits % 15
        number = int.from_bytes(raw, "big") << spare
        triples = [_TRIPLES[number >> shift & 0x7FFF] for shift in range(bits + spare - 15, -1, -15)]
        return "".join(triples)[: (bits + 4) // 5]


def _begun(key: bytes) -> tuple[_Hash, _Hash]:
    """HMAC-SHA256 (RFC 2104) up to the message: the inner and the outer hash, which have taken the key."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))
_AGEING = (Purpose.READ, Purpose.PREFERENCES, Purpose.UNSUBSCRIBE)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
# What 62 characters of base32 hold.
_MOST_OCTETS = 38
