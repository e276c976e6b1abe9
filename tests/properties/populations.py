"""Random populations in a database: readers of every kind, with histories, around one instant. Chance is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import Connection, insert

from preferences.address import parse_address
from preferences.asked import Asked, AskedTopic
from preferences.cadence import EVERY_DAY, Cadence, Cap, Period, Weekday
from preferences.delivery import MadeBy
from preferences.expectation import Arrives, DigestTimes, Overflow, Suppression, default_digest_times
from preferences.quiet import Hours, Pause
from preferences.store.events import By
from preferences.store.expectations import begin_expectation
from preferences.store.openings import recompute
from preferences.store.publications import create_publication
from preferences.store.subscribers import add_subscriber, next_version
from preferences.store.tables import CAMPAIGN, CAMPAIGN_TOPIC, COUNTED
from preferences.store.topics import create_topic, state_cadence, topics
from preferences.unsubscribe import Route

BY = By(made_by=MadeBy.SYSTEM, route=Route.SYSTEM)
ZONES = ("Europe/Berlin", "UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe")
DATES = (date(2026, 3, 28), date(2026, 10, 24), date(2026, 12, 31), date(2027, 1, 31), date(2028, 2, 29))
PLACES = ("north", "south")


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """A publication with subscribers; `now` is the instant around which everything is drawn."""

    publication_id: int
    topics: tuple[int, ...]
    notices: int
    subscribers: tuple[int, ...]
    now: datetime


def populated(connection: Connection, chance: Random, size: int) -> Population:
    """A publication with three topics and one for notices, and so many subscribers with a history."""
    on = chance.choice([*DATES, date(2026, 1, 1) + timedelta(days=chance.randrange(700))])
    now = datetime.combine(on, time(chance.randrange(24), chance.choice([0, 0, 17])), UTC)
    slug = f"letter-{chance.randrange(1 << 40)}"
    publication = create_publication(
        connection,
        slug=slug,
        name="Letter",
        zone="Europe/Berlin",
        sender="letter@example.org",
        postal_address="1 Example Street",
        now=now,
    )
    slugs = ["letter", "events", "jobs", "notices"]
    ids = [_topic(connection, publication, one, chance, now) for one in slugs]
    early = [_subscriber(connection, publication, slugs, chance, now, ids, number) for number in range(size // 2)]
    _state_anew(connection, publication, chance, now)
    late = [_subscriber(connection, publication, slugs, chance, now, ids, number) for number in range(size // 2, size)]
    recompute(connection, publication, [*early, *late], now - timedelta(hours=chance.randrange(15, 45)))
    if chance.random() < 0.5:
        _state_anew(connection, publication, chance, now)
    everybody = (*early, *late)
    return Population(publication_id=publication, topics=tuple(ids[:3]), notices=ids[3], subscribers=everybody, now=now)


def _topic(connection: Connection, publication: int, slug: str, chance: Random, now: datetime) -> int:
    cadence = _cadence(chance, is_notice=slug == "notices")
    is_notice = slug == "notices"
    return create_topic(
        connection, publication, slug=slug, name=slug, cadence=cadence, by=BY, now=now, is_notice=is_notice
    )


def _state_anew(connection: Connection, publication: int, chance: Random, now: datetime) -> None:
    for topic in topics(connection, publication):
        if chance.random() < 0.6:
            state_cadence(connection, publication, topic, _cadence(chance, is_notice=topic.is_notice), BY, now)


def _cadence(chance: Random, *, is_notice: bool) -> Cadence:
    if is_notice:
        return Cadence(id=0, at_most=Cap(count=chance.randrange(1, 4), per=Period.YEAR))
    days = frozenset(chance.sample(list(Weekday), chance.choice([0, 0, 1, 2])))
    return Cadence(id=0, at_most=_cap(chance), days=days)


def _cap(chance: Random) -> Cap:
    return Cap(count=chance.choice([1, 1, 2, 3]), per=chance.choice(list(Period)))


def _subscriber(
    connection: Connection,
    publication: int,
    slugs: list[str],
    chance: Random,
    now: datetime,
    ids: list[int],
    number: int,
) -> int:
    subscriber = add_subscriber(
        connection,
        publication,
        parse_address(f"reader-{number}@example.org"),
        now,
        fields={"place": chance.choice(PLACES), "member": chance.random() < 0.5, "floor": chance.choice([1, 2.5])},
        confirmed_at=now if chance.random() < 0.95 else None,
        consent_ends_at=now + chance.choice([-1, 0, 1]) * timedelta(hours=1) if chance.random() < 0.1 else None,
    )
    if chance.random() < 0.1:
        next_version(connection, subscriber, suppressed=chance.choice(list(Suppression)).value)
    if chance.random() < 0.05:
        next_version(connection, subscriber, unsubscribed_at=now)
    asked = _asked(slugs, chance, now)
    begin_expectation(
        connection,
        publication,
        subscriber,
        asked,
        BY,
        now - timedelta(days=400),
        zone=chance.choice(ZONES),
    )
    _count(connection, publication, subscriber, chance, now, ids)
    return subscriber


def _asked(slugs: list[str], chance: Random, now: datetime) -> Asked:
    days = EVERY_DAY if chance.random() < 0.5 else frozenset(chance.sample(list(Weekday), chance.randrange(1, 7)))
    hours = (
        None if chance.random() < 0.5 else Hours(since=time(chance.randrange(12)), until=time(chance.randrange(12, 24)))
    )
    paused = None
    if chance.random() < 0.2:
        since = now.date() + timedelta(days=chance.randrange(-9, 4))
        paused = Pause(since=since, until=since + timedelta(days=chance.randrange(1, 20)))
    default = default_digest_times(days, hours)
    digest = DigestTimes(hour=default.hour, weekday=chance.choice(sorted(days)), day=chance.choice([1, 15, 31]))
    chosen = chance.sample(slugs, chance.randrange(1, 5))
    return Asked(
        topics=tuple(_asked_topic(slug, chance) for slug in chosen),
        at_most=_cap(chance) if chance.random() < 0.5 else None,
        days=days,
        hours=hours,
        paused=paused,
        digest=digest,
        overflow=chance.choice([Overflow.COME_ALONG, Overflow.COME_ALONG, Overflow.LEAVE_OUT]),
    )


def _asked_topic(slug: str, chance: Random) -> AskedTopic:
    if slug == "notices":
        return AskedTopic(topic=slug, arrives=Arrives.EACH)
    arrives = chance.choice([Arrives.EACH] * 5 + list(Arrives))
    own = _cap(chance) if arrives is Arrives.EACH and chance.random() < 0.3 else None
    return AskedTopic(topic=slug, arrives=arrives, at_most=own)


def _count(
    connection: Connection, publication: int, subscriber: int, chance: Random, now: datetime, ids: list[int]
) -> None:
    rows = []
    for _ in range(chance.choice([0, 1, 2, 4, 6])):
        topic = chance.choice([ids[0], *ids])
        rows.append(
            {
                "publication_id": publication,
                "subscriber_id": subscriber,
                "topic_id": topic,
                "counted_at": now - chance.choice([1, 1, 10, 60]) * timedelta(minutes=chance.randrange(10_000)),
                "in_total": topic != ids[3],
                "along": False,
            }
        )
    if rows:
        connection.execute(insert(COUNTED), rows)


def scheduled(
    connection: Connection,
    people: Population,
    topic_ids: tuple[int, ...],
    scheduled_at: datetime | None,
    *,
    local_at: datetime | None = None,
    expires_at: datetime | None = None,
    segment: str | None = None,
    priority: int = 0,
    spread_minutes: int | None = None,
) -> int:
    """A scheduled campaign; answers its number."""
    campaign = connection.execute(
        insert(CAMPAIGN)
        .values(
            publication_id=people.publication_id,
            name="Spring",
            status="scheduled",
            scheduled_at=scheduled_at,
            local_at=None if local_at is None else local_at.isoformat(),
            expires_at=expires_at,
            segment=segment,
            priority=priority,
            spread_minutes=spread_minutes,
            created_at=people.now,
        )
        .returning(CAMPAIGN.c.id)
    ).scalar_one()
    connection.execute(
        insert(CAMPAIGN_TOPIC),
        [
            {"campaign_id": campaign, "topic_id": topic, "publication_id": people.publication_id, "position": position}
            for position, topic in enumerate(topic_ids)
        ],
    )
    return int(campaign)
