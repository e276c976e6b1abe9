"""A destination that wants less is left alone, and nothing else is; a ceiling is never exceeded."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from mailer.transport import OutcomeKind
from preferences.errors import Invalid, NotFound
from preferences.store.destinations import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    destinations,
    end_wait,
    limit_destination,
    next_pause,
)
from preferences.store.tables import ATTEMPT, COUNTED, DELIVERY, UNCOUNTED
from tests.mailer.town import TUESDAY, Town


def _three_readers(town: Town) -> tuple[int, int, int]:
    town.topic("letter", 5)
    first = town.reader("anna", {"letter": "each"}, domain="slow.example")
    second = town.reader("ben", {"letter": "each"}, domain="slow.example")
    third = town.reader("carla", {"letter": "each"}, domain="quick.example")
    town.clock.instant = TUESDAY
    return first, second, third


def _answer(town: Town, kind: OutcomeKind | None, *addresses: str) -> None:
    town.transport._answers = dict.fromkeys(addresses, kind) if kind else {}  # type: ignore[attr-defined]


def _tried(town: Town, reader: int) -> int:
    with town.database.read() as connection:
        return connection.execute(
            select(func.count())
            .select_from(ATTEMPT)
            .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
            .where((DELIVERY.c.subscriber_id == reader) & ATTEMPT.c.begun_at.is_not(None))
        ).scalar_one()


def _of(town: Town, reader: int, name: str) -> object:
    with town.database.read() as connection:
        return connection.execute(select(DELIVERY.c[name]).where(DELIVERY.c.subscriber_id == reader)).scalar_one()


def _accepted(town: Town) -> int:
    return len(town.transport.messages)  # type: ignore[attr-defined]


def test_a_destination_that_wants_less_is_left_alone_no_try_is_used_up_and_everybody_else_goes_on(town: Town) -> None:
    first, _, third = _three_readers(town)
    _answer(town, OutcomeKind.SLOWED, "anna@slow.example")
    town.campaign("first", "letter")
    town.hand_over()
    assert (_of(town, first, "state"), _of(town, third, "state")) == ("deferred", "accepted")
    assert (_of(town, first, "tries"), _of(town, first, "wakes_at")) == (0, TUESDAY + FIRST_PAUSE)
    with town.database.read() as connection:
        (one,) = destinations(connection, town.now)
        counted = connection.execute(select(func.count()).select_from(COUNTED)).scalar_one()
        uncounted = connection.execute(select(func.count()).select_from(UNCOUNTED)).scalar_one()
    assert (one.domain, one.slow_until, one.said) == ("slow.example", TUESDAY + FIRST_PAUSE, "421 slowed")
    assert counted - uncounted == _accepted(town)


def test_who_else_is_there_is_not_tried_meanwhile_and_gets_it_when_the_wait_is_over(town: Town) -> None:
    first, second, _ = _three_readers(town)
    _answer(town, OutcomeKind.SLOWED, "anna@slow.example")
    town.campaign("first", "letter")
    with town.database.write() as connection:
        limit_destination(connection, "quick.example", 1000)
    town.hand_over()
    town.campaign("second", "letter")
    _answer(town, None)
    tried = _tried(town, second)
    town.go_to(TUESDAY + FIRST_PAUSE - timedelta(seconds=1))
    assert _tried(town, second) == tried
    assert _tried(town, first) == 1
    town.go_to(TUESDAY + FIRST_PAUSE)
    assert _accepted(town) == 6


def test_a_person_lets_it_go_on_at_once(town: Town) -> None:
    first, _, _ = _three_readers(town)
    _answer(town, OutcomeKind.SLOWED, "anna@slow.example")
    town.campaign("first", "letter")
    town.hand_over()
    _answer(town, None)
    with town.database.write() as connection:
        assert end_wait(connection, "SLOW.example", town.now) == "slow.example"
    town.hand_over()
    assert _of(town, first, "state") == "accepted"
    with pytest.raises(NotFound), town.database.write() as connection:
        end_wait(connection, "slow.example", town.now)


def test_waits_grow_and_shrink() -> None:
    never = timedelta()
    assert next_pause(never, never) == FIRST_PAUSE
    assert next_pause(FIRST_PAUSE, timedelta(seconds=1)) == 2 * FIRST_PAUSE
    assert next_pause(LONGEST_PAUSE, never) == LONGEST_PAUSE
    assert next_pause(timedelta(hours=1), timedelta(hours=1)) == timedelta(hours=1)
    assert next_pause(timedelta(hours=1), timedelta(hours=2)) == timedelta(minutes=30)
    assert next_pause(timedelta(hours=1), timedelta(days=400)) == FIRST_PAUSE
    assert next_pause(timedelta(hours=1), -timedelta(days=400)) == timedelta(hours=2)


def test_a_wait_is_as_long_as_it_was_however_many_are_told(town: Town) -> None:
    _three_readers(town)
    _answer(town, OutcomeKind.SLOWED, "anna@slow.example", "ben@slow.example")
    town.campaign("first", "letter")
    town.hand_over()
    with town.database.read() as connection:
        (one,) = destinations(connection, town.now)
    assert one.slow_until == TUESDAY + FIRST_PAUSE
    town.go_to(TUESDAY + FIRST_PAUSE)
    with town.database.read() as connection:
        (one,) = destinations(connection, town.now)
    assert one.slow_until == TUESDAY + FIRST_PAUSE + 2 * FIRST_PAUSE


def test_a_digest_that_is_held_back_keeps_its_slot(town: Town) -> None:
    town.topic("letter", 5)
    town.reader("anna", {"letter": "each"}, domain="slow.example")
    weekly = town.reader("ben", {"letter": "weekly"}, domain="slow.example")
    town.clock.instant = TUESDAY + timedelta(hours=1)
    item = town.campaign("first", "letter")
    town.hand_over()
    slot_at = _of(town, weekly, "wakes_at")
    assert isinstance(slot_at, datetime)
    _answer(town, OutcomeKind.SLOWED, "anna@slow.example")
    town.campaign("second", "letter", at=slot_at - timedelta(minutes=1))
    town.go_to(slot_at)
    assert _digests(town) == [("due", slot_at, slot_at + FIRST_PAUSE - timedelta(minutes=1))]
    _answer(town, None)
    town.go_to(slot_at + FIRST_PAUSE)
    assert _digests(town) == [("accepted", slot_at, None)]
    assert town.stands(item, weekly)[0] == "in_digest"


def _digests(town: Town) -> list[tuple[str, datetime, datetime | None]]:
    with town.database.read() as connection:
        rows = connection.execute(
            select(DELIVERY.c.state, DELIVERY.c.scheduled_at, DELIVERY.c.wakes_at)
            .where(DELIVERY.c.rhythm.is_not(None))
            .order_by(DELIVERY.c.id)
        )
        return [(row.state, row.scheduled_at, row.wakes_at) for row in rows]


def test_no_more_than_its_ceiling_goes_to_a_destination_in_an_hour(town: Town) -> None:
    town.topic("letter", 5)
    for number in range(25):
        town.reader(f"reader{number}", {"letter": "each"}, domain="small.example")
    town.clock.instant = TUESDAY
    with town.database.write() as connection:
        limit_destination(connection, "small.example", 10)
    town.campaign("first", "letter")
    for passed, there in ((0, 10), (59, 10), (60, 20), (119, 20), (120, 25)):
        town.go_to(TUESDAY + timedelta(minutes=passed))
        assert _accepted(town) == there


def test_a_ceiling_below_what_one_reader_may_get_at_once_is_refused(town: Town) -> None:
    with pytest.raises(Invalid), town.database.write() as connection:
        limit_destination(connection, "small.example", 9)
    with pytest.raises(Invalid), town.database.write() as connection:
        limit_destination(connection, "not a domain", 100)
