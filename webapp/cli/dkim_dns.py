"""What the DNS says of a key, and how its record is written down for whoever puts it there."""

from __future__ import annotations

import re

import dns.exception
import dns.resolver

from preferences.errors import TrothError
from preferences.store.dkim_keys import DkimKeyRow

PATIENCE_SECONDS = 10.0
# RFC 1035 section 3.3: one string of a TXT record; several are read as one.
_STRING_LENGTH = 255
_PUBLIC = re.compile(r"(?:^|;)\s*p\s*=([^;]*)")


class NotPublished(TrothError):
    """The DNS does not say what it must before a key may sign."""


def record_lines(key: DkimKeyRow) -> list[str]:
    """The TXT record in the words of a zone file: its name, and its strings in quotes."""
    strings = [key.record[start : start + _STRING_LENGTH] for start in range(0, len(key.record), _STRING_LENGTH)]
    return [f"{key.host}. IN TXT (", *(f'    "{one}"' for one in strings), ")"]


def check_published(key: DkimKeyRow) -> None:
    """Nothing where the DNS has the key's record; else `NotPublished`, which says what it has instead."""
    try:
        answer = dns.resolver.resolve(key.host, "TXT", lifetime=PATIENCE_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer) as error:
        raise NotPublished(
            f"there is no TXT record {key.host} yet: publish what `troth dkim records` prints"
        ) from error
    except (dns.exception.DNSException, OSError) as error:
        raise NotPublished(f"the DNS could not be asked for {key.host}: {type(error).__name__}") from error
    found = [b"".join(record.strings).decode("ascii", "replace") for record in answer]
    if not any(is_same_key(key.record, one) for one in found):
        raise NotPublished(f"the TXT record {key.host} is not this key's: publish what `troth dkim records` prints")


def is_same_key(wanted: str, found: str) -> bool:
    """Whether two records name the same public key, however they are spaced."""
    return _public(wanted) == _public(found) != ""


def _public(record: str) -> str:
    found = _PUBLIC.search(record)
    return "" if found is None else re.sub(r"\s", "", found.group(1))
