"""Ledgers written by hand, row by row: what the audit is shown. Berlin, confirmed, Letter weekly on Tuesdays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from preferences.audit import Broken, audit_subscriber
from preferences.audit.ledger import (
    Attempt,
    Cadence,
    Campaign,
    Choice,
    Counted,
    Delivery,
    Expectation,
    ForeignMail,
    Publication,
    Sent,
    Standing,
    SubscriberLedger,
    Topic,
    Unsubscribe,
)

LETTER, EVENTS, JOBS, NOTICES = 1, 2, 3, 4
BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
CONFIRMED = Standing(confirmed=True)
SUBSCRIBER = 7


def berlin(day: int, hour: int = 9, minute: int = 0, *, month: int = 11) -> datetime:
    """An instant by the clock of Berlin in 2026, November unless said; the 3rd, 10th, 17th and 24th are Tuesdays."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def cadence(key: int, count: int, per: str, *days: int, version: int = 1, stated_at: datetime = LONG_AGO) -> Cadence:
    """One version of a cadence."""
    return Cadence(id=key, version=version, count=count, per=per, days=frozenset(days), stated_at=stated_at)


TOPICS = {
    LETTER: Topic(id=LETTER, name="Letter", is_notice=False, cadences=(cadence(10, 1, "week", 1),)),
    EVENTS: Topic(id=EVENTS, name="Events", is_notice=False, cadences=(cadence(20, 5, "week"),)),
    JOBS: Topic(id=JOBS, name="Jobs", is_notice=False, cadences=(cadence(30, 5, "week"),)),
    NOTICES: Topic(id=NOTICES, name="Notices", is_notice=True, cadences=(cadence(40, 4, "year"),)),
}


def asks_for(arrives: dict[int, str], key: int = 100, **asked: Any) -> Expectation:
    """An expectation in force since long ago: how each topic arrives, on its first cadence."""
    own = asked.pop("own", {})
    choices = {
        topic: Choice(topic=topic, arrives=way, accepted=TOPICS[topic].cadences[0].id, own=own.get(topic))
        for topic, way in arrives.items()
    }
    values: dict[str, Any] = {"since": LONG_AGO, "until": None, "zone": BERLIN, "zone_name": "Europe/Berlin", **asked}
    return Expectation(id=key, choices=choices, **values)


class Book:
    """A ledger that is written as a test goes along; `broken()` is what the audit says about it."""

    def __init__(self, *expectations: Expectation, topics: dict[int, Topic] | None = None) -> None:
        self.expectations = expectations
        self.topics = topics or TOPICS
        self.standings: list[tuple[datetime, Standing]] = [(LONG_AGO, CONFIRMED)]
        self.unsubscribes: list[Unsubscribe] = []
        self.campaigns: dict[int, Campaign] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.attempts: dict[int, Attempt] = {}
        self.counted: list[Counted] = []
        self.foreign: dict[int, ForeignMail] = {}
        self.sent: list[Sent] = []

    def campaign(self, *topics: int, status: str = "sending", **values: Any) -> int:
        """A campaign and its delivery, which is due; both have the same number."""
        key = len(self.deliveries) + 1
        self.campaigns[key] = Campaign(id=key, name=f"Issue {key}", topics=topics, status=status, **values)
        self.deliveries[key] = Delivery(id=key, campaign=key, rhythm=None, slot_on=None, state="due", carrier=None)
        return key

    def digest(self, rhythm: str, slot_on: date) -> int:
        """A digest that is due."""
        key = len(self.deliveries) + 1
        self.deliveries[key] = Delivery(
            id=key, campaign=None, rhythm=rhythm, slot_on=slot_on, state="due", carrier=None
        )
        return key

    def hand_over(
        self,
        delivery: int,
        at: datetime,
        *charged: int,
        outcome: str | None = "accepted",
        along: dict[int, int] | None = None,
        late: float = 1.0,
        expectation: int = 100,
        current: dict[int, int] | None = None,
    ) -> int:
        """Decided, counted and handed over at an instant; `along` are deliveries that came along, with their topic."""
        attempt = len(self.attempts) + 1
        self.attempts[attempt] = Attempt(
            id=attempt,
            delivery=delivery,
            committed_at=at,
            begun_at=at + timedelta(seconds=late),
            outcome=outcome,
        )
        self._decide(delivery, at, expectation, current, attempt=attempt)
        rhythm = self.deliveries[delivery].rhythm
        for position, topic in enumerate(charged):
            in_total = position == 0 and not self.topics[topic].is_notice
            self.count(at, topic, attempt=attempt, in_total=in_total, rhythm=rhythm)
        state = {"accepted": "accepted", "in_doubt": "in_doubt"}.get(outcome or "", "due")
        self._move(delivery, state=state)
        for item, topic in (along or {}).items():
            self._decide(item, at, expectation, current, carrier=delivery, attempt=attempt)
            if topic not in charged:
                self.count(at, topic, attempt=attempt, in_total=False, along=True)
            self._move(item, state="came_along" if outcome == "accepted" else state, carrier=delivery)
        return attempt

    def _decide(
        self,
        delivery: int,
        at: datetime,
        expectation: int,
        current: dict[int, int] | None,
        carrier: int | None = None,
        attempt: int | None = None,
    ) -> None:
        self.sent.append(
            Sent(
                delivery=delivery,
                decided_at=at,
                judged_at=at,
                expectation=expectation,
                current=current or {},
                standing=CONFIRMED,
                carrier=carrier,
                attempt=attempt,
            )
        )

    def _move(self, delivery: int, **values: Any) -> None:
        self.deliveries[delivery] = replace(self.deliveries[delivery], **values)

    def count(self, at: datetime, topic: int | None, **values: Any) -> None:
        """One row by which a mail counts."""
        row: dict[str, Any] = {"attempt": None, "foreign": None, "in_total": True, "along": False, "rhythm": None}
        self.counted.append(Counted(id=len(self.counted) + 1, topic=topic, counted_at=at, **{**row, **values}))

    def uncount(self, attempt: int, at: datetime) -> None:
        """Take the counts of an attempt back."""
        self.counted = [replace(row, uncounted_at=at) if row.attempt == attempt else row for row in self.counted]

    def letter(self, at: datetime, topic: int = LETTER, **values: Any) -> int:
        """One issue by itself; answers its attempt."""
        return self.hand_over(self.campaign(topic), at, topic, **values)

    def foreign_mail(self, at: datetime, topic: int, *, reserved: bool) -> None:
        """A mail of another system."""
        key = len(self.foreign) + 1
        self.foreign[key] = ForeignMail(id=key, reserved=reserved, topics=(topic,), name=f"mail {key}")
        self.count(at, topic, foreign=key)

    def publication(self) -> Publication:
        """What everybody shares."""
        return Publication(slug="letter", topics=self.topics, campaigns=self.campaigns)

    def ledger(self) -> SubscriberLedger:
        """What is recorded about the one subscriber."""
        return SubscriberLedger(
            subscriber=SUBSCRIBER,
            expectations=self.expectations,
            standings=tuple(self.standings),
            unsubscribes=tuple(self.unsubscribes),
            deliveries=self.deliveries,
            attempts=self.attempts,
            foreign=self.foreign,
            counted=tuple(self.counted),
            sent=tuple(self.sent),
        )

    def broken(self) -> list[Broken]:
        """What the audit finds."""
        return list(audit_subscriber(self.publication(), self.ledger()))

    def whys(self) -> list[tuple[int, str]]:
        """What the audit finds, as number and reason."""
        return [(one.invariant, one.why) for one in self.broken()]
