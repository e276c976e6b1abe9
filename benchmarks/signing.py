"""Every mail signed with RSA-2048, against what OpenSSL signs on the same two cores and nothing else.

As recommended for two cores, with two worker processes; a key is made and activated by `troth dkim`. What two
processes are worth where each mail costs a signature is measured by `machines`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks import Bound, Result
from benchmarks.environment import setting
from benchmarks.postfix import postfix
from benchmarks.product import sent_from_copy
from benchmarks.readership import populated
from benchmarks.servers import DurableServer, durable_server, valkey
from preferences.store.database import open_database

MESSAGES, PAIRS = 5_000, 5
BAR = 0.35
_RATE = re.compile(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+(?:\S+\s+\S+\s+)?([0-9.]+)\s", re.MULTILINE)


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The claim about signing."""
    ours, rates = [], []
    with (
        durable_server() as server,
        tempfile.TemporaryDirectory() as folder,
        postfix().sink() as port,
        valkey() as broker,
    ):
        ground = populated(server, messages)
        make_key(server, ground, Path(folder))
        for pair in range(pairs):
            rates.append(signatures_a_second())
            ours.append(sent_from_copy(server, ground, Path(folder) / str(pair), port, broker, messages).seconds)
            print(f"  pair {pair + 1}: {ours[-1]:.1f} s, {rates[-1]:.0f}/s", file=sys.stderr, flush=True)
    return [
        Result(
            claim=f"{messages:,} messages signed with RSA-2048, two worker processes",
            ratio=median(messages / seconds / rate for seconds, rate in zip(ours, rates, strict=True)),
            bar=BAR,
            bound=Bound.AT_LEAST,
            measured=f"{messages / median(ours):,.0f} a second",
            reference=f"{median(rates):,.0f} signatures of openssl speed",
        )
    ]


def make_key(server: DurableServer, ground: str, folder: Path) -> None:
    """Make and activate a key of the sender's domain, in the database that is copied for each send."""
    with closing(open_database(server.database_url(ground))) as database:
        environ = setting(database, folder, 25).environ()
    for asked in (("make", "example.org", "--selector", "bench"), ("activate", "example.org", "bench", "--unseen")):
        program = [sys.executable, "-c", "from webapp.cli import main; main()", "dkim", *asked]
        subprocess.run(program, env=environ, check=True, stdout=subprocess.DEVNULL)


def signatures_a_second() -> float:
    """What `openssl speed` signs on two cores."""
    command = ["openssl", "speed", "-seconds", "3", "-multi", "2", "rsa2048"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = _RATE.search(said)
    assert found is not None, said
    return float(found.group(1))


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
