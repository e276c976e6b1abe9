"""Uploaded files, kept beside the database until they are imported; they hold addresses, so their owner alone reads them."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from preferences.errors import Invalid, NotFound
from preferences.importing.encoding import encoding_of
from preferences.importing.refusals import refused_header, refused_row
from preferences.importing.table import Refused, Table, open_table

# An upload that nobody went on with, and refused rows that nobody fetched, hold addresses: they do not stay.
UPLOAD_STAYS = timedelta(days=1)
REFUSED_STAY = timedelta(days=30)
# What spreadsheets save by themselves begins with one of these, and is no text.
_NO_TEXT = {
    b"PK\x03\x04": "a workbook or another archive: open it and save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old workbook: open it and save it as CSV",
    b"%PDF": "a PDF: it holds pages, not rows",
    b"\x1f\x8b": "packed with gzip: unpack it first",
}
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One uploaded file of one publication, by the SHA-256 of its bytes."""

    folder: Path
    publication: int
    hash: str

    def __post_init__(self) -> None:
        if not _HASH.fullmatch(self.hash):
            raise NotFound("there is no such file")

    def _path(self, kind: str) -> Path:
        return self.folder / "imports" / f"{self.publication}-{self.hash}.{kind}"

    @property
    def name(self) -> str:
        """The name that it was uploaded under. Raises `NotFound` where it is not here any more."""
        return self._read("name").decode()

    def table(self) -> Table:
        """Header and rows, to be read once. Raises `Invalid` and `NotFound`."""
        source = self._read("csv")
        return open_table(io.StringIO(source.decode(encoding_of([source]).codec), newline=""))

    def refused(self) -> bytes:
        """The rows that were refused, as a file. Raises `NotFound` where none were."""
        return self._read("refused")

    def has_refused(self) -> bool:
        """Whether there are refused rows to take home."""
        return self._path("refused").exists()

    def _read(self, kind: str) -> bytes:
        try:
            return self._path(kind).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("this file is not here any more: upload it again") from error

    def keep_refused(self, header: tuple[str, ...], rows: Iterable[Refused]) -> None:
        """Keep the refused rows in a form that no spreadsheet executes."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream)
        writer.writerow(refused_header(header))
        writer.writerows(refused_row(one) for one in rows)
        self._write("refused", stream.getvalue().encode())

    def forget(self) -> None:
        """Take the file away once it was imported; what was refused stays to be fetched."""
        for kind in ("csv", "name"):
            self._path(kind).unlink(missing_ok=True)

    def _write(self, kind: str, content: bytes) -> None:
        path = self._path(kind)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(content)


def check_is_text(content: bytes) -> None:
    """Refuse what is no text at all, by what it is. Raises `Invalid`."""
    for mark, what in _NO_TEXT.items():
        if content.startswith(mark):
            raise Invalid.one("file", f"this is {what}")
    text = content[:_LOOKED_AT].decode(encoding_of([content]).codec, "replace")
    if sum(letter < " " and letter not in "\t\n\r\f\v" for letter in text) * 20 > len(text):
        raise Invalid.one("file", "this is no text: choose a CSV file, such as the export of another newsletter tool")


_LOOKED_AT = 10_000


def tidy(folder: Path, now: datetime) -> int:
    """Take away what was left lying for too long; answers how many files. `now` is the machine's, as files' times are."""
    stay = {".csv": UPLOAD_STAYS, ".name": UPLOAD_STAYS, ".refused": REFUSED_STAY}
    old = [
        path
        for path in (folder / "imports").glob("*")
        if path.suffix in stay and path.stat().st_mtime < (now - stay[path.suffix]).timestamp()
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def keep(folder: Path, publication: int, name: str, content: bytes) -> Upload:
    """Keep a file; the same bytes are the same file."""
    upload = Upload(folder=folder, publication=publication, hash=hashlib.sha256(content).hexdigest())
    upload._write("csv", content)
    upload._write("name", "".join(letter for letter in name if letter.isprintable())[-200:].encode())
    return upload
