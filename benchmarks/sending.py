"""Twenty thousand personalised messages through the whole product, against a program that only pushes bytes.

Both go to the same `smtp-sink` on ten kept connections, in pairs that take turns. Ours are made for each reader, with
text and HTML and everything that a mail of a list needs; the time runs from *schedule now*, asked of the HTTP API, until
the campaign is *finished*, on a PostgreSQL that waits for the disk at each commit, with planning, deciding twice,
counting and recording within; afterwards the audit finds nothing. It runs as recommended for two cores: `troth web`,
`troth scheduler`, and `troth worker --processes 2` with five connections each, and a broker beside the database.

A group of messages of a run of its own arrives byte for byte as it was made, and part by part as the slow and obvious
builder makes it. `smtp-source` sends one message of as many octets as ours have on average over and over.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import Bound, Result
from benchmarks.by_hand import sampled
from benchmarks.postfix import postfix
from benchmarks.product import CONNECTIONS, sent_from_copy
from benchmarks.readership import populated
from benchmarks.servers import durable_server, valkey

MESSAGES = 20_000
PAIRS = 5
OCTETS = 8 * 1024
BAR = 0.6


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The claim about PostgreSQL."""
    tools = postfix()
    octets = sampled(tools)
    ratios, ours, theirs = [], [], []
    with (
        durable_server() as server,
        tempfile.TemporaryDirectory() as folder,
        tools.sink() as port,
        valkey() as broker,
    ):
        ground = populated(server, messages)
        for pair in range(pairs):
            theirs.append(tools.source_seconds(port, messages, octets, CONNECTIONS))
            sent = sent_from_copy(server, ground, Path(folder) / str(pair), port, broker, messages)
            ours.append(sent.seconds)
            ratios.append(theirs[-1] / ours[-1])
            print(f"  pair {pair + 1}: {ours[-1]:.1f} s, {theirs[-1]:.2f} s", file=sys.stderr, flush=True)
    return [
        Result(
            claim=f"{messages:,} messages of 8 kB on PostgreSQL, {CONNECTIONS} connections",
            ratio=median(ratios),
            bar=BAR,
            bound=Bound.AT_LEAST,
            measured=f"{messages / median(ours):,.0f} a second",
            reference=f"{messages / median(theirs):,.0f} of smtp-source",
        )
    ]


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
