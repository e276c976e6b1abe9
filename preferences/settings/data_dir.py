"""The directory in which an installation keeps what is its own: here, its secret key. The only module that writes."""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from preferences.settings.values import SHORTEST_SECRET_KEY, Settings, SettingsError

SECRET_KEY_FILE = "secret-key"


def new_secret_key() -> str:
    """A key that nobody has: 48 random bytes as 64 characters."""
    return secrets.token_urlsafe(48)


def prepare_data_dir(settings: Settings, make_key: Callable[[], str] = new_secret_key) -> Settings:
    """The same settings, with at least one secret key, and with a data directory that exists.

    Where no key was given, it is the one that an earlier start left in the data directory; on the first start, one is
    made and left there for this user alone. Raises ``SettingsError`` where directory or key cannot be used.
    """
    try:
        # For this user alone: addresses of readers are kept in it.
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if settings.secret_keys:
            return settings
        return replace(settings, secret_keys=_kept_keys(settings.data_dir / SECRET_KEY_FILE, make_key))
    except OSError as error:
        problem = f"TROTH_DATA_DIR ({settings.data_dir}) cannot be used: {error.strerror}. Name one you may write to."
        raise SettingsError((problem,)) from error


def _kept_keys(path: Path, make_key: Callable[[], str]) -> tuple[str, ...]:
    """The keys in the file: one that was made, or several with commas between them, as the setting would have them."""
    if not path.exists():
        _leave(path, make_key())
    if path.stat().st_mode & 0o077:
        raise SettingsError((f"The secret key in {path} can be read by others: chmod 600 {path}",))
    text = path.read_text(encoding="ascii", errors="replace")
    keys = tuple(key.strip() for key in text.split(","))
    if min(len(key) for key in keys) < SHORTEST_SECRET_KEY:
        problem = (
            f"The secret key in {path} is damaged: put it back from a backup. A new one breaks every link sent so far."
        )
        raise SettingsError((problem,))
    return keys


def _leave(path: Path, key: str) -> None:
    """Make the file, whole or not at all; one that another process made meanwhile stays."""
    # Temporary files are made with mode 0600, and a hard link never replaces a file.
    with NamedTemporaryFile("w", dir=path.parent, prefix=".secret-key-", encoding="ascii") as draft:
        draft.write(f"{key}\n")
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    # Without this, a power failure may forget the key while mails signed with it are on their way.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
