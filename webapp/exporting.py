"""Everything known of one person as a file: JSON for programs, or a ZIP with one CSV for each table for people.

A file is written to the disk beyond a megabyte, while one transaction reads; it is sent when that is over. No cell is
one that a spreadsheet takes for a formula. docs/export.md says what each column means.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from preferences.importing.refusals import without_formula
from preferences.store.export_values import Section
from preferences.store.exports import export
from preferences.store.publications import PublicationRow
from preferences.store.subscribers import SubscriberRow
from preferences.store.transactions import Transaction
from webapp.language import _

_IN_MEMORY = 2**20
_BLOCK = 2**16
# A ZIP knows no earlier year, and needs none of ours: what is in it says when it was made.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


class Format(Enum):
    """How an export is written; the value is how the name of its file ends."""

    JSON = "json"
    CSV = "zip"

    @property
    def mimetype(self) -> str:
        """What the file is to a browser."""
        return "application/json" if self is Format.JSON else "application/zip"


def about() -> Mapping[str, str]:
    """What stands in each section, in the language of this answer."""
    return {
        "person": _("Who you are here: what you typed, since when, and whether mail may be sent to you."),
        "expectations": _("What you asked for and were promised, since when and until when."),
        "consents": _("The proof that you agreed, and when that ended: where, how, and to which words."),
        "sign_ups": _("Every sign-up that was made with your address, confirmed or not."),
        "mails": _("Every mail that was meant for you, numbered, and what became of it."),
        "decisions": _("Why each mail was sent, waited, came along or was left out: every decision, with its reason."),
        "hand_overs": _("Each try to hand a mail to your mailbox, and what the mail server answered."),
        "events": _(
            "What else was recorded about you: changes, pauses, who made them, and why, where somebody said so."
        ),
        "unsubscribes": _("What you left, when, by which way, and the reason if you gave one."),
        "answers": _("What you answered to questions."),
        "votes": _("What you said of single mails by one tap."),
        "readers_you_brought": _("When somebody whom you brought signed up. Who it was is theirs to tell."),
        "mails_of_other_systems": _("Mails that other programs sent, or asked to send, on behalf of this publication."),
        "reads": _("When the page of a mail was opened. It is used for no decision about you."),
        "service_mails": _("Mails that you asked for yourself, such as a confirmation or a fresh link."),
        "address_changes": _("When you asked to get mail at another address."),
    }


def written(
    connection: Transaction, publication: PublicationRow, person: SubscriberRow, how: Format, now: datetime
) -> IO[bytes]:
    """The file, from its beginning; whoever reads it closes it. Instants in it are UTC."""
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it is closed when it was sent
    sections = export(connection, publication, person)
    if how is Format.JSON:
        _write_json(file, publication, sections, now)
    else:
        _write_tables(file, publication, sections, now)
    is_small = file.tell() <= _IN_MEMORY
    file.seek(0)
    if not is_small:
        return file
    # What fits into memory needs nobody to close it, should the browser go away.
    with file:
        return io.BytesIO(file.read())


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The file block by block; closed at its end."""
    with file:
        while block := file.read(_BLOCK):
            yield block


def _write_json(file: IO[bytes], publication: PublicationRow, sections: list[Section], now: datetime) -> None:
    def write(text: str) -> None:
        file.write(text.encode())

    head = {"format": 1, "publication": publication.name, "made_at": now.isoformat(), "about": dict(about())}
    write(_json(head)[:-1])
    for section in sections:
        write(f",\n{_json(section.name)}: ")
        rows = (_json({name: row[name] for name in section.columns}) for row in section.rows)
        if section.name == "person":
            write(next(rows))
            continue
        write("[")
        for place, row in enumerate(rows):
            write(f"{',' if place else ''}\n{row}")
        write("]")
    write("}\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_instant)


def _instant(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"an export has no place for a {type(value).__name__}")
    return value.isoformat()


def _write_tables(file: IO[bytes], publication: PublicationRow, sections: list[Section], now: datetime) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        told = [f"{publication.name}, {now.isoformat()}", *(f"{name}.csv\n{said}" for name, said in about().items())]
        archive.writestr(_entry("about.txt"), "\n\n".join(told) + "\n")
        for section in sections:
            with archive.open(_entry(f"{section.name}.csv"), "w") as entry:
                _write_table(entry, section)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _NO_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _write_table(entry: IO[bytes], section: Section) -> None:
    # With the mark that tells spreadsheets that this is UTF-8.
    text = io.TextIOWrapper(entry, "utf-8-sig", newline="")
    table = csv.writer(text)
    table.writerow(section.columns)
    for row in section.rows:
        table.writerow([_cell(row[name]) for name in section.columns])
    text.flush()
    text.detach()


def _cell(value: Any) -> str:
    """A value as people read it in a table, and as no spreadsheet executes it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case list() | tuple():
            return without_formula("; ".join(str(one) for one in value))
        case dict():
            return without_formula(json.dumps(value, ensure_ascii=False)) if value else ""
        case int() | float():
            return str(value)
        case _:
            return without_formula(str(value))
