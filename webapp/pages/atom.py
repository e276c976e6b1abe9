"""Atom feeds (RFC 4287) as bytes: what is in them is text or sanitised HTML, escaped, without a character XML refuses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

# XML 1.0, section 2.2: what is not in these ranges cannot stand in a document, not even escaped.
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `name` is what its id is made from, and must never be another's; `html` is sanitised, or empty."""

    name: str
    title: str
    summary: str
    html: str
    url: str
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed: `url` is where it stands, `page_url` where the same can be read, newest entry first.

    `began_at` is its update where there is no entry yet. `name` as for an entry.
    """

    name: str
    title: str
    subtitle: str
    author: str
    language: str
    url: str
    page_url: str
    began_at: datetime
    entries: Sequence[Entry]

    @property
    def updated_at(self) -> datetime:
        """When anything in it last changed."""
        return max((entry.updated_at for entry in self.entries), default=self.began_at)


def atom(feed: Feed) -> bytes:
    """The document, in UTF-8."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={_attribute(feed.language)}>',
        f"<id>{_id(feed.name)}</id>",
        _text("title", feed.title),
        *([_text("subtitle", feed.subtitle)] if feed.subtitle else []),
        f"<updated>{_instant(feed.updated_at)}</updated>",
        f"<author>{_text('name', feed.author)}</author>",
        f'<link rel="self" type="application/atom+xml" href={_attribute(feed.url)}/>',
        f'<link rel="alternate" type="text/html" href={_attribute(feed.page_url)}/>',
        *(_entry(entry) for entry in feed.entries),
        "</feed>",
        "",
    ]
    return "\n".join(lines).encode()


def _entry(entry: Entry) -> str:
    lines = [
        "<entry>",
        f"<id>{_id(entry.name)}</id>",
        _text("title", entry.title),
        f"<published>{_instant(entry.published_at)}</published>",
        f"<updated>{_instant(entry.updated_at)}</updated>",
        f'<link rel="alternate" type="text/html" href={_attribute(entry.url)}/>',
        # An entry without content has a summary, RFC 4287 section 4.1.1.1 asks for a link and advises a summary.
        *([_text("summary", entry.summary or entry.title)] if entry.summary or not entry.html else []),
        *([f'<content type="html">{_clean(entry.html)}</content>'] if entry.html else []),
        "</entry>",
    ]
    return "\n".join(lines)


def _id(name: str) -> str:
    """An id that stays when the site moves: only the name counts."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _text(tag: str, text: str) -> str:
    return f"<{tag}>{_clean(text)}</{tag}>"


def _clean(text: str) -> str:
    return escape(_NO_CHARACTER.sub("", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_CHARACTER.sub("", text))


def _instant(at: datetime) -> str:
    """RFC 3339, in UTC, to the second."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
