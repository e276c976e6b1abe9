"""A forecast knows what the campaigns and digests before it will count: held against living until then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from preferences.store.agenda import campaigns_to_plan, next_instant
from preferences.store.database import Database, open_database
from preferences.store.gate import decide_group
from preferences.store.installation import found
from preferences.store.leases import begin_lease
from preferences.store.planning import forecast, plan_campaign
from preferences.store.results import Came, Result, record_results
from preferences.store.tables import DELIVERY
from tests.properties.populations import PLACES, Population, populated, scheduled
from tests.properties.test_plan_is_decide import as_planned, undone
from tests.properties.worlds import effort

SIZE = 30
# Leases run on a machine's clock, which is not the one that mails run on.
MACHINE_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    found(opened, MACHINE_NOW)
    yield opened
    opened.close()


def drawn_campaign(connection: Connection, people: Population, chance: Random, at: datetime) -> int:
    topics = tuple(chance.sample([*people.topics, people.notices], chance.choice([1, 1, 2])))
    segment = chance.choice([None, None, {"place": PLACES[1]}, {"member": False}])
    local_at = at.replace(tzinfo=None) if chance.random() < 0.2 else None
    return scheduled(
        connection,
        people,
        topics,
        at if local_at is None else at - timedelta(hours=14),
        local_at=local_at,
        expires_at=at + timedelta(days=chance.randrange(2, 9)) if chance.random() < 0.2 else None,
        segment=None if segment is None else json.dumps(segment),
        priority=chance.choice([0, 0, 2]),
    )


def lived(connection: Connection, people: Population, until: datetime) -> None:
    """Plan, decide and hand over everything that is due before an instant; every mail is accepted."""
    lease = begin_lease(connection, "test", MACHINE_NOW)
    instant: datetime | None = people.now
    while instant is not None and instant < until:
        for campaign in campaigns_to_plan(connection, instant):
            plan_campaign(connection, campaign, instant)
        _handed_over(connection, people.publication_id, lease, instant)
        instant = next_instant(connection, instant)


def _handed_over(connection: Connection, publication: int, lease: int, now: datetime) -> None:
    after = 0
    while group := decide_group(connection, publication, lease, now, MACHINE_NOW, limit=7, after=after):
        after = group.last_subscriber
        results = [
            Result(
                attempt_id=mail.attempt_id,
                delivery_id=mail.delivery_id,
                subscriber_id=mail.subscriber.id,
                came=Came.ACCEPTED,
                begun_at=now,
                ended_at=now,
            )
            for mail in group.mails
        ]
        record_results(connection, publication, results, now, Random(0))


def in_audience(connection: Connection, campaign: int) -> set[int]:
    rows = connection.execute(select(DELIVERY.c.subscriber_id).where(DELIVERY.c.campaign_id == campaign))
    return set(rows.scalars())


@settings(max_examples=effort(8), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_a_forecast_counts_on_everything_that_comes_before(database: Database, seed: int) -> None:
    chance = Random(seed)
    with undone(database) as connection:
        people = populated(connection, chance, SIZE)
        at = people.now + timedelta(hours=chance.randrange(1, 240))
        for _ in range(chance.randrange(3)):
            planned = drawn_campaign(connection, people, chance, people.now)
            plan_campaign(connection, planned, people.now)
        earlier = [
            drawn_campaign(connection, people, chance, people.now + (at - people.now) * chance.random())
            for _ in range(chance.randrange(4))
        ]
        topics = tuple(chance.sample(people.topics, 2))
        asked = scheduled(connection, people, topics, at)
        answer = forecast(connection, people.publication_id, asked, at, people.now)
        lived(connection, people, at)
        size = plan_campaign(connection, asked, at)
        members = in_audience(connection, asked)
        shared = {one for one in earlier if in_audience(connection, one) & members}
        assert set(answer.counts_on) == shared
        assert answer == as_planned(connection, asked, size, answer.counts_on)
