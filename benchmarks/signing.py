"""Every mail signed with RSA-2048, against what OpenSSL signs on the same two cores and nothing else.

Two worker processes with five connections each, and one with ten, as on several machines (`machines`); a key is made
and activated by `troth dkim`. What two processes are worth shows where each mail costs a signature.
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
from benchmarks.machines import valkey, worker_seconds
from benchmarks.postfix import postfix
from benchmarks.product import setting
from benchmarks.sending import populated
from benchmarks.servers import DurableServer, durable_server
from preferences.store.database import open_database

MESSAGES, PAIRS = 5_000, 5
BAR, PROCESSES_BAR = 0.35, 1.5
_RATE = re.compile(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+(?:\S+\s+\S+\s+)?([0-9.]+)\s", re.MULTILINE)


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The claims about signing, and about two processes that do."""
    ones, twos, rates = [], [], []
    with (
        durable_server() as server,
        tempfile.TemporaryDirectory() as folder,
        postfix().sink() as port,
        valkey() as broker,
    ):
        ground = populated(server, messages)
        _make_key(server, ground, Path(folder))
        for pair in range(pairs):
            place = Path(folder) / str(pair)
            rates.append(signatures_a_second())
            ones.append(worker_seconds(server, ground, place / "1", port, messages, broker, workers=1))
            twos.append(worker_seconds(server, ground, place / "2", port, messages, broker, workers=2))
            print(
                f"  pair {pair + 1}: {twos[-1]:.1f} s, {ones[-1]:.1f} s, {rates[-1]:.0f}/s", file=sys.stderr, flush=True
            )
    return [
        Result(
            claim=f"{messages:,} messages signed with RSA-2048, two worker processes",
            ratio=median(messages / two / rate for two, rate in zip(twos, rates, strict=True)),
            bar=BAR,
            bound=Bound.AT_LEAST,
            measured=f"{messages / median(twos):,.0f} a second",
            reference=f"{median(rates):,.0f} signatures of openssl speed",
        ),
        Result(
            claim=f"{messages:,} signed messages through two worker processes with 5 connections each",
            ratio=median(one / two for one, two in zip(ones, twos, strict=True)),
            bar=PROCESSES_BAR,
            bound=Bound.AT_LEAST,
            measured=f"{messages / median(twos):,.0f} a second",
            reference=f"{messages / median(ones):,.0f} through one with 10",
        ),
    ]


def _make_key(server: DurableServer, ground: str, folder: Path) -> None:
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
