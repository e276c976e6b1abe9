"""Addresses: one person is one normalised address of a publication; mail goes to the address as it was spelled."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

from preferences.errors import Invalid, Said

_LABEL = re.compile(r"^(?!-)[a-z0-9-]{1,63}(?<!-)$")
_LOCAL = re.compile(r"^[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f-\x9f\u2028\u2029]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address as it was spelled, and the form in which it is one person."""

    spelled: str
    normalised: str


def parse_address(text: str, field: str = "email") -> Address:
    """The address in `text`, surrounding white space removed. Raises `Invalid` saying what is wrong with it.

    Normalised: NFC, domain as lower-case A-label, local part case-folded, nothing else removed. The local part is a
    dot-atom of RFC 5321 or 6531; quoted local parts and address literals are refused, no mailbox asks for them.
    """
    spelled = unicodedata.normalize("NFC", text.strip())
    local, at, domain = spelled.rpartition("@")
    if not at or not local or not domain:
        raise Invalid.one(field, Said("an e-mail address looks like name@example.org"))
    if len(local.encode()) > 64 or not _LOCAL.match(local) or local[0] == "." or local[-1] == "." or ".." in local:
        raise Invalid.one(field, Said("the part before the @ is not one that mail can be sent to"))
    ascii_domain = _ascii_domain(domain, field)
    if len(local.encode()) + 1 + len(ascii_domain) > 254:
        raise Invalid.one(field, Said("this address is longer than an e-mail address can be"))
    return Address(spelled=spelled, normalised=f"{unicodedata.normalize('NFC', local.casefold())}@{ascii_domain}")


def parse_domain(text: str, field: str = "domain") -> str:
    """The domain of addresses in `text`, as a lower-case A-label. Raises `Invalid` saying what is wrong with it."""
    return _ascii_domain(unicodedata.normalize("NFC", text.strip().removeprefix("@")), field)


def _ascii_domain(domain: str, field: str) -> str:
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Invalid.one(field, Said("the part after the @ is not a domain name")) from error
    ascii_domain = ascii_domain.lower()
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.match(label) for label in labels) or labels[-1].isdigit():
        raise Invalid.one(field, Said("the part after the @ is not a domain name, such as example.org"))
    return ascii_domain


def address_hash(key: bytes, normalised: str) -> bytes:
    """The keyed hash under which an address stays suppressed after everything else about it is gone."""
    return hmac.new(key, normalised.encode(), hashlib.sha256).digest()
