"""One script per claim, each printing a ratio against a reference run beside it.

A script is a module of this package with `run() -> list[Result]`; `python -m benchmarks` calls all of them, in the order
of the table in docs/performance.md, and `python -m benchmarks decide` one. `phases`, `prove` and `torture` stand beside
them and are called by themselves; the other modules are what the scripts are made of: `readership`, `population` and
`copies` (readers), `postfix`, `servers`, `environment` and `product` (what runs).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Bound(Enum):
    """On which side of its bar a ratio has to stay; NONE is for what is only said."""

    AT_MOST = "at most"
    AT_LEAST = "at least"
    NONE = "no bar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One claim: what was measured against what, the ratio (or an amount, in its `unit`), and the bar that keeps it."""

    claim: str
    ratio: float
    bar: float
    measured: str
    reference: str
    bound: Bound = Bound.AT_MOST
    unit: str = "times"

    @property
    def is_kept(self) -> bool:
        """Whether the claim holds in this run."""
        match self.bound:
            case Bound.AT_MOST:
                return self.ratio <= self.bar
            case Bound.AT_LEAST:
                return self.ratio >= self.bar
            case Bound.NONE:
                return True

    def __str__(self) -> str:
        verdict = ("kept" if self.is_kept else "BROKEN") if self.bound is not Bound.NONE else "said"
        bar = "" if self.bound is Bound.NONE else f", {self.bound.value} {self.bar:g}"
        return (
            f"{verdict:6}  {self.claim}: {self.ratio:.2f} {self.unit}{bar} ({self.measured} against {self.reference})"
        )
