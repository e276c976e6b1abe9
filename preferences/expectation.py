"""What one subscriber asked for, and the terms it is judged by. Values validate; nothing here knows a table.

An expectation is never edited: a change ends one and begins the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from preferences.cadence import EVERY_DAY, BoundCap, Cadence, Cap, Period, Weekday, Whose
from preferences.calendar import as_instant, zone_named
from preferences.errors import Said
from preferences.quiet import Hours, Pause, next_allowed
from preferences.reach import Reach, reach_of


class Arrives(StrEnum):
    """How a topic arrives."""

    EACH = "each"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    WEB = "web"


_Value = TypeVar("_Value")

DIGESTS = frozenset({Arrives.DAILY, Arrives.WEEKLY, Arrives.MONTHLY})


class Overflow(StrEnum):
    """What becomes of a campaign that does not fit: the reader's choice."""

    COME_ALONG = "come_along"
    LEAVE_OUT = "leave_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestTimes:
    """When digests come: local hour, weekday of the weekly, day of the month of the monthly one."""

    hour: time
    weekday: Weekday
    day: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "weekday", Weekday(self.weekday))
        if not 1 <= self.day <= 31:
            raise ValueError(f"the day of the month is a number from 1 to 31, not {self.day}")
        if self.hour.tzinfo is not None or self.hour.second or self.hour.microsecond:
            raise ValueError(Said("the hour of a digest is a local time in whole minutes, such as 09:00"))


