"""Uploaded files, kept beside the database until they are imported; they hold addresses, so their owner alone reads them."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from preferences.errors import NotFound
from preferences.importing.encoding import encoding_of
from preferences.importing.refusals import refused_header, refused_row
from preferences.importing.table import Refused, Table, open_table

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


def keep(folder: Path, publication: int, name: str, content: bytes) -> Upload:
    """Keep a file; the same bytes are the same file."""
    upload = Upload(folder=folder, publication=publication, hash=hashlib.sha256(content).hexdigest())
    upload._write("csv", content)
    upload._write("name", "".join(letter for letter in name if letter.isprintable())[-200:].encode())
    return upload
