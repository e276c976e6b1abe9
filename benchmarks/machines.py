"""Two worker processes with five connections each against one with ten, as they run on several machines.

Twice: handing over what is only made, and what is made and signed with RSA-2048, where each mail costs a signature. Web
server, scheduler and Valkey run beside them, and PostgreSQL waits for the disk at each commit. Pairs take turns, on
copies of one database.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import Bound, Result
from benchmarks.postfix import postfix
from benchmarks.product import sent_from_copy
from benchmarks.readership import populated
from benchmarks.sending import PAIRS
from benchmarks.servers import DurableServer, durable_server, valkey
from benchmarks.signing import MESSAGES as SIGNED_MESSAGES
from benchmarks.signing import make_key

MESSAGES = 10_000
BAR, SIGNED_BAR = 1.0, 1.5


def run(messages: int = MESSAGES, pairs: int = PAIRS) -> list[Result]:
    """The two claims about two worker processes."""
    with ExitStack() as stack:
        server = stack.enter_context(durable_server())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        few = min(messages, SIGNED_MESSAGES)
        plain, signed = populated(server, messages), populated(server, few)
        make_key(server, signed, folder)
        return [
            _result(server, plain, folder / "plain", messages, pairs, what="messages", bar=BAR),
            _result(server, signed, folder / "signed", few, pairs, what="signed messages", bar=SIGNED_BAR),
        ]


def _result(
    server: DurableServer, ground: str, folder: Path, messages: int, pairs: int, *, what: str, bar: float
) -> Result:
    ratios: list[float] = []
    ones: list[float] = []
    twos: list[float] = []
    with postfix().sink() as port, valkey() as broker:
        for pair in range(pairs):
            for workers, seconds in ((1, ones), (2, twos)):
                place = folder / f"{pair}-{workers}"
                seconds.append(sent_from_copy(server, ground, place, port, broker, messages, workers=workers).seconds)
            ratios.append(ones[-1] / twos[-1])
            print(f"  pair {pair + 1}: {twos[-1]:.1f} s, {ones[-1]:.1f} s", file=sys.stderr, flush=True)
    return Result(
        claim=f"{messages:,} {what} through two worker processes with 5 connections each",
        ratio=median(ratios),
        bar=bar,
        bound=Bound.AT_LEAST,
        measured=f"{messages / median(twos):,.0f} a second",
        reference=f"{messages / median(ones):,.0f} through one with 10",
    )


if __name__ == "__main__":
    results = run(*(int(argument) for argument in sys.argv[1:3]))
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
