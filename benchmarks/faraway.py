"""A mail server behind a link of twenty milliseconds, against a loop of smtplib with as many connections.

The loop is what most programs do: one message after the other on each kept connection, and one answer after the other
within each message. Ours is the whole product, from *schedule now* to *finished*.
"""

from __future__ import annotations

import smtplib
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import Bound, Result
from benchmarks.link import link
from benchmarks.postfix import postfix
from benchmarks.product import CONNECTIONS, sent_from_copy
from benchmarks.readership import populated
from benchmarks.sending import OCTETS
from benchmarks.servers import durable_server, valkey

MESSAGES = 4_000
PAIRS = 5
MILLISECONDS = 20.0
BAR = 3.0
_LINE = b"What spring brings: bread with caraway, a lamp in the reading room.\r\n"
BODY = b"Subject: Spring\r\n\r\n" + _LINE * (OCTETS // len(_LINE))


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The claim about the link."""
    ratios, ours, theirs = [], [], []
    with (
        durable_server() as server,
        tempfile.TemporaryDirectory() as folder,
        postfix().sink() as sink,
        link(sink, MILLISECONDS) as port,
        valkey() as broker,
    ):
        ground = populated(server, messages)
        for pair in range(pairs):
            theirs.append(_loop_seconds(port, messages))
            sent = sent_from_copy(server, ground, Path(folder) / str(pair), port, broker, messages)
            ours.append(sent.seconds)
            ratios.append(theirs[-1] / ours[-1])
            print(f"  pair {pair + 1}: {ours[-1]:.1f} s, {theirs[-1]:.1f} s", file=sys.stderr, flush=True)
    return [
        Result(
            claim=f"{messages:,} messages over a link of {MILLISECONDS:g} ms, {CONNECTIONS} connections",
            ratio=median(ratios),
            bar=BAR,
            bound=Bound.AT_LEAST,
            measured=f"{messages / median(ours):,.0f} a second",
            reference=f"{messages / median(theirs):,.0f} of a loop of smtplib",
        )
    ]


def _loop_seconds(port: int, messages: int) -> float:
    """Seconds of ten loops at once, connections kept."""
    began = perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(lambda _: _loop(port, messages // CONNECTIONS), range(CONNECTIONS)))
    return perf_counter() - began


def _loop(port: int, messages: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, "localhost") as connection:
        for number in range(messages):
            connection.sendmail("letter@example.org", [f"reader-{number}@example.org"], BODY)


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
