"""The usual case is decided once for many, and says to each of them what the law says to them alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, select

from preferences.cadence import opening
from preferences.decision import Outcome, Reason, decide
from preferences.expectation import Standing
from preferences.store.database import Database
from preferences.store.gate import decide_group
from preferences.store.leases import begin_lease
from preferences.store.open_deliveries import Situation
from preferences.store.planning import plan_campaign
from preferences.store.tables import ATTEMPT, COUNTED, DECISION, DELIVERY, OPENING
from preferences.store.usual_mails import UsualMails
from preferences.usual import usual_case
from tests.properties.populations import Population, populated, scheduled
from tests.properties.test_plan_is_decide import SIZE, database, drawn_campaign, undone
from tests.properties.worlds import MOMENT, candidates, effort, examples, history_of, readers, terms_of

__all__ = ["database"]

GOOD = Standing(confirmed=True)
MINUTE = timedelta(minutes=1)
# From the first instant of a minute to the last of the same.
IN_THE_MINUTE = st.sampled_from([timedelta(0), MINUTE - MOMENT]) | st.timedeltas(timedelta(0), MINUTE - MOMENT)


@examples(300)
@given(st.data())
def test_whoever_is_in_the_usual_case_is_sent_to_by_the_law_too(data: st.DataObject) -> None:
    reader, now = data.draw(readers())
    asked_at = now.replace(second=0, microsecond=0) + data.draw(IN_THE_MINUTE)
    at = now.replace(second=0, microsecond=0) + data.draw(IN_THE_MINUTE)
    candidate = replace(data.draw(candidates(now)), has_waited=False, coming_at=None)
    other = replace(
        candidate, id=51, scheduled_at=candidate.scheduled_at - data.draw(st.timedeltas(timedelta(0), MINUTE))
    )
    history = history_of(reader)
    usual = usual_case(terms_of(reader), candidate, asked_at)
    if usual is None or not usual.has_room(history, at) or (other.expires_at is not None and at > other.expires_at):
        event("not surely the usual case")
        return

    decision = decide(GOOD, terms_of(reader), history, other, at)

    assert (decision.outcome, decision.reason) == (Outcome.SEND, Reason.EXPECTED)
    assert (decision.topic, decision.expires_at) == (usual.topic.topic, other.expires_at)
    assert (decision.opens_at, decision.evidence, decision.expiry) == (None, None, other.expiry)


@examples(200)
@given(st.data())
def test_a_cap_that_is_surely_open_is_open_by_the_law_too(data: st.DataObject) -> None:
    reader, now = data.draw(readers())
    terms, history = terms_of(reader), history_of(reader)

    for topic in terms.topics.values():
        counted = history.charged.get(topic.topic, ())
        if topic.reach.are_surely_open(counted, now):
            assert [opening(cap, counted, terms.zone, now) for cap in topic.caps] == [None] * len(topic.caps)


@settings(max_examples=effort(15), suppress_health_check=list(HealthCheck), deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_what_is_written_of_the_usual_case_is_what_judging_writes(database: Database, seed: int) -> None:
    """Row by row, but for the numbers of the attempts."""
    with undone(database) as connection:
        chance = Random(seed)
        people = populated(connection, chance, SIZE)
        campaign, now = scheduled(connection, people, people.topics[:1], people.now), people.now
        if chance.random() < 0.4:
            campaign, now = drawn_campaign(connection, people, chance, is_local=False)
        plan_campaign(connection, campaign, now)
        later = now + timedelta(seconds=seed % 90)
        found_usual, told = _rows_written(connection, people, later, is_usual=True)
        nobody, judged = _rows_written(connection, people, later, is_usual=False)

    assert told == judged
    assert not nobody
    event("some in the usual case" if found_usual else "nobody in the usual case")


def test_most_readers_with_room_are_in_the_usual_case(database: Database) -> None:
    usual = sent = 0
    for seed in range(3):
        with undone(database) as connection:
            people = populated(connection, Random(seed), SIZE)
            campaign = scheduled(connection, people, people.topics[:1], people.now)
            plan_campaign(connection, campaign, people.now)
            taken, told = _rows_written(connection, people, people.now, is_usual=True)
            usual, sent = usual + taken, sent + len(told["attempt"])
    assert usual > sent / 2 > 3


def _rows_written(
    connection: Connection, people: Population, now: datetime, *, is_usual: bool
) -> tuple[int, dict[str, Any]]:
    """How many were taken as usual, and every row of the ledger that deciding wrote, by table; then it is taken back."""
    taken = []
    takes = UsualMails.takes

    def counted(self: UsualMails, situation: Situation) -> bool:
        taken.append(is_usual and takes(self, situation))
        return taken[-1]

    with connection.begin_nested() as nested, pytest.MonkeyPatch.context() as patch:
        patch.setattr(UsualMails, "takes", counted)
        lease = begin_lease(connection, "worker", now)
        decide_group(connection, people.publication_id, lease, now, now, limit=SIZE)
        told = {
            table.name: _told(connection, table, lease) for table in (DELIVERY, DECISION, ATTEMPT, COUNTED, OPENING)
        }
        nested.rollback()
    return sum(taken), told


def _told(connection: Connection, table: Table, lease: int) -> list[tuple[tuple[str, Any], ...]]:
    """The rows of a table; attempts and leases are numbered anew each time, and named by their delivery."""
    delivery_of = dict(connection.execute(select(ATTEMPT.c.id, ATTEMPT.c.delivery_id)).all())
    keys = [
        column
        for column in (table.c.get("delivery_id"), table.c.get("subscriber_id"), *table.primary_key)
        if column is not None
    ]
    rows = connection.execute(select(table).order_by(*keys)).mappings().all()
    return [
        tuple(
            (name, delivery_of.get(value) if name == "attempt_id" else value == lease if name == "lease_id" else value)
            for name, value in row.items()
            if not (name == "id" and table is not DELIVERY)
        )
        for row in rows
    ]
