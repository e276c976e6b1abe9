"""One wrong row at a time in a real ledger, for every invariant that rows can break, and each is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, update

from preferences.address import parse_address
from preferences.cadence import Cadence, Cap, Period
from preferences.store.database import open_database
from preferences.store.events import SYSTEM
from preferences.store.publications import create_publication
from preferences.store.subscribers import add_subscriber
from preferences.store.tables import (
    ATTEMPT,
    CAMPAIGN,
    CAMPAIGN_TOPIC,
    COUNTED,
    DECISION,
    DELIVERY,
    EVENT,
    EXPECTATION,
    EXPECTATION_TOPIC,
    PATTERN,
    SUBSCRIBER,
    UNCOUNTED,
    UNSUBSCRIBE,
)
from preferences.store.topics import create_topic
from tests.store.lived import Told, audited, letter_with_an_extra
from tests.store.newsletter import NOON, newsletter


class Change(Protocol):
    """What is done to the rows; its name names the test."""

    __name__: str

    def __call__(self, connection: Connection, told: Told) -> None: ...


# What is changed behind the ledger's back, the invariant that this breaks, and a part of what is said about it.
WRONG: list[tuple[Change, int, str]] = []


def breaks(invariant: int, why: str) -> Callable[[Change], Change]:
    """A change that breaks an invariant."""

    def note(change: Change) -> Change:
        WRONG.append((change, invariant, why))
        return change

    return note


def _of_campaign(connection: Connection, table: Table, campaign: int, **values: Any) -> None:
    """Change the rows of one campaign's deliveries."""
    deliveries = select(DELIVERY.c.id).where(DELIVERY.c.campaign_id == campaign)
    key = table.c.id if table is DELIVERY else table.c.delivery_id
    connection.execute(update(table).where(key.in_(deliveries)).values(**values))


@breaks(1, "was asked for on the web only")
def asked_for_on_the_web_only(connection: Connection, told: Told) -> None:
    letter = EXPECTATION_TOPIC.c.topic_id == told.there.letter
    connection.execute(update(EXPECTATION_TOPIC).where(letter).values(arrives="web"))


@breaks(1, "what does not fit was to be left out")
def came_along_though_it_was_to_be_left_out(connection: Connection, told: Told) -> None:
    connection.execute(update(EXPECTATION).values(overflow="leave_out"))


@breaks(1, "not confirmed")
def nobody_had_confirmed(connection: Connection, told: Told) -> None:
    connection.execute(delete(EVENT).where(EVENT.c.details.like('%"standing"%')))
    connection.execute(update(SUBSCRIBER).values(confirmed_at=None))


@breaks(1, "Notices was not asked for")
def about_another_topic(connection: Connection, told: Told) -> None:
    letter = CAMPAIGN_TOPIC.c.campaign_id == told.letter
    connection.execute(update(CAMPAIGN_TOPIC).where(letter).values(topic_id=told.there.notices))


@breaks(1, "without a decision to send it")
def without_a_decision(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.letter, outcome="wait")


@breaks(2, "total, at most 1 a month: this was number 2 of at most 1 within 21 days")
def over_the_total(connection: Connection, told: Told) -> None:
    connection.execute(update(EXPECTATION).values(total_per="month"))


@breaks(2, "it was never counted")
def never_counted(connection: Connection, told: Told) -> None:
    connection.execute(delete(COUNTED))


@breaks(2, "it counts no longer")
def uncounted_though_accepted(connection: Connection, told: Told) -> None:
    counted = connection.execute(select(COUNTED.c.id).order_by(COUNTED.c.id).limit(1)).scalar_one()
    connection.execute(
        insert(UNCOUNTED).values(
            counted_id=counted,
            publication_id=told.there.publication,
            why="person",
            occurred_at=NOON,
            recorded_at=NOON,
        )
    )


@breaks(3, "at 13:00, but only 22:00 to 03:00 was asked for")
def in_quiet_hours(connection: Connection, told: Told) -> None:
    connection.execute(update(PATTERN).values(hours="22:00-03:00"))


@breaks(3, "on a Tuesday, but only Monday was asked for")
def on_a_quiet_day(connection: Connection, told: Told) -> None:
    connection.execute(update(PATTERN).values(days=1))


@breaks(3, "during the pause from 2026-11-30 until 2026-12-24")
def during_a_pause(connection: Connection, told: Told) -> None:
    connection.execute(update(EXPECTATION).values(paused_since=date(2026, 11, 30), paused_until=date(2026, 12, 24)))


@breaks(4, "handed over 2 times")
def by_itself_after_it_came_along(connection: Connection, told: Told) -> None:
    delivery = select(DELIVERY.c.id).where(DELIVERY.c.campaign_id == told.extra)
    connection.execute(
        insert(ATTEMPT).values(
            publication_id=told.there.publication,
            delivery_id=connection.execute(delivery).scalar_one(),
            lease_id=1,
            committed_at=told.lived.now,
            outcome="accepted",
        )
    )


