"""What SQL plans for a whole audience is what `decide()` answers for each of its members."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from preferences.basis import decide_again, from_json
from preferences.calendar import first_instant, local_date, zone_named
from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import DEFAULT_EXPIRY, HELD, Decision, Outcome, Reason, charged_topic, decide
from preferences.expectation import Arrives, Terms
from preferences.spread import delay_of, slot_of
from preferences.store.database import Database, open_database
from preferences.store.evidence import evidence_text
from preferences.store.expectations import terms_of
from preferences.store.histories import histories_of
from preferences.store.installation import found
from preferences.store.planning import Forecast, forecast, plan_campaign
from preferences.store.planning.question import question_unlocked
from preferences.store.subscribers import SubscriberRow, subscribers
from preferences.store.tables import CAMPAIGN, CAMPAIGN_TOPIC, DECISION, DELIVERY
from tests.properties.populations import PLACES, Population, populated, scheduled
from tests.properties.worlds import effort

SIZE = 40


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    found(opened, datetime(2026, 1, 1, tzinfo=UTC))
    yield opened
    opened.close()


@contextmanager
def undone(database: Database) -> Iterator[Connection]:
    """A transaction that writes, and leaves nothing behind: one database serves every example."""
    with database.write() as connection:
        yield connection
        connection.rollback()


def drawn_campaign(
    connection: Connection, people: Population, chance: Random, *, is_local: bool | None = None
) -> tuple[int, datetime]:
    """A campaign of some of the topics, and the instant at which it is planned."""
    topic_ids = tuple(chance.sample([*people.topics, people.notices], chance.choice([1, 2, 2, 3])))
    late = chance.choice([0, 0, 1, 200 * 60]) * timedelta(minutes=1)
    marketers = chance.choice([None, people.now, people.now + timedelta(days=chance.randrange(1, 30))])
    segment = chance.choice([None, None, {"place": PLACES[0]}, {"member": True, "floor": 2.5}, {"floor": 1}])
    is_local = chance.random() < 0.3 if is_local is None else is_local
    local_at = people.now.replace(tzinfo=None) if is_local else None
    now = people.now + late
    campaign = scheduled(
        connection,
        people,
        topic_ids,
        people.now,
        local_at=local_at,
        expires_at=marketers,
        segment=None if segment is None else json.dumps(segment),
        priority=chance.choice([0, 3]),
        spread_minutes=chance.choice([None, None, 1, 90, 1440]),
    )
    return campaign, now - timedelta(hours=14) if local_at is not None else now


@settings(max_examples=effort(8), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_every_planned_row_is_what_the_law_decides(database: Database, seed: int) -> None:
    chance = Random(seed)
    with undone(database) as connection:
        people = populated(connection, chance, SIZE)
        campaign, now = drawn_campaign(connection, people, chance)
        size = plan_campaign(connection, campaign, now)
        check_plan(connection, people, campaign, size, now)


@pytest.mark.slow
@settings(max_examples=effort(8), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_a_forecast_is_the_plan_made_at_that_instant(database: Database, seed: int) -> None:
    chance = Random(seed)
    with undone(database) as connection:
        people = populated(connection, chance, SIZE)
        campaign, _ = drawn_campaign(connection, people, chance)
        at = people.now + timedelta(hours=chance.choice([0, 1, 30]))
        connection.execute(update(CAMPAIGN).values(scheduled_at=at))
        asked = question_unlocked(connection, people.publication_id, campaign)
        answer = forecast(
            connection, people.publication_id, campaign, at, people.now, local_at=asked.local_at, spread=asked.spread
        )
        size = plan_campaign(connection, campaign, at)
        assert answer == as_planned(connection, campaign, size)


def as_planned(connection: Connection, campaign: int, size: int, counts_on: tuple[int, ...] = ()) -> Forecast:
    rows = list(planned(connection, campaign).values())
    zone = zone_named("Europe/Berlin")
    outcomes = Counter(Outcome(row["decision_outcome"]) for row in rows)
    sent = [row["wakes_at"] for row in rows if row["decision_outcome"] == Outcome.SEND.value]
    reached = Counter(local_date(zone, row["wakes_at"]) for row in rows if row["wakes_at"] is not None)
    return Forecast(
        audience=size,
        by_outcome={outcome: outcomes[outcome] for outcome in Outcome},
        by_reason=dict(Counter(Reason(row["decision_reason"]) for row in rows)),
        reach_by=tuple(sorted(reached.items())),
        counts_on=counts_on,
        sent_from=min(sent, default=None),
        sent_until=max(sent, default=None),
    )


def check_plan(connection: Connection, people: Population, campaign: int, size: int, now: datetime) -> None:
    asked = connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == campaign)).mappings().one()
    topics = tuple(topics_of(connection, campaign))
    members = audience(connection, people, topics, json.loads(asked["segment"] or "{}"))
    rows = planned(connection, campaign)
    assert set(rows) == set(members)
    assert size == len(rows) == asked["audience"]
    histories = histories_of(connection, list(members), now)
    for one, (person, terms) in members.items():
        row = rows[one]
        candidate = candidate_for(asked, topics, terms, row["delivery_id"], one)
        judged_at = max(now, candidate.scheduled_at)
        decision = decide(person.standing, terms, histories[one], candidate, judged_at)
        assert stored(row) == expected(decision), (candidate, judged_at, terms)
        assert decide_again(from_json(row["basis"]), terms) == decision
        check_delivery(row, decision, candidate, judged_at)


def topics_of(connection: Connection, campaign: int) -> list[int]:
    of = CAMPAIGN_TOPIC.c
    return list(
        connection.execute(select(of.topic_id).where(of.campaign_id == campaign).order_by(of.position)).scalars()
    )


def audience(
    connection: Connection, people: Population, topics: tuple[int, ...], segment: Mapping[str, Any]
) -> dict[int, tuple[SubscriberRow, Terms]]:
    persons = subscribers(connection, people.subscribers)
    terms = terms_of(connection, people.publication_id, people.subscribers)
    return {
        one: (persons[one], terms[one])
        for one in people.subscribers
        if one in terms
        and any(topic in terms[one].topics for topic in topics)
        and all(persons[one].fields.get(name) == value for name, value in segment.items())
    }


def planned(connection: Connection, campaign: int) -> dict[int, Mapping[Any, Any]]:
    decision = [DECISION.c[name].label(f"decision_{name}") for name in ("outcome", "reason", "opens_at", "topic_id")]
    rows = connection.execute(
        select(DELIVERY, *decision, DECISION.c.delivery_id, DECISION.c.evidence, DECISION.c.basis)
        .join(DECISION, DECISION.c.delivery_id == DELIVERY.c.id)
        .where(DELIVERY.c.campaign_id == campaign)
    ).mappings()
    return {row["subscriber_id"]: row for row in rows}


def candidate_for(
    asked: Mapping[Any, Any], topics: tuple[int, ...], terms: Terms, delivery: int, reader: int
) -> Candidate:
    scheduled_at = asked["scheduled_at"]
    if asked["local_at"] is not None:
        local = datetime.fromisoformat(asked["local_at"])
        scheduled_at = first_instant(terms.zone, local.date(), local.time())
    charged = charged_topic(terms, topics)
    if asked["spread_minutes"] is not None and charged is not None and charged.arrives is Arrives.EACH:
        scheduled_at += delay_of(timedelta(minutes=asked["spread_minutes"]), slot_of(asked["id"], reader))
    marketers = asked["expires_at"]
    return Candidate(
        id=delivery,
        campaign=asked["id"],
        topics=topics,
        scheduled_at=scheduled_at,
        expires_at=scheduled_at + DEFAULT_EXPIRY if marketers is None else marketers,
        expiry=ExpiryBasis.DEFAULT if marketers is None else ExpiryBasis.MARKETER,
        priority=asked["priority"],
    )


def stored(row: Mapping[Any, Any]) -> tuple[object, ...]:
    names = ("decision_outcome", "decision_reason", "decision_topic_id", "decision_opens_at", "expires_at", "expiry")
    return (*(row[name] for name in names), row["evidence"])


def expected(decision: Decision) -> tuple[object, ...]:
    return (
        decision.outcome.value,
        decision.reason.value,
        decision.topic,
        decision.opens_at,
        decision.expires_at,
        decision.expiry.value,
        None if decision.evidence is None else evidence_text(decision.evidence),
    )


def check_delivery(row: Mapping[Any, Any], decision: Decision, candidate: Candidate, judged_at: datetime) -> None:
    states = {
        Outcome.SEND: ("due", judged_at),
        Outcome.WAIT: ("waiting", decision.opens_at),
        Outcome.DIGEST: ("digest_to_come", decision.opens_at),
        Outcome.WEB: ("web", None),
        Outcome.NOT_SENT: ("not_sent", None),
    }
    assert (row["state"], row["wakes_at"]) == states[decision.outcome]
    assert row["reason"] == decision.reason.value
    assert row["topic_id"] == decision.topic
    assert row["opens_at"] == decision.opens_at
    assert row["scheduled_at"] == candidate.scheduled_at
    assert row["has_waited"] == (decision.outcome is Outcome.WAIT and decision.reason in HELD)
