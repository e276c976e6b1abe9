"""What this process counts as it happens. Prometheus adds up the processes; nothing here is written anywhere."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

from preferences.store.results import Came

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Measures:
    """The counters of one process, in a registry of their own. Threads share it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._mails = Counter("troth_mails", "Mails by what became of the hand-over.", ["outcome"], registry=registry)
        for came in Came:
            self._mails.labels(outcome=came.value)
        self._seconds = Histogram(
            "troth_group_seconds",
            "Seconds from the commit that counted a group of mails until all of them had an answer.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._sizes = Histogram(
            "troth_group_mails", "Mails in one group: counted by one transaction.", buckets=_SIZES, registry=registry
        )

    def group(self, mails: int, seconds: float) -> None:
        """One group was made, handed over and recorded."""
        self._seconds.observe(seconds)
        self._sizes.observe(mails)

    def recorded(self, came: Iterable[Came]) -> None:
        """What became of some mails was recorded."""
        for outcome, number in Tally(came).items():
            self._mails.labels(outcome=outcome.value).inc(number)
