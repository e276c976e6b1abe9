"""Signing a claim and reading it back.

A token is `kind | key id | numbers | MAC`: one octet for version and purpose, two that name the key, the numbers as
varints, and 16 octets of HMAC-SHA256 (RFC 2104; truncated to half, RFC 2104 §5) under a key of the purpose's own. In
links it is base64url (RFC 4648 §5), in local parts base32 (§6) in lower case; both without padding.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from preferences.links.claim import IN_LOCAL_PART, LARGEST, Claim, Purpose

VERSION = 1
_KEY_ID_LENGTH = 2
MAC_LENGTH = 16
_HEADER_LENGTH = 1 + _KEY_ID_LENGTH
_SHORTEST_KEY = 16
_LONGEST_TOKEN = 1024
# RFC 5321 §4.5.3.1.1: a local part has 64 octets; two of them are the prefix, such as `b+`.
_LONGEST_IN_LOCAL_PART = 64 - 2
_LAST_SECOND = int(datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Key:
    """One secret key: its short fingerprint, and what it signs each purpose with."""

    id: bytes
    of_purpose: dict[Purpose, bytes]

    @classmethod
    def of(cls, secret: str) -> Key:
        if len(secret) < _SHORTEST_KEY:
            raise ValueError(f"a secret key has at least {_SHORTEST_KEY} characters")
        master = secret.encode()
        derived = {purpose: _mac(master, f"link {purpose.value}".encode()) for purpose in Purpose}
        return cls(id=_mac(master, b"key id")[:_KEY_ID_LENGTH], of_purpose=derived)


class Links:
    """Signs with the first of its keys and reads what any of them signed. Raises ValueError without a usable key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if isinstance(keys, str) or not keys:
            raise ValueError("links need a sequence of at least one secret key")
        self._keys = tuple(Key.of(secret) for secret in keys)

    def sign(self, claim: Claim) -> str:
        """The token of a claim; the same claim has the same token.

        What travels in a local part has room for 19 octets of numbers, seven bits to the octet: publications below
        2**14, subscribers below 2**55 and any delivery of a database; each topic takes from that. ValueError beyond.
        """
        token = _token(claim, self._keys[0])
        if claim.purpose in IN_LOCAL_PART and len(token) > _LONGEST_IN_LOCAL_PART:
            raise ValueError(f"a link for {claim.purpose.name} with these numbers does not fit a local part")
        return token

    @property
    def signs_with(self) -> Key:
        """The key that signs."""
        return self._keys[0]

    def read(self, token: str, *purposes: Purpose) -> Claim | None:
        """The claim of a token signed for one of the purposes; None for anything else, whatever was changed."""
        if not token.isascii() or len(token) > _LONGEST_TOKEN:
            return None
        in_links = frozenset(purposes) - IN_LOCAL_PART
        in_local_parts = frozenset(purposes) & IN_LOCAL_PART
        claim = self._verified(_from_link(token), in_links, token) if in_links else None
        if claim is None and in_local_parts:
            claim = self._verified(_from_local_part(token), in_local_parts, token.lower())
        return claim

    def _verified(self, raw: bytes | None, purposes: frozenset[Purpose], spelled: str) -> Claim | None:
        """The claim in these octets, if it is for one of the purposes and `spelled` is how its token is spelled."""
        if raw is None:
            return None
        signed, mac = raw[:-MAC_LENGTH], raw[-MAC_LENGTH:]
        purpose = _purpose_of(signed)
        if purpose is None or purpose not in purposes:
            return None
        for key in self._keys:
            if not hmac.compare_digest(key.id, signed[1:_HEADER_LENGTH]):
                continue
            if hmac.compare_digest(_mac(key.of_purpose[purpose], signed)[:MAC_LENGTH], mac):
                claim = _unpacked(purpose, signed[_HEADER_LENGTH:])
                # Only one spelling is the token: spare bits, long varints and the other alphabet are refused.
                if claim is not None and _signed(claim, key) == signed and _spelled(purpose, raw) == spelled:
                    return claim
        return None


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _token(claim: Claim, key: Key) -> str:
    signed = _signed(claim, key)
    return _spelled(claim.purpose, signed + _mac(key.of_purpose[claim.purpose], signed)[:MAC_LENGTH])


def _signed(claim: Claim, key: Key) -> bytes:
    return bytes([VERSION << 4 | claim.purpose.value]) + key.id + _packed(claim)


def _spelled(purpose: Purpose, raw: bytes) -> str:
    if purpose in IN_LOCAL_PART:
        return base64.b32encode(raw).decode().rstrip("=").lower()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _from_link(token: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        return None


def _from_local_part(token: str) -> bytes | None:
    try:
        return base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except binascii.Error:
        return None


def _purpose_of(signed: bytes) -> Purpose | None:
    if len(signed) <= _HEADER_LENGTH or signed[0] >> 4 != VERSION:
        return None
    return _PURPOSES.get(signed[0] & 0x0F)


_PURPOSES = {purpose.value: purpose for purpose in Purpose}


def _packed(claim: Claim) -> bytes:
    numbers = [claim.publication, *(0 if number is None else number + 1 for number in _optional(claim))]
    return b"".join(varint(number) for number in (*numbers, *claim.topics))


def _optional(claim: Claim) -> tuple[int | None, ...]:
    """The numbers that may be absent, written one higher; in a local part there is room for two."""
    if claim.purpose in IN_LOCAL_PART:
        return claim.subscriber, claim.delivery
    issued = None if claim.issued_at is None else int(claim.issued_at.timestamp())
    return claim.subscriber, claim.delivery, claim.request, issued


def varint(number: int) -> bytes:
    """Seven bits an octet, the lowest first; the high bit says that more follow."""
    if number < 0x80:
        return _ONE_OCTET[number]
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    if number < 0x200000:
        return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))
    return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14 & 0x7F | 0x80)) + varint(number >> 21)


_ONE_OCTET = tuple(bytes([octet]) for octet in range(0x80))


def _numbers(octets: bytes) -> Iterator[int]:
    number = shift = 0
    for octet in octets:
        number |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            yield number
            number = shift = 0


def _unpacked(purpose: Purpose, octets: bytes) -> Claim | None:
    """The claim in octets whose MAC was right; None where a key that leaked, or a later version, packed nonsense."""
    numbers = list(_numbers(octets))
    room = 2 if purpose in IN_LOCAL_PART else 4
    if len(numbers) < 1 + room or max(numbers) > max(LARGEST + 1, _LAST_SECOND + 1):
        return None
    optional = [None if number == 0 else number - 1 for number in numbers[1 : 1 + room]]
    subscriber, delivery, request, issued = (*optional, None, None)[:4]
    try:
        return Claim(
            purpose=purpose,
            publication=numbers[0],
            subscriber=subscriber,
            delivery=delivery,
            request=request,
            topics=tuple(numbers[1 + room :]),
            issued_at=None if issued is None else datetime.fromtimestamp(issued, UTC),
        )
    except (ValueError, OverflowError, OSError):
        return None
