"""A mill: web, workers and schedulers as processes of their own, a mail server with a log, and somebody who kills them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from benchmarks.prove import handing_over, populate, send
from preferences.delivery import State
from preferences.store.auditing import Audit
from preferences.store.clock import SystemClock
from preferences.store.database import open_database
from preferences.store.publications import publication_named
from preferences.store.tables import CAMPAIGN, DELIVERY, LEASE

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
KEY = "a key of the tests that is long enough"


class Mill:
    """One installation, its processes by the names they were begun under, and what its mail server says arrived."""

    def __init__(self, url: str, broker_url: str, folder: Path, *, delay_ms: float) -> None:
        self.database = open_database(url)
        self.folder = folder
        self._log = folder / "sink.log"
        self._log.touch()
        command = [sys.executable, "-m", "benchmarks.sink", str(self._log), str(delay_ms)]
        self._sink = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._sink.stdout is not None
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TROTH_DATABASE_URL": url,
            "TROTH_BROKER_URL": broker_url,
            "TROTH_SECRET_KEY": KEY,
            "TROTH_DATA_DIR": str(folder / "var"),
            "TROTH_SMTP_URL": f"smtp://127.0.0.1:{int(self._sink.stdout.readline())}",
            "TROTH_LISTEN": "127.0.0.1:0",
        }
        self._processes: list[subprocess.Popen[str]] = []

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """`troth` with these arguments, once it has said that it works; what it logs is in the folder."""
        with (self.folder / f"{arguments[0]}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", "from webapp.cli import main; main()", *arguments],
                env={**self.environment, **environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
            )
        self._processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Troth "), self.logs()
        return process

    def logs(self) -> str:
        """Everything that any process logged."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")) if path != self._log)

    def arrived(self) -> Counter[str]:
        """How often each recipient's mails reached the mail server."""
        return Counter(line.split()[0] for line in self._log.read_text().splitlines())

    def campaign(self, readers: int) -> int:
        """A campaign to so many readers, due now."""
        populate(self.database, readers, total=None)
        return send(self.database, "letter")[0]

    def until_arrived(self, number: int) -> None:
        """Wait until so many mails have arrived and others are handing over."""
        self.until(lambda: self.arrived().total() >= number and handing_over(self.database, 0) > 0)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < end, f"it did not happen\n{self.logs()}"
            time.sleep(0.02)

    def finish(self, campaign: int) -> dict[str, int]:
        """Wait until a campaign is finished; how many of its deliveries are in which state."""
        self.until(lambda: self._status(campaign) == "finished")
        with self.database.read() as connection:
            states = connection.execute(select(DELIVERY.c.state).where(DELIVERY.c.campaign_id == campaign)).scalars()
            return dict(Counter(states))

    def in_doubt(self, campaign: int) -> set[str]:
        """Whose mail is in doubt."""
        chosen = (DELIVERY.c.campaign_id == campaign) & (DELIVERY.c.state == State.IN_DOUBT.value)
        with self.database.read() as connection:
            numbers = connection.execute(select(DELIVERY.c.subscriber_id).where(chosen)).scalars()
            return {f"reader{number - 1}@example.org" for number in numbers}

    def check(self, campaign: int, readers: int) -> None:
        """Nobody got it twice, nobody who is not in doubt went without, and no promise was broken."""
        arrived = self.arrived()
        assert [reader for reader, times in arrived.items() if times > 1] == []
        everybody = {f"reader{number}@example.org" for number in range(readers)}
        assert everybody - set(arrived) <= self.in_doubt(campaign)
        with self.database.read() as connection:
            publication = publication_named(connection, None)
        assert list(Audit(self.database, publication).broken(SystemClock().now())) == []

    def leases(self, purpose: str) -> dict[int, bool]:
        """By the number of each lease of a kind, in order, whether it was ended."""
        with self.database.read() as connection:
            chosen = select(LEASE.c.id, LEASE.c.ended_at).where(LEASE.c.purpose == purpose)
            rows = connection.execute(chosen.order_by(LEASE.c.id))
            return {row.id: row.ended_at is not None for row in rows}

    def was_given_up(self, lease: int) -> bool:
        """Whether a lease was ended before it was over, so that nobody had to wait for that."""
        with self.database.read() as connection:
            row = connection.execute(select(LEASE.c.ended_at, LEASE.c.until).where(LEASE.c.id == lease)).one()
        return row.ended_at is not None and row.ended_at < row.until

    def close(self) -> None:
        """End everything that still runs."""
        for process in [*self._processes, self._sink]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.database.close()

    def _status(self, campaign: int) -> str:
        with self.database.read() as connection:
            status: str = connection.execute(select(CAMPAIGN.c.status).where(CAMPAIGN.c.id == campaign)).scalar_one()
        return status


@contextmanager
def mill_at(url: str, broker_url: str, folder: Path, *, delay_ms: float = 40.0) -> Iterator[Mill]:
    """A mill on a migrated PostgreSQL database."""
    mill = Mill(url, broker_url, folder, delay_ms=delay_ms)
    try:
        yield mill
    finally:
        mill.close()


def kill(process: subprocess.Popen[str]) -> None:
    """End a process as a power cut does."""
    process.kill()
    process.wait()


def stop(process: subprocess.Popen[str]) -> None:
    """Ask a process to end in order, which it does."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
