"""Addresses as they go on the wire: A-label domains, dot-atom local parts, nothing that could end a command."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache

import idna

from mailer.compose.errors import NotDeliverableHere
from mailer.compose.headers import check_header_value

# RFC 5321 4.5.3.1: octets of a local part, and of a path without its angle brackets.
LOCAL_PART_LIMIT = 64
ADDRESS_LIMIT = 254

_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOT_ATOM = re.compile(_ATOMS + r"\Z")
_PLAIN = re.compile(_ATOMS + r"@[A-Za-z0-9.-]+\Z")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")
_NOBODY = re.compile(r"(?:no|donot|do-not)[-_.]?reply\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name for display (may be empty) and an address as it goes on the wire."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def parse_mailbox(text: str) -> Mailbox:
    """The mailbox in `Name <address>` or a bare address; NotDeliverableHere or HeaderValueError where it is none."""
    check_header_value("an address", text)
    name, address = parseaddr(text)
    if not address:
        raise NotDeliverableHere("this is no address; write Name <name@example.org>")
    return Mailbox(name=name, address=wire_address(address))


def wire_address(address: str, *, smtputf8: bool = False) -> str:
    """The address as MAIL and RCPT carry it: the local part as spelled, the domain as lower-case A-label (RFC 5891).

    NotDeliverableHere where it is no address, or its local part is not ASCII and `smtputf8` is false (RFC 6531).
    """
    local, at, domain = address.rpartition("@")
    # Nearly all are plain, and then nothing else has to be asked than whether there is such a domain.
    if len(local) <= LOCAL_PART_LIMIT and len(address) <= ADDRESS_LIMIT and _PLAIN.match(address):
        return f"{local}@{wire_domain(domain)}"
    check_header_value("an address", address)
    if not at or not local:
        raise NotDeliverableHere("the address has no local part or no domain")
    _check_local_part(local, smtputf8=smtputf8)
    wire = f"{local}@{wire_domain(domain)}"
    spelled = (local, wire) if wire.isascii() else (local.encode(), wire.encode())
    if len(spelled[0]) > LOCAL_PART_LIMIT or len(spelled[1]) > ADDRESS_LIMIT:
        raise NotDeliverableHere("the address is longer than SMTP allows (64 octets before the @, 254 in all)")
    return wire


@lru_cache(maxsize=4096)
def wire_domain(domain: str) -> str:
    """The domain as lower-case A-label; NotDeliverableHere where it is no domain."""
    try:
        wire = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as problem:
        raise NotDeliverableHere(f"the domain of the address cannot be written in DNS: {problem}") from problem
    if not _DOMAIN.match(wire):
        raise NotDeliverableHere("the address has no valid domain after its @")
    return wire


def is_nobodys(address: str) -> bool:
    """Whether the address says by its name that nobody reads it (`no-reply@`)."""
    return _NOBODY.match(address.rpartition("@")[0]) is not None


def _check_local_part(local: str, *, smtputf8: bool) -> None:
    if not local.isascii() and not smtputf8:
        raise NotDeliverableHere("the local part is not ASCII and the next server offers no SMTPUTF8")
    ascii_only = local if local.isascii() else "".join(letter if letter.isascii() else "a" for letter in local)
    if not _DOT_ATOM.match(ascii_only):
        raise NotDeliverableHere("the local part of the address holds characters that cannot be sent to from here")
