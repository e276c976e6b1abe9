"""What the audit reads: rows of the ledger as plain values, with nothing of the law in them.

Instants are aware, in UTC. Weekdays are numbered from Monday, 0. Everything is as it was recorded; nothing is derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo

EACH, WEB = "each", "web"
RHYTHMS = {"daily": "day", "weekly": "week", "monthly": "month"}
COME_ALONG = "come_along"
STANDING = frozenset({"accepted", "in_doubt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `count` mails per `per`; `whose` says where it comes from, `week_from` the first of its usual days."""

    whose: str
    count: int
    per: str
    week_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """One version of what a topic states; `days` are its usual days."""

    id: int
    version: int
    count: int
    per: str
    days: frozenset[int]
    stated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic and every version of its cadence, in order."""

    id: int
    name: str
    is_notice: bool
    cadences: tuple[Cadence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign; `topics` in its own order."""

    id: int
    name: str
    topics: tuple[int, ...]
    status: str
    audience: int | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What all subscribers of a publication share."""

    slug: str
    topics: Mapping[int, Topic]
    campaigns: Mapping[int, Campaign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One topic of an expectation: how it arrives, an own cap as `(count, per)`, and the accepted cadence."""

    topic: int
    arrives: str
    accepted: int
    own: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What one subscriber asked for in `[since, until)`; `total` is `(count, per)`, `hours` and `paused` half-open."""

    id: int
    since: datetime
    until: datetime | None
    zone: tzinfo
    zone_name: str
    choices: Mapping[int, Choice]
    total: tuple[int, str] | None = None
    days: frozenset[int] = frozenset(range(7))
    hours: tuple[time, time] | None = None
    paused: tuple[date, date] | None = None
    overflow: str = COME_ALONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """Leaving a topic, or everything where `topic` is None; `expectation` was in force when it came.

    Bounces, which are recorded beside these, are not among them: nobody said a word.
    """

    topic: int | None
    expectation: int | None
    occurred_at: datetime
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether somebody may be written to; `suppressed` says why not, `consent_ends_at` None means that it does not end."""

    confirmed: bool
    unsubscribed: bool = False
    suppressed: str | None = None
    consent_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One campaign for one subscriber, or one digest for one slot."""

    id: int
    campaign: int | None
    rhythm: str | None
    slot_on: date | None
    state: str
    carrier: int | None
    last_outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to hand a delivery over, as it is judged now; `outcome` None while it is under way."""

    id: int
    delivery: int
    committed_at: datetime
    begun_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One row by which a mail counts. `uncounted_at` is when it was recorded that it counts no longer."""

    id: int
    attempt: int | None
    foreign: int | None
    topic: int | None
    counted_at: datetime
    in_total: bool
    along: bool
    rhythm: str | None
    uncounted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A decision to send: under which expectation, current cadences (by topic) and standing, and in which carrier.

    `judged_at` is the instant it was made for: at a hand-over that of the decision itself. `attempt` is the hand-over
    that it began or came along in; None where it only planned one.
    """

    delivery: int
    decided_at: datetime
    judged_at: datetime | None
    expectation: int | None
    current: Mapping[int, int]
    standing: Standing | None
    carrier: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignMail:
    """A mail of another system: asked for and reserved before it was sent (`sent`), or reported afterwards."""

    id: int
    reserved: bool
    topics: tuple[int, ...]
    name: str
    sent: Sent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberLedger:
    """Everything recorded about one subscriber, each part in the order in which it was recorded.

    `standings` are `(since, standing)`; the first of them, if any, is from before anything was sent. Where `is_erased`,
    the zone went with the person, and with it what dates and times of day were to them.
    """

    subscriber: int
    expectations: tuple[Expectation, ...] = ()
    standings: tuple[tuple[datetime, Standing], ...] = ()
    unsubscribes: tuple[Unsubscribe, ...] = ()
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    attempts: Mapping[int, Attempt] = field(default_factory=dict)
    foreign: Mapping[int, ForeignMail] = field(default_factory=dict)
    counted: tuple[Counted, ...] = ()
    sent: tuple[Sent, ...] = ()
    is_erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One broken promise, or another invariant that does not hold.

    `invariant` is its number on the page of promises; `mail` what it is about; `at` the hand-over, in `zone`. `foreign`
    says that another system reported the mail, which breaks no invariant of this program.
    """

    invariant: int
    why: str
    mail: str = ""
    subscriber: int | None = None
    at: datetime | None = None
    zone: tzinfo | None = None
    zone_name: str = "UTC"
    foreign: bool = False
