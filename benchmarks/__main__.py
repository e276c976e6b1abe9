"""`python -m benchmarks [NAME ...]`: every claim, or those named. Exits with 1 where one is broken.

`--messages`, `--pairs` and `--readers` make a run shorter (or longer): how many each campaign goes to, how often the two
sides take turns, and how many there are to plan for and to hold in memory. Messages are a multiple of 500.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from time import monotonic

from benchmarks import Result
from benchmarks.postfix import NoToolsError

# In the order of the table in docs/performance.md; the rest are claims about single parts.
SCRIPTS = (
    "sending", "embedded", "faraway", "signing", "planning", "memory", "machines", "unrecorded",
    "compose", "decide", "pages", "week",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Print the machine and each result; 1 if a claim is broken, 2 for a name that is no script."""
    asked = _asked(arguments)
    sizes = {name: value for name in ("messages", "pairs", "readers") if (value := getattr(asked, name)) is not None}
    began = monotonic()
    print(machine(), flush=True)
    is_kept, missing = True, []
    for name in asked.names or SCRIPTS:
        try:
            results = _measured(name, sizes)
        except NoToolsError as error:
            missing.append(f"not measured: {name}: {error}")
            continue
        for result in results:
            print(result, flush=True)
            is_kept = is_kept and result.is_kept
    print("\n".join([*missing, f"in {(monotonic() - began) / 60:.0f} minutes"]))
    return 0 if is_kept else 1


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure claims against references.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SCRIPTS))
    parser.add_argument("--messages", type=int, help="how many each campaign goes to, a multiple of 500")
    parser.add_argument("--pairs", type=int, help="how often the two sides of a ratio take turns")
    parser.add_argument("--readers", type=int, help="how many there are to plan for and to hold in memory")
    asked = parser.parse_args(arguments)
    if unknown := sorted(set(asked.names) - set(SCRIPTS)):
        parser.error(f"no such script: {', '.join(unknown)}; there are {', '.join(SCRIPTS)}")
    return asked


def _measured(name: str, sizes: Mapping[str, int]) -> list[Result]:
    """The results of a script, which is told of the sizes that it has."""
    run = import_module(f"benchmarks.{name}").run
    takes = signature(run).parameters
    results: list[Result] = run(**{size: value for size, value in sizes.items() if size in takes})
    return results


def machine() -> str:
    """The processor, its cores, and the Python that measures."""
    python = f"Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {python}, {platform.system()}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123  (a file of the kernel)
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
