"""The file that a backup is: a tar archive with the database, what stands beside it in the data directory, and a note.

    about.json       what it is: when, of which version, revision and installation, how far its ledger goes
    settings.env     the settings it was made with; passwords are left out
    troth.sqlite3    the database, whole
    data/...         the secret key and whatever else an installation keeps itself

It holds addresses and the key of every link: it is made for its owner's eyes alone.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from preferences.errors import TrothError
from preferences.settings import SECRET_KEY_FILE, Settings
from preferences.settings.values import without_password

DATABASE = "troth.sqlite3"
DATA = "data"
_ABOUT, _SETTINGS = "about.json", "settings.env"
_FORMAT = 1
# A password may hold a comma: only where another URL begins, one ends.
_NEXT_URL = re.compile(r"[,\s]+(?=[a-z+]+://)")
_LARGEST_NOTE_OCTETS = 64 * 1024
# Databases are copied in their own way, what is being made is not whole, uploads are read once, and marks and
# backups are of this machine.
_LEFT_OUT = (
    "*.sqlite3*",
    ".*",
    "fresh-sandbox-*",
    "high-water-mark-*",
    "backups",
    "own",
    "sandbox",
    "running",
    "*.replaced-*",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What stands in a backup about itself. Instants in UTC as ISO 8601; `newest_*` are empty where there is nothing."""

    format: int
    made_at: str
    version: str
    revision: str
    installation: str
    newest_hand_over_at: str
    newest_at: str


def about(*, made_at: datetime, version: str, revision: str, installation: str, newest: tuple[str, str]) -> About:
    """The note of a backup that is made now; `newest` is the newest hand-over, and the newest of anything."""
    return About(
        format=_FORMAT,
        made_at=made_at.isoformat(),
        version=version,
        revision=revision,
        installation=installation,
        newest_hand_over_at=newest[0],
        newest_at=newest[1],
    )


def write_backup(target: Path, said: About, database: Path, settings: Settings, environ: Mapping[str, str]) -> None:
    """Write a backup into a new file that only this user may read; it is on the disk when this answers."""
    with (
        os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive,
    ):
        _add_text(archive, _ABOUT, json.dumps(asdict(said), indent=2) + "\n")
        _add_text(archive, _SETTINGS, "".join(f"{line}\n" for line in _settings_lines(environ)))
        for path, name in _kept_in(settings.data_dir):
            archive.add(path, f"{DATA}/{name}", recursive=False, filter=_plain)
        if not (settings.data_dir / SECRET_KEY_FILE).is_file():
            _add_text(archive, f"{DATA}/{SECRET_KEY_FILE}", ",".join(settings.secret_keys) + "\n")
        archive.add(database, DATABASE, filter=_plain)
        archive.close()
        file.flush()
        os.fsync(file.fileno())


def _settings_lines(environ: Mapping[str, str]) -> Iterator[str]:
    """The settings as they were given. The key lies in the backup; what else is secret has to be given anew."""
    for name, value in sorted(environ.items()):
        if name.startswith("TROTH_") and name != "TROTH_SECRET_KEY":
            # Several mail servers stand in one setting, each with a password of its own.
            urls = (without_password(one) if "@" in one else one for one in _NEXT_URL.split(value.strip()))
            yield f"{name}={' '.join(urls) if name.endswith('_URL') else value}"


def _kept_in(data_dir: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    for path in sorted(data_dir.rglob("*")):
        name = path.relative_to(data_dir)
        if path.is_file() and not path.is_symlink() and not any(_is_left_out(part) for part in name.parts):
            yield path, PurePosixPath(name.as_posix())


def _is_left_out(part: str) -> bool:
    return any(PurePosixPath(part).match(pattern) for pattern in _LEFT_OUT)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whose it was on this machine says nothing on the next."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    octets = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(octets), 0o600
    archive.addfile(entry, io.BytesIO(octets))


def read_about(backup: Path) -> About:
    """What a backup says about itself. Raises `TrothError` for what is none, or one of a newer format."""
    try:
        with tarfile.open(backup, "r:*") as archive:
            first = archive.next()
            note = archive.extractfile(first) if first is not None and first.name == _ABOUT else None
            said = {} if note is None else json.loads(note.read(_LARGEST_NOTE_OCTETS))
        if said.get("format") != _FORMAT:
            raise TrothError(f"{backup} is no backup of Troth, or one of a newer version: see {_ABOUT} in it")
        return About(**said)
    except (tarfile.ReadError, zlib.error) as error:
        raise TrothError(f"{backup} is no backup of Troth: it is no whole tar archive") from error
    except (tarfile.TarError, EOFError, ValueError, TypeError, AttributeError) as error:
        raise TrothError(f"{backup} is no backup of Troth: {error}") from error


def unpack_backup(backup: Path, folder: Path) -> None:
    """Unpack a backup into an empty folder. Raises `TrothError` where it is damaged, and what is unpacked is to be left."""
    try:
        with tarfile.open(backup, "r:*") as archive:
            for entry in archive:
                _unpack(archive, entry, folder)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise TrothError(f"{backup} cannot be unpacked: {error}; nothing was changed") from error
    if not (folder / DATABASE).is_file():
        raise TrothError(f"{backup} holds no database; nothing was changed")


def _unpack(archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """What comes from outside may not write outside the folder, nor make links or devices: a backup has files only.

    Python has that as a filter since 3.11.4 only; Debian 12 comes with 3.11.2.
    """
    name = PurePosixPath(entry.name)
    octets = archive.extractfile(entry) if entry.isreg() else None
    if octets is None or name.is_absolute() or ".." in name.parts:
        raise tarfile.TarError(f"{entry.name} is nothing that a backup holds")
    target = folder / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with octets, os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        shutil.copyfileobj(octets, file)
