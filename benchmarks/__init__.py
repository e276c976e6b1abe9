"""One script per claim, each printing a ratio against a reference run beside it.

A script is a module of this package with `run() -> list[Result]`; `python -m benchmarks` calls all of them, and
`python -m benchmarks decide` one. `prove` stands beside them and is called by itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One claim: what was measured against what, the ratio, and the highest one that keeps the claim."""

    claim: str
    ratio: float
    bar: float
    measured: str
    reference: str

    @property
    def is_kept(self) -> bool:
        """Whether the claim holds in this run."""
        return self.ratio <= self.bar

    def __str__(self) -> str:
        verdict = "kept" if self.is_kept else "BROKEN"
        detail = f"{self.measured} against {self.reference}"
        return f"{verdict:6}  {self.claim}: {self.ratio:.1f} times, at most {self.bar:g} ({detail})"
