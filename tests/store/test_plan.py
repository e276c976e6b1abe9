"""Planning: who is in the audience, when they are judged, and that it happens once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import sleep

import pytest
from sqlalchemy import func, select, text, update

from preferences.decision import Reason
from preferences.errors import NotFound
from preferences.store.database import DatabaseAway
from preferences.store.events import SYSTEM
from preferences.store.planning import forecast, plan_campaign
from preferences.store.subscribers import lock_subscribers, next_version
from preferences.store.tables import CAMPAIGN, DECISION, DELIVERY, EXPECTATION, PATTERN
from preferences.store.topics import state_cadence, topic_named
from tests.store.planning_cast import (
    DAY,
    OFTEN,
    TUESDAY,
    WEEKLY,
    Letterbox,
    campaign,
    counted,
    deliveries,
    letterbox,
    published,
    reader,
)


@pytest.fixture
def box(database_url: str) -> Iterator[Letterbox]:
    with letterbox(database_url) as there:
        yield there


def test_planning_twice_gives_nobody_a_second_delivery(box: Letterbox) -> None:
    with box.database.write() as connection:
        anna = reader(connection, box.publication, "anna", {"letter": "each"})
        number = campaign(connection, box.publication, box.letter)
        assert plan_campaign(connection, number, TUESDAY) == 1
    with box.database.write() as connection:
        assert plan_campaign(connection, number, TUESDAY + DAY) == 1
        assert set(deliveries(connection, number)) == {anna}
        assert connection.execute(select(func.count()).select_from(DECISION)).scalar_one() == 1


def test_a_planned_campaign_says_when_and_for_how_many(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"})
        number = campaign(connection, box.publication, box.letter, revision=3)
        plan_campaign(connection, number, TUESDAY)
        row = connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == number)).mappings().one()
        assert (row["status"], row["planned_at"], row["audience"]) == ("sending", TUESDAY, 1)
        assert [one["revision"] for one in deliveries(connection, number).values()] == [3]


@pytest.mark.parametrize("status", ["draft", "paused", "ended", "finished"])
def test_what_is_not_scheduled_is_not_planned(box: Letterbox, status: str) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"})
        number = campaign(connection, box.publication, box.letter, status=status)
        assert plan_campaign(connection, number, TUESDAY) == 0
        assert deliveries(connection, number) == {}


def test_a_campaign_that_nobody_expects_is_planned_for_nobody(box: Letterbox) -> None:
    with box.database.write() as connection:
        number = campaign(connection, box.publication, box.letter)
        assert plan_campaign(connection, number, TUESDAY) == 0
        assert connection.execute(select(CAMPAIGN.c.status)).scalar_one() == "sending"


def test_planning_what_is_not_there_says_so(box: Letterbox) -> None:
    with box.database.write() as connection, pytest.raises(NotFound):
        plan_campaign(connection, 7, TUESDAY)


def test_everyone_who_expects_a_topic_is_in_the_audience_whatever_their_standing(box: Letterbox) -> None:
    with box.database.write() as connection:
        each = reader(connection, box.publication, "each", {"letter": "each"})
        digest = reader(connection, box.publication, "digest", {"letter": "weekly"})
        web = reader(connection, box.publication, "web", {"letter": "web", "events": "each"})
        unconfirmed = reader(connection, box.publication, "unconfirmed", {"letter": "each"}, confirmed=False)
        reader(connection, box.publication, "elsewhere", {"events": "each"})
        number = campaign(connection, box.publication, box.letter)
        plan_campaign(connection, number, TUESDAY)
        states = {subscriber: row["state"] for subscriber, row in deliveries(connection, number).items()}
        assert states == {each: "due", digest: "digest_to_come", web: "web", unconfirmed: "not_sent"}


def test_a_campaign_is_charged_to_the_first_of_its_topics_that_arrives_as_each(box: Letterbox) -> None:
    with box.database.write() as connection:
        both = reader(connection, box.publication, "both", {"events": "each", "letter": "each"})
        second = reader(connection, box.publication, "second", {"events": "each", "letter": "weekly"})
        number = campaign(connection, box.publication, box.letter, box.events)
        plan_campaign(connection, number, TUESDAY)
        charged = {subscriber: row["topic_id"] for subscriber, row in deliveries(connection, number).items()}
        assert charged == {both: box.letter, second: box.events}


def test_who_has_left_is_not_in_the_audience(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"})
        connection.execute(update(EXPECTATION).values(until=TUESDAY))
        assert plan_campaign(connection, campaign(connection, box.publication, box.letter), TUESDAY) == 0


def test_nothing_crosses_between_publications(box: Letterbox) -> None:
    with box.database.write() as connection:
        other, letter, _ = published(connection, "another")
        reader(connection, other, "anna", {"letter": "each"})
        mine = reader(connection, box.publication, "anna", {"letter": "each"})
        number = campaign(connection, box.publication, box.letter)
        assert plan_campaign(connection, number, TUESDAY) == 1
        assert set(deliveries(connection, number)) == {mine}
        assert letter != box.letter


@pytest.mark.parametrize(
    ("segment", "names"),
    [
        ({"city": "Köln"}, {"anna", "bert"}),
        ({"city": "Köln", "member": True}, {"anna"}),
        ({"member": 1}, {"cora"}),
        ({"member": 1.0}, {"cora"}),
        ({"member": "1"}, set()),
        ({"city": None}, {"cora"}),
        ({"nick": 'a "quoted" name', "city": "Köln"}, {"bert"}),
    ],
)
def test_a_segment_asks_for_all_of_its_values(box: Letterbox, segment: dict[str, object], names: set[str]) -> None:
    fields: dict[str, dict[str, object]] = {
        "anna": {"city": "Köln", "member": True},
        "bert": {"city": "Köln", "member": False, "nick": 'a "quoted" name'},
        "cora": {"city": None, "member": 1},
        "dora": {},
    }
    with box.database.write() as connection:
        numbers = {
            reader(connection, box.publication, name, {"letter": "each"}, fields=values): name
            for name, values in fields.items()
        }
        number = campaign(connection, box.publication, box.letter, segment=json.dumps(segment))
        plan_campaign(connection, number, TUESDAY)
        assert {numbers[subscriber] for subscriber in deliveries(connection, number)} == names


def test_for_a_local_time_everyone_is_judged_at_their_own(box: Letterbox) -> None:
    night = {"from": "23:00", "to": "07:00"}
    with box.database.write() as connection:
        berlin = reader(connection, box.publication, "berlin", {"letter": "each"})
        tokyo = reader(connection, box.publication, "tokyo", {"letter": "each"}, zone="Asia/Tokyo")
        owl = reader(connection, box.publication, "owl", {"letter": "each"}, zone="Asia/Tokyo", hours=night)
        number = campaign(connection, box.publication, box.letter, local_at="2026-11-24T09:00")
        plan_campaign(connection, number, TUESDAY - timedelta(hours=13))
        rows = deliveries(connection, number)
        assert rows[berlin]["wakes_at"] == datetime(2026, 11, 24, 8, tzinfo=UTC)
        assert rows[tokyo]["wakes_at"] == rows[tokyo]["scheduled_at"] == datetime(2026, 11, 24, 0, tzinfo=UTC)
        assert (rows[owl]["state"], rows[owl]["wakes_at"]) == ("waiting", datetime(2026, 11, 24, 14, tzinfo=UTC))


def test_what_was_planned_late_is_due_at_once(box: Letterbox) -> None:
    with box.database.write() as connection:
        anna = reader(connection, box.publication, "anna", {"letter": "each"})
        number = campaign(connection, box.publication, box.letter)
        plan_campaign(connection, number, TUESDAY + timedelta(hours=5))
        row = deliveries(connection, number)[anna]
        assert (row["scheduled_at"], row["wakes_at"]) == (TUESDAY, TUESDAY + timedelta(hours=5))


def test_what_was_planned_late_goes_into_the_digest_that_is_still_to_come(box: Letterbox) -> None:
    with box.database.write() as connection:
        anna = reader(connection, box.publication, "anna", {"letter": "daily"})
        number = campaign(connection, box.publication, box.letter)
        plan_campaign(connection, number, TUESDAY + timedelta(hours=5))
        assert deliveries(connection, number)[anna]["opens_at"] == TUESDAY + DAY


def test_a_cadence_that_was_lowered_binds_what_is_planned_after_it(box: Letterbox) -> None:
    with box.database.write() as connection:
        anna = reader(connection, box.publication, "anna", {"events": "each"})
        counted(connection, box.publication, anna, box.events, TUESDAY - DAY)
        open_one = campaign(connection, box.publication, box.events)
        plan_campaign(connection, open_one, TUESDAY)
        events = topic_named(connection, box.publication, "events")
        state_cadence(connection, box.publication, events, WEEKLY, SYSTEM, TUESDAY)
        full = campaign(connection, box.publication, box.events)
        plan_campaign(connection, full, TUESDAY)
        assert deliveries(connection, open_one)[anna]["reason"] == "expected"
        assert deliveries(connection, full)[anna]["reason"] == "topic_cap"
        assert WEEKLY != OFTEN


def test_an_expectation_that_cannot_be_read_waits_and_holds_nobody_else(box: Letterbox) -> None:
    with box.database.write() as connection:
        anna = reader(connection, box.publication, "anna", {"letter": "each"})
        lost = reader(connection, box.publication, "lost", {"letter": "each"}, zone="Asia/Tokyo")
        connection.execute(update(PATTERN).where(PATTERN.c.zone == "Asia/Tokyo").values(zone="Atlantis/Capital"))
        number = campaign(connection, box.publication, box.letter)
        answer = forecast(connection, box.publication, number, TUESDAY, TUESDAY)
        assert plan_campaign(connection, number, TUESDAY) == 2
        rows = deliveries(connection, number)
        assert (rows[anna]["state"], rows[anna]["reason"]) == ("due", "expected")
        assert (rows[lost]["state"], rows[lost]["reason"], rows[lost]["wakes_at"]) == ("waiting", "any_doubt", TUESDAY)
        assert answer.by_reason == {Reason.EXPECTED: 1, Reason.ANY_DOUBT: 1}


def plan_and_fail(box: Letterbox, number: int) -> None:
    with box.database.write() as connection:
        plan_campaign(connection, number, TUESDAY)
        plan_campaign(connection, number + 1, TUESDAY)


def test_a_planning_that_fails_leaves_nothing_and_can_be_repeated(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"})
        number = campaign(connection, box.publication, box.letter)
    with pytest.raises(NotFound):
        plan_and_fail(box, number)
    with box.database.write() as connection:
        assert connection.execute(select(func.count()).select_from(DELIVERY)).scalar_one() == 0
        assert plan_campaign(connection, number, TUESDAY) == 1


def test_nobody_changes_their_mind_in_the_middle_of_planning(postgresql_url: str) -> None:
    with letterbox(postgresql_url) as box:
        with box.database.write() as connection:
            anna = reader(connection, box.publication, "anna", {"letter": "each"})
            number = campaign(connection, box.publication, box.letter)
        with box.database.write() as planning:
            plan_campaign(planning, number, TUESDAY)
            with pytest.raises(DatabaseAway, match="lock"):
                hold_at_once(box, anna)


def hold_at_once(box: Letterbox, subscriber: int) -> None:
    with box.database.write() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
        lock_subscribers(connection, [subscriber])


def test_who_leaves_while_planning_waits_for_them_is_planned_as_gone(postgresql_url: str) -> None:
    with letterbox(postgresql_url) as box:
        with box.database.write() as connection:
            anna = reader(connection, box.publication, "anna", {"letter": "each"})
            number = campaign(connection, box.publication, box.letter)
        with box.database.write() as leaving:
            lock_subscribers(leaving, [anna])
            planning = Thread(target=planned, args=(box, number))
            planning.start()
            wait_until_somebody_waits_for_a_lock(box)
            next_version(leaving, anna, unsubscribed_at=TUESDAY)
        planning.join()
        with box.database.read() as connection:
            assert deliveries(connection, number)[anna]["reason"] == "unsubscribed"


def planned(box: Letterbox, number: int) -> None:
    with box.database.write() as connection:
        plan_campaign(connection, number, TUESDAY)


def wait_until_somebody_waits_for_a_lock(box: Letterbox) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(1000):
        with box.database.read() as connection:
            if connection.execute(waiting).scalar_one():
                return
        sleep(0.01)
    raise AssertionError("nobody waits for a lock")
