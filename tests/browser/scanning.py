"""A scanner of mails: it fetches whatever it finds an address of, as mail programs, filters and previews do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from email import policy
from email.parser import BytesParser
from html import unescape
from http.client import HTTPConnection
from urllib.parse import quote, urljoin, urlsplit

from sqlalchemy import select

from preferences.store.database import Database
from preferences.store.tables import CAPTURED_MAIL, LEASE, OBSERVATION

METHODS = ("HEAD", "OPTIONS", "GET")
# Of one kind of page so many are enough; there are thousands of mails to look at.
OF_ONE_KIND = 8
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
_ATTRIBUTE = re.compile(r"""(?:href|src|action|formaction)\s*=\s*["']([^"']+)["']""")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}|\d+")


def captured_addresses(database: Database) -> set[str]:
    """Every address in every mail in the test inbox: in header fields, text and HTML."""
    with database.read() as connection:
        sources = connection.execute(select(CAPTURED_MAIL.c.source)).scalars().all()
    return {address for source in sources for address in _in_mail(source)}


def _in_mail(source: bytes) -> Iterator[str]:
    mail = BytesParser(policy=policy.default).parsebytes(source)
    for value in mail.values():
        yield from _ADDRESS.findall(str(value))
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            yield from (unescape(address) for address in _ADDRESS.findall(part.get_content()))


class Scanner:
    """Follows addresses within one origin. `seen` are those that were fetched, in order, with the kind of each."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.seen: dict[str, str] = {}
        self.answers: dict[tuple[str, str], int] = {}
        self._kinds: Counter[str] = Counter()
        self._known: set[str] = set()

    def scan(self, addresses: Iterable[str]) -> None:
        """Fetch all of these by every method that should be safe, and whatever their pages lead to."""
        waiting = sorted(self._new(self.base_url, addresses))
        while waiting:
            address = waiting.pop(0)
            self.seen[address] = _kind(address)
            for method in METHODS:
                waiting += sorted(self._new(address, self._fetch(method, address)))

    def one_of_each_kind(self) -> list[str]:
        """The first address of each kind of page that was fetched."""
        return list({kind: address for address, kind in reversed(self.seen.items())}.values())

    def _new(self, page: str, addresses: Iterable[str]) -> Iterator[str]:
        for found in addresses:
            address = quote(urljoin(page, unescape(found)).partition("#")[0], safe="/:?&=%@+,;~!$()*'")
            if not address.startswith(f"{self.base_url}/") or address in self._known:
                continue
            self._known.add(address)
            kind = _kind(address)
            self._kinds[kind] += 1
            if self._kinds[kind] <= OF_ONE_KIND:
                yield address

    def _fetch(self, method: str, address: str) -> list[str]:
        """What one answer leads to: where it redirects, and every address on the page."""
        parts = urlsplit(address)
        connection = HTTPConnection(parts.netloc, timeout=120)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, headers={"User-Agent": "a scanner of mails"})
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        self.answers[method, address] = answer.status
        redirects = [answer.headers["Location"]] if answer.headers["Location"] else []
        is_page = (answer.headers["Content-Type"] or "").startswith(("text/html", "application/atom"))
        return redirects + (_ATTRIBUTE.findall(body) + _ADDRESS.findall(body) if is_page else [])


def _kind(address: str) -> str:
    return _TOKEN.sub("*", urlsplit(address).path + "?" + re.sub(r"=[^&]*", "=", urlsplit(address).query))


def everything_but_observations(database: Database) -> dict[str, list[str]]:
    """All rows but observations, and the leases of the processes that are at work."""
    with database.read() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in OBSERVATION.metadata.sorted_tables
            if table not in (OBSERVATION, LEASE)
        }
