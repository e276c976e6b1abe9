"""The product itself, in processes of its own, driven from outside as a marketer's program does: by its HTTP API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from urllib.error import URLError
from urllib.request import Request, urlopen

from sqlalchemy import func, select

from benchmarks.postfix import free_port
from benchmarks.readership import PUBLICATION
from benchmarks.servers import cpu_seconds
from preferences.delivery import AttemptOutcome, CampaignStatus
from preferences.store.auditing import Audit
from preferences.store.clock import SystemClock
from preferences.store.database import Database
from preferences.store.publications import publication_named
from preferences.store.tables import ATTEMPT, CAMPAIGN
from preferences.store.tokens import TokenScope, create_token

KEY = "a key of the benchmarks that is long enough"
_START_SECONDS, _SEND_SECONDS = 120, 900
_LOOK_SECONDS = 0.02
_OVER = frozenset({CampaignStatus.FINISHED.value, CampaignStatus.PAUSED.value, CampaignStatus.ENDED.value})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running product: its processes, where it serves, and a token that may send."""

    processes: tuple[subprocess.Popen[bytes], ...]
    base_url: str
    token: str

    def schedule_now(self, campaign: int) -> None:
        """Ask the API to send a campaign now; back when it has answered."""
        listed = self._ask("GET", "/api/v1/campaigns?limit=100")
        # The newest first, and numbered in the order in which they were made.
        chosen = listed["items"][len(listed["items"]) - campaign]
        self._ask("POST", f"/api/v1/campaigns/{chosen['id']}/schedule", {"at": "now"})

    def cpu_seconds(self) -> float:
        """CPU time of all its processes up to now."""
        return sum(cpu_seconds(process.pid) for process in self.processes)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, list[dict[str, str]]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.base_url + path, data, headers, method=method), timeout=60) as answer:
            told: dict[str, list[dict[str, str]]] = json.load(answer)
        return told


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


@contextmanager
def running(database: Database, where: Setting, commands: Sequence[Sequence[str]] = (("run",),)) -> Iterator[Product]:
    """The product, from when it answers until the context ends; each of `commands` is a process."""
    token = token_for(database)
    base_url = f"http://127.0.0.1:{where.listen_port}"
    program = "from webapp.cli import main; main()"
    processes = tuple(
        subprocess.Popen([sys.executable, "-c", program, *command], env=where.environ(), stdout=subprocess.DEVNULL)
        for command in commands
    )
    try:
        wait_until_it_answers(base_url, processes)
        yield Product(processes=processes, base_url=base_url, token=token)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait()


def token_for(database: Database) -> str:
    """A new token that may send."""
    with database.write() as connection:
        return create_token(
            connection, PUBLICATION, "benchmark", TokenScope.SEND.value, datetime.now(UTC), is_sandbox=False
        )


def wait_until_it_answers(base_url: str, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Back when a page is answered there. Raises SystemExit where a process has ended, or nothing answers."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        ended = [process.args for process in processes if process.poll() is not None]
        if ended:
            raise SystemExit(f"a process has ended by itself: {ended}")
        try:
            urlopen(f"{base_url}/favicon.ico", timeout=5).close()
        except URLError as error:
            if hasattr(error, "code"):
                return  # an answer, whatever it says
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"nothing answered at {base_url} within {_START_SECONDS} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """How a campaign was sent: seconds from *schedule now* to *finished*, and how many were accepted.

    `cpu_seconds` is what the product's own processes used meanwhile, without the database's.
    """

    seconds: float
    accepted: int
    cpu_seconds: float


def send(database: Database, product: Product, campaign: int) -> Send:
    """Schedule a campaign now, and wait until it is finished."""
    began, used = perf_counter(), product.cpu_seconds()
    product.schedule_now(campaign)
    _wait_until_finished(database, campaign)
    seconds, used = perf_counter() - began, product.cpu_seconds() - used
    with database.read() as connection:
        accepted = ATTEMPT.c.outcome == AttemptOutcome.ACCEPTED.value
        count = connection.execute(select(func.count()).select_from(ATTEMPT).where(accepted)).scalar_one()
    return Send(seconds=seconds, accepted=count, cpu_seconds=used)


def _wait_until_finished(database: Database, campaign: int) -> None:
    end = time.monotonic() + _SEND_SECONDS
    status = ""
    while time.monotonic() < end:
        status = status_of(database, campaign)
        if status in _OVER:
            break
        time.sleep(_LOOK_SECONDS)
    if status != CampaignStatus.FINISHED.value:
        raise SystemExit(f"the campaign did not finish: it is {status} after {_SEND_SECONDS} s at most")


def status_of(database: Database, campaign: int) -> str:
    """Where a campaign stands."""
    with database.read() as connection:
        status: str = connection.execute(select(CAMPAIGN.c.status).where(CAMPAIGN.c.id == campaign)).scalar_one()
    return status


def broken_promises(database: Database) -> list[str]:
    """What the audit finds, recomputing everything with code of its own."""
    with database.read() as connection:
        publication = publication_named(connection, None)
    return [str(one) for one in Audit(database, publication).broken(SystemClock().now())]
