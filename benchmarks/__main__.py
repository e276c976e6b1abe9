"""`python -m benchmarks [NAME ...]`: every claim, or those named. Exits with 1 where one is broken."""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module
from pkgutil import iter_modules

import benchmarks
from benchmarks.postfix import NoToolsError

# Called by themselves: they measure no claim.
APART = frozenset({"__main__", "phases", "prove", "torture"})


def main(names: list[str]) -> int:
    """Print the machine and each result; 1 if a claim is broken, 2 for a name that is no script."""
    scripts = [module.name for module in iter_modules(benchmarks.__path__) if module.name not in APART]
    unknown = sorted(set(names) - set(scripts))
    if unknown:
        print(f"no such script: {', '.join(unknown)}; there are {', '.join(scripts)}", file=sys.stderr)
        return 2
    print(machine())
    is_kept, missing = True, []
    for name in names or scripts:
        script = import_module(f"benchmarks.{name}")
        if not hasattr(script, "run"):
            continue
        try:
            results = script.run()
        except NoToolsError as error:
            missing.append(f"not measured: {name}: {error}")
            continue
        for result in results:
            print(result, flush=True)
            is_kept = is_kept and result.is_kept
    print("\n".join(missing), end="\n" if missing else "")
    return 0 if is_kept else 1


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