@breaks(5, "the campaign is finished, and this delivery is waiting")
def finished_too_early(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DELIVERY, told.extra, state="waiting")


@breaks(5, "this delivery is not_sent, and its hand-over is accepted")
def an_outcome_that_nothing_bears_out(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DELIVERY, told.extra, state="not_sent")


@breaks(5, "its audience is 2, and its deliveries are 1")
def an_audience_that_does_not_add_up(connection: Connection, told: Told) -> None:
    connection.execute(update(CAMPAIGN).values(audience=2))


@breaks(6, "began on the wire 6.0 s after its commit")
def begun_too_late(connection: Connection, told: Told) -> None:
    _of_campaign(connection, ATTEMPT, told.letter, begun_at=NOON + timedelta(days=7, seconds=6))


@breaks(6, "Events was unsubscribed from on 2026-11-26")
def after_leaving(connection: Connection, told: Told) -> None:
    connection.execute(
        insert(UNSUBSCRIBE).values(
            publication_id=told.there.publication,
            subscriber_id=told.reader,
            scope="topic",
            topic_id=told.there.events,
            route="footer_link",
            made_by="link",
            attribution="none",
            occurred_at=NOON + timedelta(days=2),
            recorded_at=NOON + timedelta(days=2),
        )
    )


@breaks(7, "its reason is paused")
def another_reason(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.extra, reason="paused")


@breaks(7, "its opening is 2026-11-24")
def another_opening(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.extra, opens_at=NOON)


@breaks(7, "it cannot be decided again")
def no_basis(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.extra, basis="{}")


@breaks(7, "it names expectation None")
def another_expectation(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.extra, expectation_id=None)


@breaks(7, "names topic 999, which is not there")
def a_topic_that_is_not_there(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.extra, topic_id=999)


@breaks(7, "names topic 999, which is not there")
def counted_under_a_topic_that_is_not_there(connection: Connection, told: Told) -> None:
    connection.execute(update(COUNTED).values(topic_id=999))


@breaks(7, "names topic 999, which is not there")
def delivered_under_a_topic_that_is_not_there(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DELIVERY, told.extra, topic_id=999)


@breaks(7, "names expectation 999, which is not there")
def an_expectation_that_is_not_there(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.extra, expectation_id=999)


@breaks(7, "names attempt 999, which is not there")
def an_attempt_that_is_not_there(connection: Connection, told: Told) -> None:
    _of_campaign(connection, DECISION, told.letter, attempt_id=999)


@breaks(7, "which is not there")
def a_topic_of_another_publication(connection: Connection, told: Told) -> None:
    other = create_publication(connection, slug="other", name="Other", zone="UTC", now=NOON)
    cadence = Cadence(id=0, at_most=Cap(count=1, per=Period.WEEK))
    theirs = create_topic(connection, other, slug="theirs", name="Theirs", cadence=cadence, by=SYSTEM, now=NOON)
    _of_campaign(connection, DECISION, told.extra, topic_id=theirs)


@breaks(7, "counted for subscriber 2, and its mail went to subscriber 1")
def counted_for_somebody_else(connection: Connection, told: Told) -> None:
    add_subscriber(connection, told.there.publication, parse_address("else@example.org"), NOON)
    connection.execute(update(COUNTED).values(subscriber_id=2))


@breaks(8, "cannot be read: the digest weekday must be among the days")
def an_expectation_that_cannot_be_read(connection: Connection, told: Told) -> None:
    connection.execute(update(PATTERN).values(days=1))


@pytest.fixture(scope="module")
def written(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """The file of a small ledger that is as it should be; copied for each wrong row."""
    path = tmp_path_factory.mktemp("ledger") / "troth.sqlite3"
    shutil.copy(migrated_sqlite_file, path)
    with newsletter(f"sqlite:///{path}") as there:
        return path, letter_with_an_extra(there)


@pytest.mark.parametrize(("change", "invariant", "why"), WRONG, ids=[change.__name__ for change, _, _ in WRONG])
def test_every_wrong_row_is_named(
    written: tuple[Path, Told], tmp_path: Path, change: Change, invariant: int, why: str
) -> None:
    path, told = written
    database = open_database(f"sqlite:///{shutil.copy(path, tmp_path / 'wrong.sqlite3')}")
    try:
        assert audited(replace(told.there, database=database))[0] == []
        with database.write() as connection:
            change(connection, told)
        broken, _ = audited(replace(told.there, database=database))
    finally:
        database.close()
    assert [one for one in broken if one.invariant == invariant and why in one.why], broken
