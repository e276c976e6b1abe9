"""Publications: finding, making and changing them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from preferences.address import parse_address
from preferences.appearance import HOUSE, Appearance, Logo
from preferences.asked import checked_zone
from preferences.errors import Conflict, FieldProblem, Invalid, NotFound
from preferences.store.rows import inserted_key
from preferences.store.tables import APPEARANCE, PUBLICATION

SLUG = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")
_NO_REPLY = re.compile(r"^(no|do-?not|dont)[-._]?reply", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRow:
    """A publication as it is stored."""

    id: int
    slug: str
    name: str
    zone: str
    language: str
    sender: str | None
    reply_to: str | None
    postal_address: str | None
    one_click_ends: str
    proof_days: int = 1095
    ledger_days: int | None = None
    jurisdiction: str = ""
    legal_basis: str = "consent"
    appearance: Appearance = HOUSE

    @property
    def may_send(self) -> bool:
        """Whether anything may leave: sender and postal address are set."""
        return bool(self.sender and self.postal_address)


_OWN = tuple(name for name in PublicationRow.__dataclass_fields__ if name != "appearance")
_LOOK = ("accent", "ground", "logo_width", "logo_height", "version")


# A publication with what it looks like, without its logo; its names do not meet those of a row that is joined to it.
COLUMNS = (
    *(PUBLICATION.c[name].label(f"publication_{name}") for name in _OWN),
    *(APPEARANCE.c[name].label(f"look_{name}") for name in _LOOK),
)
LOOKS = APPEARANCE.c.publication_id == PUBLICATION.c.id


def _publications() -> Select[Any]:
    return select(*COLUMNS).select_from(PUBLICATION).outerjoin(APPEARANCE, LOOKS)


# Every page and every group of mails asks this.
_PUBLICATION = _publications().where(PUBLICATION.c.id == bindparam("publication"))


def publication_in(row: Mapping[Any, Any]) -> PublicationRow:
    """The publication of a row that was asked for `COLUMNS`."""
    return _publication_row(_OF_OWN(row), _OF_LOOK(row))


_OF_OWN = itemgetter(*(f"publication_{name}" for name in _OWN))
_OF_LOOK = itemgetter(*(f"look_{name}" for name in _LOOK))


# By the row as it was read: every page asks for one of a few.
@lru_cache(maxsize=256)
def _publication_row(own: tuple[Any, ...], look: tuple[Any, ...]) -> PublicationRow:
    named = dict(zip(_OWN, own, strict=True))
    accent, ground, width, height, version = look
    if version is None:
        return PublicationRow(**named)
    logo = None if width is None else Logo(width=width, height=height)
    return PublicationRow(**named, appearance=Appearance(accent=accent, ground=ground, logo=logo, version=version))


def publications(connection: Connection) -> list[PublicationRow]:
    """All publications, oldest first."""
    rows = connection.execute(_publications().order_by(PUBLICATION.c.id)).mappings()
    return [publication_in(row) for row in rows]


def publication(connection: Connection, publication_id: int) -> PublicationRow:
    """The publication of that number. Raises `NotFound`."""
    row = connection.execute(_PUBLICATION, {"publication": publication_id}).mappings().first()
    if row is None:
        raise NotFound(f"there is no publication {publication_id}")
    return publication_in(row)


def publication_named(connection: Connection, slug: str | None) -> PublicationRow:
    """The publication with that slug; without one, the only one there is. Raises `NotFound` naming the choices."""
    there = publications(connection)
    if slug is None and len(there) == 1:
        return there[0]
    names = ", ".join(row.slug for row in there) or "none yet"
    if slug is None:
        raise NotFound(f"say which publication with --publication SLUG; there are: {names}")
    for row in there:
        if row.slug == slug:
            return row
    raise NotFound(f"there is no publication {slug!r}; there are: {names}")


def create_publication(
    connection: Connection,
    *,
    slug: str,
    name: str,
    zone: str,
    now: datetime,
    language: str = "en",
    sender: str | None = None,
    reply_to: str | None = None,
    postal_address: str | None = None,
) -> int:
    """Make a publication; answers its number. Raises `Invalid` and `Conflict`."""
    if not SLUG.match(slug):
        raise Invalid.one("slug", "use lower-case letters, digits and hyphens, such as my-letter")
    if connection.execute(select(PUBLICATION.c.id).where(PUBLICATION.c.slug == slug)).first() is not None:
        raise Conflict(f"there is a publication {slug!r} already")
    values = checked_values(
        {
            "name": name,
            "zone": zone,
            "language": language,
            "sender": sender,
            "reply_to": reply_to,
            "postal_address": postal_address,
        }
    )
    result = connection.execute(insert(PUBLICATION).values(slug=slug, created_at=now, **values))
    return inserted_key(result)


def change_publication(connection: Connection, publication_id: int, changes: dict[str, str | None]) -> None:
    """Change name, zone, language, sender, reply_to or postal_address. Raises `Invalid` with every problem."""
    values = checked_values(changes)
    if values:
        connection.execute(update(PUBLICATION).where(PUBLICATION.c.id == publication_id).values(**values))


def checked_values(values: dict[str, str | None]) -> dict[str, str | None]:
    """The values of a publication, cleaned. Raises `Invalid` with one problem per wrong field."""
    problems: list[FieldProblem] = []
    cleaned: dict[str, str | None] = {}
    for field, value in values.items():
        try:
            cleaned[field] = _CHECKS[field](field, value)
        except Invalid as error:
            problems += error.problems
        except KeyError:
            problems.append(FieldProblem(field=field, message=f"unknown field; known are {', '.join(_CHECKS)}"))
    if problems:
        raise Invalid(problems)
    return cleaned


def one_line(field: str, value: str | None) -> str:
    """A text that may stand in a header: not empty nor very long, no control or line-breaking character.

    Raises `Invalid`.
    """
    text = (value or "").strip()
    if not text:
        raise Invalid.one(field, "must not be empty")
    if len(text) > _LONGEST_LINE:
        raise Invalid.one(field, f"must have at most {_LONGEST_LINE} characters; this has {len(text)}")
    bad = next((c for c in text if ord(c) < 32 or ord(c) in _BREAKING or _is_no_character(c)), None)
    if bad is not None:
        raise Invalid.one(field, f"must be one line without control characters (found U+{ord(bad):04X})")
    turning = _turning(text)
    if turning is not None:
        advice = "leave it out: each name is set in the direction of its own letters"
        raise Invalid.one(
            field, f"must not turn the direction of what stands after it (U+{ord(turning):04X}); {advice}"
        )
    return text


def _is_no_character(char: str) -> bool:
    """Whether a code point stands for nothing and never will (The Unicode Standard, section 23.7)."""
    return ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF


def _turning(text: str) -> str | None:
    """The character by which a text would reach beyond itself: an override, or an isolate that is not closed."""
    opened = 0
    for char in text:
        opened += (char in _ISOLATES) - (char == _END_OF_ISOLATE)
        if char in _OVERRIDES or opened < 0:
            return char
    return _END_OF_ISOLATE if opened else None


# Unicode Standard Annex 9, section 2: embeddings and overrides; isolates, which names may hold in pairs.
_OVERRIDES = frozenset(map(chr, range(0x202A, 0x202F)))
_ISOLATES = frozenset(map(chr, range(0x2066, 0x2069)))
_END_OF_ISOLATE = "\u2069"


# No line of a mail is longer (RFC 5322, section 2.1.1).
_LONGEST_LINE = 998
_BREAKING = frozenset({0x7F, 0x85, 0x2028, 0x2029, *range(0x80, 0xA0)})


def checked_mailbox(field: str, value: str | None) -> str | None:
    """A mailbox such as Name <name@example.org>; None clears it. Raises `Invalid`."""
    if value is None or not value.strip():
        return None
    text = one_line(field, value)
    name, address = parseaddr(text)
    parsed = parse_address(address or text, field)
    if _NO_REPLY.match(parsed.spelled):
        raise Invalid.one(field, "must be a person's mailbox that is read; no-reply addresses are refused")
    return f"{name} <{parsed.spelled}>" if name else parsed.spelled


def _several_lines(field: str, value: str | None) -> str | None:
    lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
    return "\n".join(one_line(field, line) for line in lines) or None


def _language(field: str, value: str | None) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value or ""):
        raise Invalid.one(field, "must be a language tag, such as en or de")
    return value or ""


_CHECKS: dict[str, Callable[[str, str | None], str | None]] = {
    "name": one_line,
    "zone": lambda field, value: checked_zone(value or "", field),
    "language": _language,
    "sender": checked_mailbox,
    "reply_to": checked_mailbox,
    "postal_address": _several_lines,
}
