"""A new sender sends little at first, never more than its ceiling, and nobody goes without for it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from mailer.schedule import tend
from mailer.transport import OutcomeKind
from preferences.errors import Conflict, Invalid
from preferences.store.clock import SystemClock
from preferences.store.gate import decide_group
from preferences.store.tables import ATTEMPT
from preferences.store.warm_up import begin_warm_up, ceiling_of, end_warm_up, warm_up
from tests.mailer.town import TUESDAY, Town


def _readers(town: Town, number: int) -> None:
    town.topic("letter", 5)
    town.topic("events", 5)
    for one in range(number):
        town.reader(f"reader{one}", {"letter": "each", "events": "each"})
    town.clock.instant = TUESDAY


def _begin(town: Town, first: int = 10, last: int = 1000) -> None:
    with town.database.write() as connection:
        begin_warm_up(connection, first, last, town.now)


def _a_day(town: Town) -> Counter[str]:
    """How many mails were accepted on each day."""
    with town.database.read() as connection:
        rows = connection.execute(select(ATTEMPT.c.committed_at).where(ATTEMPT.c.outcome == "accepted")).scalars()
        return Counter(f"{at:%d}" for at in rows)


def test_ceilings_double_until_there_is_none() -> None:
    assert [ceiling_of(day, 50, 300) for day in range(5)] == [50, 100, 200, None, None]
    assert ceiling_of(-3, 50, 300) == 50
    assert ceiling_of(10_000, 50, 10**9) is None


def test_each_day_at_most_so_many_leave_and_the_rest_goes_at_the_same_time_of_the_next_day(town: Town) -> None:
    _readers(town, 45)
    _begin(town)
    campaign = town.campaign("first", "letter")
    town.go_to(TUESDAY + timedelta(hours=20))
    assert town.counts(campaign) == {"accepted": 10, "due": 35}
    town.go_to(TUESDAY + timedelta(days=1) - timedelta(seconds=1))
    assert town.counts(campaign) == {"accepted": 10, "due": 35}
    town.go_to(TUESDAY + timedelta(days=3))
    assert town.counts(campaign) == {"accepted": 45}
    assert _a_day(town) == {"24": 10, "25": 20, "26": 15}


def test_who_gets_several_mails_at_once_does_not_exceed_the_ceiling(town: Town) -> None:
    _readers(town, 9)
    _begin(town)
    town.campaign("first", "letter")
    town.campaign("second", "events")
    town.go_to(TUESDAY + timedelta(days=1))
    days = _a_day(town)
    assert days["24"] <= 10
    assert days.total() == 18


def test_what_has_not_begun_uses_up_no_room(town: Town) -> None:
    _readers(town, 12)
    _begin(town)
    down = {f"reader{one}@example.org": OutcomeKind.RELAY_DOWN for one in range(12)}
    town.transport._answers = down  # type: ignore[attr-defined]
    campaign = town.campaign("first", "letter")
    town.go_to(TUESDAY + timedelta(minutes=2))
    assert town.counts(campaign) == {"due": 12}
    town.transport._answers = {}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(minutes=12))
    assert town.counts(campaign) == {"accepted": 10, "due": 2}


def test_two_that_decide_at_once_do_not_use_the_same_room(town: Town) -> None:
    _readers(town, 40)
    _begin(town)
    town.campaign("first", "letter")
    tend(town.office)
    mails: list[int] = []

    def decide() -> None:
        for _ in range(4):
            with town.database.write() as connection:
                group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=4)
            mails.append(0 if group is None else len(group.mails))

    threads = [Thread(target=decide) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(mails) == 10


def test_a_clock_that_was_set_back_gives_no_room_again(town: Town) -> None:
    _readers(town, 15)
    _begin(town)
    town.campaign("first", "letter")
    town.hand_over()
    with town.database.read() as connection:
        found = warm_up(connection, town.now - timedelta(days=1))
    assert found is not None
    assert found.room == 0


def test_without_a_warm_up_there_is_no_ceiling_and_there_is_one_at_a_time(town: Town) -> None:
    with town.database.write() as connection:
        assert warm_up(connection, town.now) is None
        begin_warm_up(connection, 10, 20, town.now)
    with pytest.raises(Conflict):
        _begin(town)
    with town.database.write() as connection:
        found = warm_up(connection, town.now + timedelta(days=2))
        assert found is not None
        assert (found.ceiling, found.room, found.number) == (None, None, 3)
        assert end_warm_up(connection)
        assert not end_warm_up(connection)
    with pytest.raises(Invalid):
        _begin(town, first=9)
