"""The example as it comes with Troth: one compressed SQLite file, and beside it what it says about itself.

The file holds no mail and no link: nothing in it depends on the key it was made with.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from preferences.errors import TrothError
from preferences.store.revisions import known_revisions, newest_revision
from webapp.example.content import FOLDER

ARCHIVE = FOLDER / "example.sqlite3.xz"
_AT_ONCE = 1024 * 1024
# What SQLite keeps beside a database that is open, or was when its process ended.
_BESIDE = ("-wal", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What stands beside the file. `revision` is that of its tables; `sha256` is of the database."""

    revision: str
    seed: int
    readers: int
    weeks: int
    ends_at: str
    sha256: str


def about(archive: Path = ARCHIVE) -> About | None:
    """What the shipped file says about itself; None where there is none."""
    try:
        return About(**json.loads(_beside(archive).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def ends_at(archive: Path = ARCHIVE) -> datetime:
    """Where the clock of the example stands, in UTC. Raises `TrothError` where nothing is shipped."""
    found = about(archive)
    if found is None:
        raise TrothError(f"there is no example at {archive}; make it with: troth example build")
    return datetime.fromisoformat(found.ends_at)


def is_usable(archive: Path = ARCHIVE) -> bool:
    """Whether an example is shipped that this version can bring to its own tables, as it does with any database."""
    found = about(archive)
    return found is not None and archive.is_file() and found.revision in known_revisions()


def unpack(target: Path, archive: Path = ARCHIVE) -> None:
    """Put the example's database at `target`: all of it or, whatever happens meanwhile, what was there before.

    Raises `TrothError` where nothing is shipped, and where SQLite's log of a database lies beside the target: with
    another database under it, that log would be read into the wrong one.
    """
    if not archive.is_file():
        raise TrothError(f"there is no example at {archive}; make it with: troth example build")
    beside = [name for ending in _BESIDE if (name := target.with_name(target.name + ending)).exists()]
    if beside:
        raise TrothError(f"{beside[0]} shows that {target} is in use, or was not closed; unpack to another place")
    target.parent.mkdir(parents=True, exist_ok=True)
    unpacking = target.with_name(f".{target.name}.{os.getpid()}.unpacking")
    try:
        with lzma.open(archive) as packed, unpacking.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, _AT_ONCE)
            unpacked.flush()
            os.fsync(unpacked.fileno())
        unpacking.replace(target)
    finally:
        unpacking.unlink(missing_ok=True)


def pack(snapshot: Path, archive: Path, *, seed: int, readers: int, weeks: int, ends_at: datetime) -> None:
    """Compress a database into an archive, and write beside it what it is."""
    with snapshot.open("rb") as plain, lzma.open(archive, "wb", preset=9 | lzma.PRESET_EXTREME) as packed:
        shutil.copyfileobj(plain, packed, _AT_ONCE)
    said = About(
        revision=newest_revision(),
        seed=seed,
        readers=readers,
        weeks=weeks,
        ends_at=ends_at.isoformat(),
        sha256=_sha256(snapshot),
    )
    _beside(archive).write_text(json.dumps(asdict(said), indent=2) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as plain:
        return hashlib.file_digest(plain, "sha256").hexdigest()


def _beside(archive: Path) -> Path:
    return archive.with_name(archive.name.partition(".")[0] + ".json")
