"""What judging a reader notes. A transaction of the gate writes it; a forecast keeps it in memory, and nothing else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from preferences.campaign import Candidate
from preferences.decision import Decision
from preferences.expectation import Arrives
from preferences.ranking import Verdict
from preferences.store.hand_overs import DigestRow
from preferences.store.open_deliveries import OpenDelivery, Situation


class Notes(Protocol):
    """Takes down what is decided about one reader after the other; `now` is the instant of all of it, in UTC."""

    now: datetime

    def wake_at(self, delivery_id: int, at: datetime) -> None:
        """Look at a delivery again at `at`; nothing was decided."""
        ...

    def digest_for(self, situation: Situation, rhythm: Arrives, slot_on: date, slot_at: datetime) -> int | None:
        """The number of a new digest for that slot; None where there was one already."""
        ...

    def drop_empty_digest(self, delivery_id: int) -> None:
        """Nothing is left for a digest that was to be tried again: an empty digest is not sent."""
        ...

    def decided(self, situation: Situation, candidate: Candidate, decision: Decision, at: datetime) -> None:
        """A decision about one candidate, judged at `at`, that sends nothing."""
        ...

    def stays(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that does not leave now: it waits, goes elsewhere, or is not sent."""
        ...

    def leaves(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that leaves now by itself."""
        ...

    def comes_along(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        """A campaign that comes along in a mail that leaves now."""
        ...

    def digest_leaves(self, situation: Situation, row: DigestRow, verdict: Verdict) -> None:
        """A digest that leaves at its slot with all its items."""
        ...

    def digest_stays(self, situation: Situation, row: DigestRow, verdict: Verdict) -> None:
        """A digest that does not leave: late, it waits for an allowed hour; stopped, its items wait for the next slot."""
        ...
