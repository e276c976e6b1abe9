"""The file of an import: its hash, its encoding, and its lines, with how much of it was read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from preferences.importing.encoding import Encoding, encoding_of
from preferences.importing.table import Table, open_table

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """An open file. `hash` is its SHA-256; rows are read while the file is open."""

    path: Path
    hash: str
    size: int
    encoding: Encoding
    table: Table
    stream: BinaryIO

    def read_bytes(self) -> int:
        """How far the file was read, for the progress."""
        return min(self.size, self.stream.tell())


@contextmanager
def open_import_file(path: Path) -> Iterator[ImportFile]:
    """The file, read once for hash and encoding, and open to be read for its rows. Raises `Invalid`, `OSError`."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        encoding = encoding_of(_chunks(stream, digest))
        size = stream.tell()
        stream.seek(0)
        # Held until the end: a wrapper that nobody holds any more closes the stream below it.
        with TextIOWrapper(stream, encoding=encoding.codec, newline="") as lines:
            yield ImportFile(
                path=path,
                hash=digest.hexdigest(),
                size=size,
                encoding=encoding,
                table=open_table(lines),
                stream=stream,
            )


def _chunks(stream: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
        yield chunk
