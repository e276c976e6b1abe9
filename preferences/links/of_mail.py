"""The tokens of one mail, all at once: what `Links.sign` answers for each, of numbers that are packed once.

Each mail that leaves has five; a test holds them to what `sign` says.
"""

from __future__ import annotations

import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime

from preferences.links.claim import LARGEST, Claim, Purpose
from preferences.links.tokens import MAC_LENGTH, VERSION, Links, varint

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
# Ten bits as two characters (RFC 4648, section 6), so that a token is spelled in few steps.
_PAIRS = tuple(one + other for one in _DIGITS for other in _DIGITS)
_NOTHING = varint(0)


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
            purpose: (bytes([VERSION << 4 | purpose.value]) + key.id, key.of_purpose[purpose])
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
        head, key = self._heads[purpose]
        signed = head + packed
        return signed + hmac.digest(key, signed, "sha256")[:MAC_LENGTH]

    def _link(self, purpose: Purpose, packed: bytes) -> str:
        spelled = binascii.b2a_base64(self._raw(purpose, packed), newline=False)
        return spelled.translate(_URL_SAFE).rstrip(b"=").decode("ascii")

    def _message(self, who: bytes, publication: int, subscriber: int, delivery: int) -> str:
        """In a local part: base32 in lower case, and short enough. `sign` says what is wrong with what is too long."""
        raw = self._raw(Purpose.MESSAGE, who)
        if len(raw) > _MOST_OCTETS:
            claim = Claim(purpose=Purpose.MESSAGE, publication=publication, subscriber=subscriber, delivery=delivery)
            return self._links.sign(claim)
        spare = -len(raw) * 8 % 10
        number = int.from_bytes(raw, "big") << spare
        pairs = [_PAIRS[number >> shift & 0x3FF] for shift in range(len(raw) * 8 + spare - 10, -1, -10)]
        return "".join(pairs)[: (len(raw) * 8 + 4) // 5]


_AGEING = (Purpose.READ, Purpose.PREFERENCES, Purpose.UNSUBSCRIBE)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
# What 62 characters of base32 hold.
_MOST_OCTETS = 38
