"""What the processes of the product are told, and what they are not: nothing that somebody has set in their shell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.postfix import free_port
from preferences.store.database import Database

KEY = "a key of the benchmarks that is long enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the processes are told: the database and where the mail goes, and a folder for everything else."""

    database_url: str
    folder: Path
    smtp_port: int
    connections: int
    more: Mapping[str, str]
    listen_port: int

    def environ(self) -> dict[str, str]:
        """The environment of a process, without anything that somebody has set in their shell."""
        settings = {
            "TROTH_DATABASE_URL": self.database_url,
            "TROTH_DATA_DIR": str(self.folder),
            "TROTH_SECRET_KEY": KEY,
            "TROTH_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "TROTH_LISTEN": f"127.0.0.1:{self.listen_port}",
            "TROTH_WORKERS": str(self.connections),
            "TROTH_LOG_LEVEL": "warning",
            **self.more,
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")} | settings


def setting(
    database: Database, folder: Path, smtp_port: int, *, connections: int = 10, more: Mapping[str, str] | None = None
) -> Setting:
    """The setting in which a database's own mailer hands over to a port of loopback."""
    url = database.engine.url.render_as_string(hide_password=False)
    port = free_port()
    return Setting(
        database_url=url,
        folder=folder,
        smtp_port=smtp_port,
        connections=connections,
        more=more or {},
        listen_port=port,
    )
