"""This machine: the data directory, the secret key, the address of the pages, and room on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from preferences.settings import SECRET_KEY_FILE, Settings
from preferences.settings.values import SHORTEST_SECRET_KEY
from webapp.cli.checks.finding import Finding, ok, problem, warning

_MEGABYTE = 1_000_000
# SQLite and PostgreSQL both stop in the middle of a commit on a full disk; nothing is lost, and nothing goes out.
TOO_LITTLE, LITTLE = 100 * _MEGABYTE, 1000 * _MEGABYTE
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def look_here(settings: Settings) -> Iterator[Finding]:
    """Everything that can be known without asking anybody."""
    yield _data_dir(settings.data_dir)
    yield _secret_key(settings)
    yield _base_url(settings)
    if settings.base_url.startswith("https://") and _is_loopback(settings.listen_host) and not settings.trusted_proxies:
        yield warning(
            "proxy",
            "a proxy stands before Troth, and is not trusted: all readers count as one network",
            "set TROTH_TRUSTED_PROXIES to the number of your proxies, which is usually 1",
        )
    yield _disk(settings.data_dir)


def _data_dir(folder: Path) -> Finding:
    if not folder.exists():
        return warning("data directory", f"{folder} is not there yet", "it is made at the first start")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return problem(
            "data directory", f"{folder} cannot be written to", f"give it to the user that runs Troth: chown {folder}"
        )
    if folder.stat().st_mode & 0o077:
        return warning("data directory", f"{folder} can be read by others", f"chmod 700 {folder}: addresses lie in it")
    return ok("data directory", f"{folder} is this user's alone")


def _secret_key(settings: Settings) -> Finding:
    about = "secret key"
    if settings.secret_keys:
        return ok(about, f"{len(settings.secret_keys)} in TROTH_SECRET_KEY")
    path = settings.data_dir / SECRET_KEY_FILE
    if not path.exists():
        return warning(about, "none is made yet", "it is made at the first start; back it up with the database")
    if path.stat().st_mode & 0o077:
        return problem(about, f"{path} can be read by others", f"chmod 600 {path}")
    try:
        is_whole = len(path.read_text(encoding="ascii").strip()) >= SHORTEST_SECRET_KEY
    except (OSError, ValueError):
        is_whole = False
    if not is_whole:
        return problem(
            about, f"{path} is damaged", "put it back from a backup: a new one breaks every link sent so far"
        )
    return ok(about, f"{path} is this user's alone; it belongs into every backup")


def _base_url(settings: Settings) -> Finding:
    about, host = "address of the pages", urlsplit(settings.base_url).hostname or ""
    if not _is_loopback(host):
        return ok(about, settings.base_url)
    if settings.smtp is None:
        return ok(about, f"{settings.base_url}, for this machine only, as nothing leaves it")
    return problem(
        about,
        f"{settings.base_url} leads nowhere but on this machine, and every link in every mail begins with it",
        "set TROTH_BASE_URL to the https:// address that readers use",
    )


def _is_loopback(host: str) -> bool:
    return host in _LOOPBACK or host.startswith("127.")


def _disk(folder: Path) -> Finding:
    about, there = "disk", next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{free // _MEGABYTE:,} MB free at {folder}"
    if free < TOO_LITTLE:
        return problem(about, said, "free some: on a full disk nothing is sent, and nobody can unsubscribe")
    if free < LITTLE:
        return warning(about, said, "free some before it is full; an upgrade copies the database first")
    return ok(about, said)
