"""Twenty thousand personalised messages through the whole product, against a program that only pushes bytes.

Both go to the same `smtp-sink` on ten kept connections, in pairs that take turns. Ours are made for each reader, with
text and HTML and everything that a mail of a list needs; the time runs from *schedule now*, asked of the HTTP API, until
the campaign is *finished*, on a PostgreSQL that waits for the disk at each commit, with planning, deciding twice,
counting and recording within; afterwards the audit finds nothing. A group of messages of a run of its own arrives byte
for byte as it was made, and part by part as the slow and obvious builder makes it. `smtp-source` sends one message of as
many octets as ours have on average over and over.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks import Bound, Result
from benchmarks.by_hand import sampled
from benchmarks.postfix import postfix
from benchmarks.product import broken_promises, running, send, setting
from benchmarks.readership import populate, write_letter
from benchmarks.servers import DurableServer, durable_server
from preferences.store.database import open_database

MESSAGES = 20_000
PAIRS = 5
CONNECTIONS = 10
OCTETS = 8 * 1024
BAR = 0.6


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The claim about PostgreSQL."""
    tools = postfix()
    octets = sampled(tools)
    with durable_server() as server, tempfile.TemporaryDirectory() as folder:
        ground = populated(server, messages)
        with tools.sink() as port:
            ratios, ours, theirs = [], [], []
            for pair in range(pairs):
                theirs.append(tools.source_seconds(port, messages, octets, CONNECTIONS))
                ours.append(seconds_to_finish(server, ground, Path(folder) / str(pair), port, messages))
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


def populated(server: DurableServer, messages: int) -> str:
    """The name of a database with readers and a letter, to be copied."""
    name = server.create()
    with closing(open_database(server.database_url(name))) as database:
        database.migrate()
        populate(database, messages)
        write_letter(database)
    return name


def seconds_to_finish(server: DurableServer, ground: str, folder: Path, port: int, messages: int) -> float:
    """From *schedule now* to *finished*, in a copy of the database, which is audited and dropped."""
    name = server.create(template=ground)
    with closing(open_database(server.database_url(name))) as database:
        with running(database, setting(database, folder, port, connections=CONNECTIONS)) as product:
            before = server.cpu_seconds()
            sent = send(database, product, 1)
            theirs = server.cpu_seconds() - before
        each = [f"{seconds / messages * 1e6:.0f} µs" for seconds in (sent.cpu_seconds, theirs)]
        print(f"  CPU of a message: {each[0]}, and {each[1]} of PostgreSQL's", file=sys.stderr, flush=True)
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
