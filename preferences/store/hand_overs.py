"""What leaves: a counted mail with everything that its message needs, and what travels in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from preferences.campaign import DigestDue
from preferences.expectation import Arrives, Terms
from preferences.history import History
from preferences.store.open_deliveries import OpenDelivery
from preferences.store.subscribers import SubscriberRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One campaign that travels in another mail: along in it, or as an item of a digest."""

    delivery_id: int
    campaign_id: int
    revision: int
    topic_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """A digest at its slot, and what is pending for it."""

    digest: DigestDue
    items: tuple[OpenDelivery, ...]


@dataclass(slots=True, kw_only=True)
class HandOver:
    """One counted mail that is to be handed over now: everything its message needs, as of the commit.

    `campaign_id` is None for a digest. `history` includes this mail; `lines` came along, `items` stand in the digest.
    `vote_share` is the chance with which a line to vote by was drawn for it; None where it has no such line.
    """

    delivery_id: int
    publication_id: int
    subscriber: SubscriberRow
    terms: Terms
    history: History
    rhythm: Arrives | None
    topic_id: int | None
    committed_at: datetime
    campaign_id: int | None = None
    revision: int = 1
    attempt_id: int = 0
    lines: list[Line] = field(default_factory=list)
    items: tuple[Line, ...] = ()
    vote_share: float | None = None
