"""What readers without a name, or without a field, would read: how many of the audience they are, and what stands there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailer.compose import ComposeError, names_used
from preferences.links import Kind
from preferences.store.campaigns import CampaignRow
from preferences.store.console_readers import ReadBy, read_by
from preferences.store.field_names import lacking
from webapp.console.composing import parts
from webapp.console.desk import Desk

_LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Readers of an audience who lack a field, empty for their name; `reads` is the line they read instead of theirs.

    `as_id` is one of them. Who lacks a field is not sent to, so that they read nothing.
    """

    field: str
    count: int
    audience: int
    as_id: str = ""
    reads: str = ""


def lacks(desk: Desk, row: CampaignRow) -> list[Lack]:
    """What a campaign's text calls readers by and some of them do not have, their name first; empty where all have it."""
    used = names_used(row.values)
    calls_by_name = any(use.is_ours and use.name == "name" for use in used)
    fields = sorted({use.name for use in used if not use.is_ours})
    if not calls_by_name and not fields:
        return []
    found = lacking(desk.connection, desk.owner.id, row.id, fields)
    said = []
    if calls_by_name and found.nameless_id is not None:
        as_id, reads = desk.id(Kind.SUBSCRIBER, found.nameless_id), _read_without_name(desk, row)
        said.append(Lack(field="", count=found.nameless, audience=found.audience, as_id=as_id, reads=reads))
    short = [(name, count) for name, count in found.without.items() if count]
    return said + [Lack(field=name, count=count, audience=found.audience) for name, count in short]


def _read_without_name(desk: Desk, row: CampaignRow) -> str:
    """The first line that reads differently without a name; empty where the mail cannot be made for an example."""
    example = read_by(desk.connection, desk.owner, row, None, desk.now)
    try:
        named, nameless = (_lines(desk, row, one) for one in (example, replace(example, name="")))
    except ComposeError:
        return ""
    line = next((there for here, there in zip(named, nameless, strict=False) if here != there), "").strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def _lines(desk: Desk, row: CampaignRow, read: ReadBy) -> list[str]:
    mail = parts(desk, row, read)
    return [mail.subject, *mail.text.splitlines()]
