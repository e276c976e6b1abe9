"""What may be sent to one subscriber: a campaign as a candidate, or a digest at its slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from math import isfinite

from preferences.calendar import as_instant
from preferences.expectation import DIGESTS, Arrives


class ExpiryBasis(StrEnum):
    """Where `expires_at` comes from: only a default one is extended, and only once."""

    MARKETER = "marketer"
    DEFAULT = "default"
    EXTENDED = "extended"


class Origin(StrEnum):
    """Who sends it: what another system sends never waits for another mail and never comes along."""

    TROTH = "troth"
    OTHER_SYSTEM = "other_system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One campaign for one subscriber, as the law sees it.

    `id` is the delivery's, unique among candidates; `campaign` is what may be had only once. `relevance` is a score
    to this reader, higher first. `has_waited` says that a cap or a pause held it before. `coming_at` is the instant of
    the next mail that could carry it before it expires, None when none is coming; a mail that is due at this very
    instant is coming. `digest_stopped` says that it is an item of a digest that was stopped at its slot. `expires_at`
    None means never. Raises ValueError without a topic, for a naive instant, and for a relevance that is no number.
    """

    id: int
    campaign: int
    topics: tuple[int, ...]
    scheduled_at: datetime
    expires_at: datetime | None = None
    expiry: ExpiryBasis = ExpiryBasis.MARKETER
    priority: int = 0
    relevance: float = 0.0
    has_waited: bool = False
    coming_at: datetime | None = None
    digest_stopped: bool = False
    origin: Origin = Origin.TROTH

    def __post_init__(self) -> None:
        if not self.topics:
            raise ValueError("a campaign has at least one topic")
        if not isfinite(self.relevance):
            raise ValueError(f"a relevance is a finite number, not {self.relevance}")
        object.__setattr__(self, "scheduled_at", as_instant(self.scheduled_at, "the scheduled instant"))
        for name in ("expires_at", "coming_at"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, as_instant(value, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDue:
    """One digest at its slot: the rhythm, the nominal local date of the slot, its instant, the topics of its items.

    Raises ValueError for a digest with nothing in it, which is never sent, and for what is no rhythm.
    """

    id: int
    rhythm: Arrives
    slot_on: date
    slot_at: datetime
    topics: frozenset[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "slot_at", as_instant(self.slot_at, "the slot of a digest"))
        if self.rhythm not in DIGESTS:
            raise ValueError(f"{self.rhythm} is no rhythm of a digest")
        if not self.topics:
            raise ValueError("an empty digest is not sent")
