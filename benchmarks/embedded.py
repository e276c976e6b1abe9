"""The same send on SQLite in one process, as `troth run` starts it, while its web server answers pages.

Twice a ratio: against `smtp-source` into the same `smtp-sink`, in pairs that take turns; and the slowest of a hundred
pages during the send against the slowest of a hundred before it. The page is a reader's own, and who asks for it is a
process of its own that waits a moment between two pages.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.managers import SyncManager
from pathlib import Path
from shutil import copy
from statistics import median, quantiles
from threading import Event
from time import perf_counter, sleep
from urllib.parse import urlsplit

from benchmarks import Bound, Result
from benchmarks.environment import KEY, setting
from benchmarks.postfix import postfix
from benchmarks.product import CONNECTIONS, Product, check, running, send
from benchmarks.readership import PUBLICATION, populate, write_letter
from benchmarks.sending import MESSAGES, OCTETS, PAIRS
from preferences.links import Claim, Links, Purpose
from preferences.store.database import open_database

BAR, PAGES_BAR = 0.35, 10.0
BETWEEN_SECONDS = 0.015
IDLE_SECONDS = 6.0
FILE = "troth.sqlite3"


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The two claims about SQLite."""
    tools = postfix()
    ours, theirs, ratios, slower, idles, busies = [], [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder, tools.sink() as port:
        ground = Path(folder) / FILE
        with closing(open_database(f"sqlite:///{ground}")) as database:
            database.migrate()
            populate(database, messages)
            write_letter(database)
        for pair in range(pairs):
            theirs.append(tools.source_seconds(port, messages, OCTETS, CONNECTIONS))
            seconds, idle, busy = _one(ground, Path(folder) / str(pair), port, messages)
            ours.append(seconds)
            idles.append(idle)
            busies.append(busy)
            ratios.append(theirs[-1] / seconds)
            slower.append(busy / idle)
            print(
                f"  pair {pair + 1}: {seconds:.1f} s, {theirs[-1]:.2f} s; {busy / idle:.1f}",
                file=sys.stderr,
                flush=True,
            )
    return [
        Result(
            claim=f"{messages:,} messages of 8 kB on SQLite, one process, {CONNECTIONS} connections",
            ratio=median(ratios),
            bar=BAR,
            bound=Bound.AT_LEAST,
            measured=f"{messages / median(ours):,.0f} a second",
            reference=f"{messages / median(theirs):,.0f} of smtp-source",
        ),
        Result(
            claim="the slowest of a hundred pages meanwhile",
            ratio=median(slower),
            bar=PAGES_BAR,
            measured=f"{median(busies) * 1000:.0f} ms",
            reference=f"{median(idles) * 1000:.1f} ms before",
        ),
    ]


def _one(ground: Path, folder: Path, port: int, messages: int) -> tuple[float, float, float]:
    """Seconds of one send in a copy of the database, and the 99th percentiles of pages before and during it."""
    folder.mkdir()
    copy(ground, folder / FILE)
    with closing(open_database(f"sqlite:///{folder / FILE}")) as database:
        with running(database, setting(database, folder, port, connections=CONNECTIONS)) as product:
            with _asking(product) as before:
                sleep(IDLE_SECONDS)
            with _asking(product) as during:
                sent = send(database, product, 1)
        check(database, sent, messages)
    return sent.seconds, _slowest_of_hundred(before.result()), _slowest_of_hundred(during.result())


def _slowest_of_hundred(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[-1]


@contextmanager
def _asking(product: Product) -> Iterator[Future[list[float]]]:
    """While it lasts, a process asks for pages; afterwards the future has the seconds that each took."""
    spawn = get_context("spawn")
    with SyncManager(ctx=spawn) as manager, ProcessPoolExecutor(1, mp_context=spawn) as elsewhere:
        begun, over = manager.Event(), manager.Event()
        answers = elsewhere.submit(page_seconds, product.base_url, _path(), begun, over)
        begun.wait()
        yield answers
        over.set()
        answers.result()


def _path() -> str:
    """The page of the first reader."""
    claim = Claim(purpose=Purpose.PREFERENCES, publication=PUBLICATION, subscriber=1, issued_at=datetime.now(UTC))
    return f"/me/{Links([KEY]).sign(claim)}"


def page_seconds(base_url: str, path: str, begun: Event, over: Event) -> list[float]:
    """Seconds of each page, asked for one after the other until it is over."""
    connection = HTTPConnection(urlsplit(base_url).netloc, timeout=60)
    taken: list[float] = []
    while not over.is_set():
        since = perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        taken.append(perf_counter() - since)
        begun.set()
        sleep(BETWEEN_SECONDS)
    return taken


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
