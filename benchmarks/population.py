"""Readers of two topics at one fixed instant, of whom every answer of planning is true for some.

They are planned for and never sent to: those who can be sent to at any hour are `readership`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import cycle, islice
from typing import Any

from sqlalchemy import Connection, insert

from benchmarks.copies import copy_everybody
from preferences.address import parse_address
from preferences.asked import Asked, AskedTopic
from preferences.cadence import EVERY_DAY, Cadence, Cap, Period, Weekday
from preferences.expectation import Arrives, DigestTimes, Overflow, Suppression
from preferences.quiet import Hours, Pause
from preferences.store.events import SYSTEM
from preferences.store.expectations import begin_expectation
from preferences.store.openings import recompute
from preferences.store.subscribers import add_subscriber, next_version
from preferences.store.tables import (
    CAMPAIGN,
    CAMPAIGN_TOPIC,
    COUNTED,
)
from preferences.store.topics import create_topic

PUBLICATION = 1
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "Asia/Tokyo",
)
_WEEK = timedelta(days=7)
_WEEKDAYS = frozenset({Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI})

# What is true of a reader, and of how many in a hundred; the others are simply sent to.
KINDS = {
    "topic cap": 6,
    "total cap": 5,
    "paused": 3,
    "not today": 3,
    "not at this hour": 3,
    "daily": 3,
    "weekly": 6,
    "monthly": 3,
    "web": 3,
    "leaves out": 3,
    "would expire": 2,
    "suppressed": 2,
    "unconfirmed": 2,
    "consent ended": 1,
    "unsubscribed": 1,
}


def kinds(count: int) -> Iterator[str]:
    """So many kinds, evenly mixed."""
    hundred = [kind for kind, share in KINDS.items() for _ in range(share)]
    hundred += ["expected"] * (100 - len(hundred))
    # 37 and 100 share no divisor: the same hundred in another order.
    return islice(cycle([hundred[number * 37 % 100] for number in range(100)]), count)


def populate(connection: Connection, *, made: int, copies: int) -> int:
    """`made` times `copies` readers and a campaign for all of them, scheduled at `NOW`; answers its number."""
    topics = [_topic(connection, "letter", Period.WEEK), _topic(connection, "events", Period.MONTH)]
    readers = [_reader(connection, number, kind, topics) for number, kind in enumerate(kinds(made))]
    recompute(connection, PUBLICATION, readers, NOW - timedelta(hours=1))
    copy_everybody(connection, copies)
    return _campaign(connection, topics)


def _topic(connection: Connection, slug: str, per: Period) -> int:
    cadence = Cadence(id=0, at_most=Cap(count=2, per=per))
    return create_topic(connection, PUBLICATION, slug=slug, name=slug, cadence=cadence, by=SYSTEM, now=NOW)


def _reader(connection: Connection, number: int, kind: str, topics: list[int]) -> int:
    reader = add_subscriber(
        connection,
        PUBLICATION,
        parse_address(f"reader-{number}@example.org"),
        NOW,
        confirmed_at=None if kind == "unconfirmed" else NOW,
        consent_ends_at=NOW if kind == "consent ended" else None,
    )
    if kind == "suppressed":
        next_version(connection, reader, suppressed=list(Suppression)[number // 100 % len(Suppression)].value)
    if kind == "unsubscribed":
        next_version(connection, reader, unsubscribed_at=NOW)
    since = NOW - 60 * _WEEK
    zone = "Europe/Berlin" if kind.startswith("not ") else ZONES[number % len(ZONES)]
    begin_expectation(connection, PUBLICATION, reader, _asked(number, kind), SYSTEM, since, zone=zone)
    # The instants differ by reader: two letters before this week, and what fills a cap.
    spread = timedelta(seconds=number % 86_400)
    counted = [(topics[0], NOW - weeks * _WEEK - spread) for weeks in (2, 3, 7)]
    if kind in {"topic cap", "leaves out", "total cap"}:
        counted.append((topics[0], NOW - timedelta(days=1) - spread / 4))
    connection.execute(insert(COUNTED), [_counted(reader, topic, at) for topic, at in counted])
    return reader


def _counted(reader: int, topic: int, at: datetime) -> dict[str, Any]:
    return {
        "publication_id": PUBLICATION,
        "subscriber_id": reader,
        "topic_id": topic,
        "counted_at": at,
        "in_total": True,
        "along": False,
    }


def _asked(number: int, kind: str) -> Asked:
    ways = {"daily": Arrives.DAILY, "weekly": Arrives.WEEKLY, "monthly": Arrives.MONTHLY, "web": Arrives.WEB}
    way = ways.get(kind, Arrives.EACH)
    own = Cap(count=1, per=Period.WEEK) if kind in {"topic cap", "leaves out"} else None
    letter = AskedTopic(topic="letter", arrives=way, at_most=own)
    events = AskedTopic(topic="events", arrives=Arrives.WEB if kind == "web" else Arrives.MONTHLY)
    pauses = {"paused": timedelta(days=4), "would expire": timedelta(days=20)}
    paused = Pause(since=NOW.date() - timedelta(days=3), until=NOW.date() + pauses[kind]) if kind in pauses else None
    until = time(20 + number % 3)
    hours = [None, Hours(since=time(6), until=until)][number % 2] if kind != "expected" else None
    days = {"not today": frozenset({Weekday.THU, Weekday.SUN}), "expected": EVERY_DAY}.get(kind, _WEEKDAYS)
    if kind == "not at this hour":
        hours = Hours(since=time(17), until=until)
    return Asked(
        topics=(letter, events) if number % 2 else (letter,),
        at_most=Cap(count=1, per=Period.WEEK) if kind == "total cap" else _LOOSE[number % 3],
        days=days,
        hours=hours,
        paused=paused,
        digest=DigestTimes(hour=time(18), weekday=max(days), day=1 + number % 5),
        overflow=Overflow.LEAVE_OUT if kind == "leaves out" else Overflow.COME_ALONG,
    )


# Caps that are not full.
_LOOSE = (None, Cap(count=3, per=Period.WEEK), Cap(count=9, per=Period.MONTH))


def _campaign(connection: Connection, topics: list[int]) -> int:
    values = {"publication_id": PUBLICATION, "name": "Spring", "status": "scheduled", "scheduled_at": NOW}
    made = insert(CAMPAIGN).values(**values, created_at=NOW).returning(CAMPAIGN.c.id)
    campaign: int = connection.execute(made).scalar_one()
    for position, topic in enumerate(topics):
        row = {"campaign_id": campaign, "topic_id": topic, "publication_id": PUBLICATION, "position": position}
        connection.execute(insert(CAMPAIGN_TOPIC).values(**row))
    return campaign
