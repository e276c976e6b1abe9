"""The product itself, in processes of its own, driven from outside as a marketer's program does: by its HTTP API.

On PostgreSQL it runs as docs/operations.md recommends for a machine with two cores: `troth web`, `troth scheduler` and
`troth worker --processes 2` with five connections each, and a broker.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from urllib.error import URLError
from urllib.request import Request, urlopen

from sqlalchemy import func, select

from benchmarks.environment import Setting, setting
from benchmarks.readership import PUBLICATION
from benchmarks.servers import DurableServer, cpu_seconds, elsewhere_seconds
from preferences.delivery import AttemptOutcome, CampaignStatus
from preferences.store.auditing import Audit
from preferences.store.clock import SystemClock
from preferences.store.database import Database, open_database
from preferences.store.publications import publication_named
from preferences.store.tables import ATTEMPT, CAMPAIGN, LEASE
from preferences.store.tokens import TokenScope, create_token

# To the mail server, of all workers together.
CONNECTIONS = 10
_START_SECONDS, _SEND_SECONDS = 120, 900
_LOOK_SECONDS = 0.02
_OVER = frozenset({CampaignStatus.FINISHED.value, CampaignStatus.PAUSED.value, CampaignStatus.ENDED.value})


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


def sent_from_copy(
    server: DurableServer,
    ground: str,
    folder: Path,
    port: int,
    broker: Mapping[str, str],
    messages: int,
    *,
    workers: int = 2,
) -> Send:
    """A campaign to so many, sent by so many worker processes from a copy of a database, which is audited and dropped."""
    name = server.create(template=ground)
    with closing(open_database(server.database_url(name))) as database:
        told = setting(database, folder, port, connections=CONNECTIONS // workers, more=broker)
        with running(database, told, commands(workers)) as product:
            wait_until_all_work(database, workers)
            before, (gone, whole) = server.cpu_seconds(), elsewhere_seconds()
            sent = send(database, product, 1)
            theirs, (gone_then, whole_then) = server.cpu_seconds() - before, elsewhere_seconds()
        check(database, sent, messages)
    server.drop(name)
    each = [f"{seconds / messages * 1e6:.0f} µs" for seconds in (sent.cpu_seconds, theirs)]
    elsewhere = (gone_then - gone) / (whole_then - whole)
    print(
        f"  CPU of a message: {each[0]}, and {each[1]} of PostgreSQL's; {elsewhere:.0%} of the processors went elsewhere",
        file=sys.stderr,
        flush=True,
    )
    return sent


def commands(workers: int) -> Sequence[Sequence[str]]:
    """The commands of an installation with so many worker processes."""
    return (("web",), ("scheduler",), ("worker", "--processes", str(workers)))


def wait_until_all_work(database: Database, workers: int) -> None:
    """Back when each process of such an installation has said that it is there. Raises SystemExit where one never does."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with database.read() as connection:
            there = connection.execute(select(func.count()).where(LEASE.c.ended_at.is_(None))).scalar_one()
        if there == 2 + workers:
            return
        time.sleep(0.1)
    raise SystemExit(f"not every process began within {_START_SECONDS} s")


def check(database: Database, sent: Send, messages: int) -> None:
    """Everybody was sent to, and the audit, which recomputes everything with code of its own, finds nothing."""
    assert sent.accepted == messages, sent
    broken = broken_promises(database)
    assert not broken, broken[:5]


def broken_promises(database: Database) -> list[str]:
    """What the audit finds."""
    with database.read() as connection:
        publication = publication_named(connection, None)
    return [str(one) for one in Audit(database, publication).broken(SystemClock().now())]


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
