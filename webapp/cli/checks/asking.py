"""Asking the DNS, within a time that is set beforehand: an answer, that there is none, or that nobody answered."""

from __future__ import annotations

import time
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

# One name, and all of them together: whoever has no network is not to wait for each.
_EACH_SECONDS, _ALL_SECONDS = 3.0, 12.0


class NoAnswerError(Exception):
    """Nobody answered, which says nothing about the name."""


class Asking:
    """Asks for records of names; after so many seconds in all, or two names without an answer, it asks no more."""

    def __init__(self, nameserver: tuple[str, int] | None = None, *, seconds: float = _ALL_SECONDS) -> None:
        self._until = time.monotonic() + seconds
        self._unanswered = 0
        try:
            self._resolver: dns.resolver.Resolver | None = dns.resolver.Resolver(configure=nameserver is None)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = None
        if nameserver is not None and self._resolver is not None:
            self._resolver.nameservers = [nameserver[0]]
            self._resolver.port = nameserver[1]

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each with its strings joined (RFC 7208, section 3.3); empty where there is none."""
        return [b"".join(record.strings).decode("ascii", "replace") for record in self._records(name, "TXT")]

    def exchanges(self, name: str) -> list[str]:
        """The hosts that take mail for a name, "" for one that takes none (RFC 7505); empty where it does not say."""
        found = sorted(self._records(name, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=True).rstrip(".") for record in found]

    def addresses(self, name: str) -> list[str]:
        """The addresses of a host, of both kinds; empty where it has none."""
        return [record.address for kind in ("A", "AAAA") for record in self._records(name, kind)]

    def hosts(self, address: str) -> list[str]:
        """The names of an address; empty where it has none."""
        reverse = dns.reversename.from_address(address).to_text()
        return [record.target.to_text(omit_final_dot=True) for record in self._records(reverse, "PTR")]

    def _records(self, name: str, kind: str) -> list[Any]:
        left = self._until - time.monotonic()
        if self._resolver is None or left <= 0 or self._unanswered >= 2:
            raise NoAnswerError
        try:
            return list(self._resolver.resolve(name, kind, lifetime=min(_EACH_SECONDS, left), search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            self._unanswered += 1
            raise NoAnswerError from error
