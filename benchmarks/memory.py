"""The memory of one web server, two workers and one scheduler while they send to a million, against ten thousand.

The sum of what each process has by itself and its share of what it has together with others (PSS, proc(5)); the most
of it, looked at twice a second while the campaign is planned and for a while as it is handed over. The two workers are
`troth worker --processes 2`, with what waits for them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from benchmarks import Result
from benchmarks.environment import setting
from benchmarks.postfix import postfix
from benchmarks.product import Product, commands, running, status_of, wait_until_all_work
from benchmarks.readership import populated
from benchmarks.servers import DurableServer, children_of, durable_server, valkey
from preferences.delivery import CampaignStatus
from preferences.store.database import Database, open_database

FEW, MANY = 10_000, 1_000_000
BAR, MEGABYTES_BAR = 1.2, 350.0
HANDING_OVER_SECONDS = 40.0
PLANNING_SECONDS = 600.0
_KILOBYTES = 1024


def run(readers: int = MANY) -> list[Result]:
    """The two claims about memory."""
    with durable_server() as server:
        few_megabytes = _most(server, FEW)
        many_megabytes = _most(server, readers)
    return [
        Result(
            claim=f"memory with {readers:,} recipients",
            ratio=many_megabytes / few_megabytes,
            bar=BAR,
            measured=f"{many_megabytes:.0f} MB",
            reference=f"{few_megabytes:.0f} MB with {FEW:,}",
        ),
        Result(
            claim="memory of one web server, two workers and one scheduler",
            ratio=many_megabytes,
            bar=MEGABYTES_BAR,
            unit="MB",
            measured=f"with {readers:,} recipients",
            reference="nothing: what a small machine has left",
        ),
    ]


def _most(server: DurableServer, recipients: int) -> float:
    """The most megabytes at once."""
    name = populated(server, recipients)
    with (
        tempfile.TemporaryDirectory() as folder,
        postfix().sink() as port,
        valkey() as broker,
        closing(open_database(server.database_url(name))) as database,
    ):
        told = setting(database, Path(folder), port, connections=5, more=broker)
        with running(database, told, commands(workers=2)) as product:
            wait_until_all_work(database, 2)
            product.schedule_now(1)
            most = _looked_at(database, product)
    server.drop(name)
    return most


def _looked_at(database: Database, product: Product) -> float:
    """The most megabytes until it is handed over for a while, or planned for far too long."""
    most, end = 0.0, time.monotonic() + PLANNING_SECONDS
    is_handing_over = False
    while time.monotonic() < end:
        most = max(most, megabytes(process.pid for process in product.processes))
        status = status_of(database, 1)
        if not is_handing_over and status != CampaignStatus.SCHEDULED.value:
            is_handing_over, end = True, time.monotonic() + HANDING_OVER_SECONDS
        if status == CampaignStatus.FINISHED.value:
            break
        time.sleep(0.5)
    assert is_handing_over, "nothing was handed over"
    return most


def megabytes(processes: Iterable[int]) -> float:
    """The PSS of processes and of what they have started."""
    return sum(_kilobytes(one) for process in processes for one in (process, *children_of(process))) / _KILOBYTES


def _kilobytes(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:2]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
