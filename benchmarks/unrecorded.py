"""What the ledger costs: the same messages made and handed over by the same code, with nothing decided or written.

What would leave is decided before, in transactions that are taken back; then ten threads make the messages and hand
them over, group by group, and neither ask nor tell the database anything but what the texts need. The whole runs in one
worker process, too. Only said: no bar.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import Bound, Result
from benchmarks.by_hand import decided, hand_over, made, office_for
from benchmarks.postfix import postfix
from benchmarks.product import CONNECTIONS, sent_from_copy
from benchmarks.readership import populated
from benchmarks.servers import durable_server, valkey
from mailer.office import Office
from preferences.store.database import open_database
from preferences.store.hand_overs import HandOver

MESSAGES, PAIRS = 10_000, 3


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The share of the time that is not spent on making and handing over."""
    ratios, whole, bare = [], [], []
    with (
        durable_server() as server,
        tempfile.TemporaryDirectory() as folder,
        postfix().sink() as port,
        valkey() as broker,
    ):
        ground = populated(server, messages)
        copy = server.create(template=ground)
        with closing(open_database(server.database_url(copy), pool_size=2 * CONNECTIONS)) as database:
            office = office_for(database, port)
            groups = list(decided(office, 1))
            for pair in range(pairs):
                bare.append(_seconds(office, groups))
                sent = sent_from_copy(server, ground, Path(folder) / str(pair), port, broker, messages, workers=1)
                whole.append(sent.seconds)
                ratios.append(whole[-1] / bare[-1])
                print(f"  pair {pair + 1}: {whole[-1]:.1f} s, {bare[-1]:.1f} s", file=sys.stderr, flush=True)
    return [
        Result(
            claim=f"{messages:,} messages with everything, against making and handing them over only",
            ratio=median(ratios),
            bar=0.0,
            bound=Bound.NONE,
            measured=f"{messages / median(whole):,.0f} a second",
            reference=f"{messages / median(bare):,.0f} with the ledger taken out",
        )
    ]


def _seconds(office: Office, groups: Sequence[tuple[HandOver, ...]]) -> float:
    """Seconds that making and handing over takes, on ten connections of one process."""
    began = perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(lambda mails: hand_over(office, made(office, mails)[1]), groups))
    return perf_counter() - began


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
