"""Numbers as ids that tell nobody how many there are, and the way back.

An id is a kind and 16 characters: the number in a keyed permutation of 80 bits. 16 of them are always zero before it,
so that an id with a slip of the pen is hardly ever somebody else's. It is no secret: what it leads to is guarded.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from enum import StrEnum

from preferences.links.claim import LARGEST

_HALF_BITS = 40
_HALF = 2**_HALF_BITS - 1
# Luby and Rackoff 1988 need four rounds; NIST SP 800-38G has eight for FF3-1 and ten for FF1 on small halves.
_ROUNDS = 10
_LENGTH = 16


class Kind(StrEnum):
    """What an id is of: the letters before its underscore."""

    PUBLICATION = "pub"
    SUBSCRIBER = "sub"
    REQUEST = "req"
    CAMPAIGN = "cam"
    DELIVERY = "del"
    DECISION = "dec"
    EXPECTATION = "exp"
    UNSUBSCRIBE = "uns"
    MAIL_ELSEWHERE = "mail"
    EVENT = "evt"
    TOKEN = "tok"
    WEBHOOK = "hook"
    IMPORT = "imp"
    ANSWER = "ans"
    REFERRAL = "ref"
    VOTE = "vote"


class PublicIds:
    """Ids under one key. The key must never change: an id stays what it is for as long as its row."""

    def __init__(self, key: str) -> None:
        if not key:
            raise ValueError("public ids need a key")
        self._keys = {kind: hmac.digest(key.encode(), f"public id {kind}".encode(), "sha256") for kind in Kind}

    def public_id(self, kind: Kind, number: int) -> str:
        """The id of a number from 0 to 2**63, such as `sub_` and 16 characters. ValueError for another number."""
        if type(number) is not int or not 0 <= number <= LARGEST:
            raise ValueError(f"a {kind} has a whole number from 0 to 2**63, not {number!r}")
        left, right = number >> _HALF_BITS, number & _HALF
        for place in range(_ROUNDS):
            left, right = right, left ^ self._round(kind, place, right)
        octets = (left << _HALF_BITS | right).to_bytes(10, "big")
        return f"{kind}_{base64.b32encode(octets).decode().lower()}"

    def number_of(self, kind: Kind, public_id: str) -> int | None:
        """The number of an id of that kind; None for anything that `public_id` does not answer."""
        prefix, _, spelled = public_id.partition("_")
        if prefix != kind or len(spelled) != _LENGTH or not spelled.isascii():
            return None
        try:
            block = int.from_bytes(base64.b32decode(spelled.upper()), "big")
        except binascii.Error:
            return None
        left, right = block >> _HALF_BITS, block & _HALF
        for place in reversed(range(_ROUNDS)):
            left, right = right ^ self._round(kind, place, left), left
        number = left << _HALF_BITS | right
        is_canonical = number <= LARGEST and self.public_id(kind, number) == public_id
        return number if is_canonical else None

    def _round(self, kind: Kind, place: int, half: int) -> int:
        message = bytes([place]) + half.to_bytes(5, "big")
        return int.from_bytes(hmac.digest(self._keys[kind], message, "sha256")[:5], "big")