def default_digest_times(days: frozenset[Weekday], hours: Hours | None) -> DigestTimes:
    """Tuesday and the 1st at 09:00, else the first allowed weekday and the first full hour within the hours."""
    weekday = Weekday.TUE if Weekday.TUE in days else min(days)
    hour = time(9)
    if hours is not None and not hours.has(hour):
        full = [time((hours.since.hour + step) % 24) for step in range(1 if hours.since.minute else 0, 25)]
        hour = next((at for at in full if hours.has(at)), hours.since)
    return DigestTimes(hour=hour, weekday=weekday, day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoice:
    """One topic of an expectation: how it arrives, an own cap (with *each* only), the accepted cadence's id."""

    topic: int
    arrives: Arrives
    accepted: int
    at_most: Cap | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrives", Arrives(self.arrives))
        if self.at_most is not None and self.arrives is not Arrives.EACH:
            raise ValueError(Said("an own cap goes with a topic that arrives as each message only"))

    def __hash__(self) -> int:
        # Readers choose among few ways; the topic and its version tell most choices apart.
        return hash((self.topic, self.accepted))


# Without slots, as terms are: those of everybody who asks for the same are copied for each of them.
@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Everything one subscriber asked for, valid from `since`; the store closes the interval."""

    id: int
    zone: str
    topics: tuple[TopicChoice, ...]
    total: Cap | None = None
    days: frozenset[Weekday] = EVERY_DAY
    hours: Hours | None = None
    paused: Pause | None = None
    overflow: Overflow = Overflow.COME_ALONG
    digest: DigestTimes | None = None
    zone_assumed: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", frozenset(Weekday(day) for day in self.days))
        object.__setattr__(self, "overflow", Overflow(self.overflow))
        zone_named(self.zone)
        if not self.days:
            raise ValueError(Said("choose at least one day on which mail may arrive"))
        if len({choice.topic for choice in self.topics}) != len(self.topics):
            raise ValueError("a topic stands in an expectation once")
        if self.digest is None:
            object.__setattr__(self, "digest", default_digest_times(self.days, self.hours))
        self._check_digest()

    def _check_digest(self) -> None:
        times = self.digest_times
        if self.hours is not None and not self.hours.has(times.hour):
            raise ValueError(Said("the digest hour {hour} must lie within the hours", hour=f"{times.hour:%H:%M}"))
        if times.weekday not in self.days:
            raise ValueError(Said("the digest weekday must be among the days on which mail may arrive"))

    @property
    def digest_times(self) -> DigestTimes:
        """When digests come; always set after construction."""
        assert self.digest is not None
        return self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCadences:
    """The accepted and the current cadence of one topic, and whether the topic is for notices.

    Raises ValueError for notices on any other cadence than a number a year: they stand outside the total.
    """

    accepted: Cadence
    current: Cadence
    notice: bool = False

    def __post_init__(self) -> None:
        if self.notice and any(one.at_most.per is not Period.YEAR for one in (self.accepted, self.current)):
            raise ValueError("a topic for notices has a cap per year as its only cadence")

    def __hash__(self) -> int:
        return hash((self.accepted.id, self.current.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTerms:
    """One topic as it is judged: computed once, read by every rule."""

    topic: int
    arrives: Arrives
    notice: bool
    caps: tuple[BoundCap, ...]
    along_caps: tuple[BoundCap, ...]
    choice: TopicChoice
    cadences: TopicCadences
    reach: Reach

    def __hash__(self) -> int:
        return hash(self.choice)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The expectation in force and, for each of its topics, the accepted and the current cadence.

    The other fields are derived at construction: `zone`, the total as it is read, the pause as instants. `alike` is one
    object for all terms that ask for the same: what is said of one of them can be kept by it for all.
    Raises ValueError where a topic has no cadences, or a notice arrives otherwise than as each.
    """

    expectation: Expectation
    cadences: dict[int, TopicCadences]
    zone: tzinfo = field(init=False)
    topics: dict[int, TopicTerms] = field(init=False)
    total_caps: tuple[BoundCap, ...] = field(init=False)
    total_reach: Reach = field(init=False)
    pause: tuple[datetime, datetime] | None = field(init=False)
    rhythm_caps: dict[Arrives, tuple[BoundCap, ...]] = field(init=False)
    alike: object = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        asked = self.expectation
        zone = zone_named(asked.zone)
        total = () if asked.total is None else (BoundCap.of(Whose.TOTAL, asked.total),)
        derived = {
            "zone": zone,
            "topics": {choice.topic: self._judged(choice) for choice in asked.topics},
            "total_caps": total,
            "total_reach": reach_of(total),
            "pause": None if asked.paused is None else asked.paused.instants(zone),
            "alike": object(),
            "rhythm_caps": {rhythm: (BoundCap.of(Whose.RHYTHM, cap), *total) for rhythm, cap in RHYTHM_CAPS.items()},
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def _judged(self, choice: TopicChoice) -> TopicTerms:
        cadences = self.cadences.get(choice.topic)
        if cadences is None:
            raise ValueError(f"topic {choice.topic} of expectation {self.expectation.id} has no cadence")
        return _topic_terms(choice, cadences)

    def numbered(self, expectation: int) -> Terms:
        """The same terms as those of another expectation that asks for the same: what is derived is shared."""
        if self.expectation.id == expectation:
            return self
        return _with(self, "expectation", _with(self.expectation, "id", expectation))

    def next_free(self, instant: datetime) -> datetime:
        """The earliest instant, `instant` or later, outside the pause that days and hours allow."""
        asked = self.expectation
        free = next_allowed(self.zone, asked.days, asked.hours, instant)
        if self.pause is not None and self.pause[0] <= free < self.pause[1]:
            free = next_allowed(self.zone, asked.days, asked.hours, self.pause[1])
        return free

    def is_paused(self, instant: datetime) -> bool:
        """Whether an instant falls into the pause."""
        return self.pause is not None and self.pause[0] <= instant < self.pause[1]


def _with(value: _Value, name: str, other: object) -> _Value:
    """The value with one field changed that nothing is derived from, without deriving the others anew."""
    copied = object.__new__(type(value))
    fields = value.__dict__.copy()
    fields[name] = other
    object.__setattr__(copied, "__dict__", fields)
    return copied


RHYTHM_CAPS = {
    Arrives.DAILY: Cap(count=1, per=Period.DAY),
    Arrives.WEEKLY: Cap(count=1, per=Period.WEEK),
    Arrives.MONTHLY: Cap(count=1, per=Period.MONTH),
}


# Most readers of a topic chose it in the same way.
@lru_cache(maxsize=8192)
def _topic_terms(choice: TopicChoice, cadences: TopicCadences) -> TopicTerms:
    if cadences.notice and choice.arrives is not Arrives.EACH:
        raise ValueError("a topic for notices always arrives as each message")
    caps = tuple(_caps(choice, cadences))
    return TopicTerms(
        topic=choice.topic,
        arrives=choice.arrives,
        notice=cadences.notice,
        caps=caps,
        along_caps=caps,
        choice=choice,
        cadences=cadences,
        reach=reach_of(caps),
    )


def _caps(choice: TopicChoice, cadences: TopicCadences) -> Iterable[BoundCap]:
    """The caps of a topic in the order that breaks ties; the same version twice is one cap."""
    if choice.at_most is not None:
        yield BoundCap.of(Whose.OWN, choice.at_most)
    accepted, current = cadences.accepted, cadences.current
    yield BoundCap.of(Whose.ACCEPTED, accepted.at_most, accepted.days)
    if current.id != accepted.id:
        yield BoundCap.of(Whose.CURRENT, current.at_most, current.days)


class Suppression(StrEnum):
    """Why nothing is written to an address any more."""

    DEAD_ADDRESS = "dead_address"
    COMPLAINT = "complaint"
    ERASED = "erased"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a subscriber may be written to: confirmed, consent that has not ended, suppressed, unsubscribed."""

    confirmed: bool
    unsubscribed: bool = False
    suppressed: Suppression | None = None
    consent_ends_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.consent_ends_at is not None:
            object.__setattr__(self, "consent_ends_at", as_instant(self.consent_ends_at, "the end of a consent"))


GOOD_STANDING = Standing(confirmed=True)
