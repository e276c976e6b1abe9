"""SQLite that waits for no disk in the process that runs tests: a power cut is nothing that any of them survives.

What another process does, and what is killed there, waits for the disk as the product does. `as_written` is what the
product does here, too, for who asks about just that.
"""

from __future__ import annotations

from typing import Any

from preferences.store import database
from preferences.store.database import Durability

as_written = database._prepare_sqlite


def wait_for_no_disk() -> None:
    """From now on in this process."""
    database._prepare_sqlite = _prepare


def _prepare(durability: Durability, connection: Any, _record: Any) -> None:
    as_written(durability, connection, _record)
    connection.execute("PRAGMA synchronous=OFF")
