"""A campaign that is spread: everybody has a turn of their own within the span, and is judged at it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from preferences.spread import delay_of, slot_of
from preferences.store.auditing import Audit
from preferences.store.changes import asked_now, change_expectation
from preferences.store.events import SYSTEM
from preferences.store.publications import publication_named
from preferences.store.schedules import pause, resume
from preferences.store.tables import ATTEMPT, CAMPAIGN, DELIVERY
from tests.mailer.town import TUESDAY, Town
from tests.store.newsletter import asked

SPREAD = timedelta(hours=2)
READERS = 12


def turn(campaign: int, reader: int) -> datetime:
    return TUESDAY + delay_of(SPREAD, slot_of(campaign, reader))


def left_at(town: Town, campaign: int) -> Mapping[int, datetime]:
    """When it was handed over to whom."""
    with town.database.read() as connection:
        rows = connection.execute(
            select(DELIVERY.c.subscriber_id, ATTEMPT.c.committed_at)
            .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
            .where(DELIVERY.c.campaign_id == campaign)
        )
        return {row.subscriber_id: row.committed_at for row in rows}


def published(town: Town, **wants: Any) -> list[int]:
    """A topic and its readers, on the day before."""
    town.topic("letter", 5)
    town.clock.instant = TUESDAY - timedelta(days=1)
    return [town.reader(f"r{number}", {"letter": "each"}, **wants) for number in range(READERS)]


def test_everybody_gets_it_at_their_own_turn_and_nobody_outside_the_span(town: Town) -> None:
    readers = published(town)
    campaign = town.campaign("first", "letter", at=TUESDAY, spread=SPREAD)
    town.go_to(TUESDAY + SPREAD / 2)
    half = left_at(town, campaign)
    assert set(half) == {one for one in readers if turn(campaign, one) <= TUESDAY + SPREAD / 2}
    assert 0 < len(half) < READERS
    with town.database.read() as connection:
        assert connection.execute(select(CAMPAIGN.c.status)).scalar_one() == "sending"
    town.go_to(TUESDAY + 2 * SPREAD)
    assert left_at(town, campaign) == {one: turn(campaign, one) for one in readers}
    assert all(TUESDAY <= at < TUESDAY + SPREAD for at in left_at(town, campaign).values())
    with town.database.read() as connection:
        sender = publication_named(connection, None)
    assert list(Audit(town.database, sender).broken(town.now)) == []


def test_who_has_it_in_a_digest_or_on_the_web_has_it_as_if_nothing_were_spread(town: Town) -> None:
    published(town)
    digest = town.reader("dora", {"letter": "daily"}, digest={"hour": "09:00"})
    web = town.reader("webb", {"letter": "web"})
    campaign = town.campaign("first", "letter", at=TUESDAY - timedelta(hours=1), spread=SPREAD)
    town.go_to(TUESDAY)
    assert town.stands(campaign, digest)[0] == "in_digest"
    assert town.stands(campaign, web)[0] == "web"


def test_a_turn_in_quiet_hours_waits_for_the_next_allowed_hour(town: Town) -> None:
    readers = published(town, hours={"from": "07:00", "to": "10:00"})
    campaign = town.campaign("first", "letter", at=TUESDAY, spread=SPREAD)
    town.go_to(TUESDAY + timedelta(days=2))
    ten, seven = TUESDAY + timedelta(hours=1), TUESDAY + timedelta(hours=22)
    turns = {one: turn(campaign, one) for one in readers}
    assert left_at(town, campaign) == {one: at if at < ten else seven for one, at in turns.items()}
    assert len(set(left_at(town, campaign).values())) > 2


def test_a_change_of_mind_brings_nobodys_turn_forward(town: Town) -> None:
    readers = published(town, hours={"from": "07:00", "to": "10:00"})
    campaign = town.campaign("first", "letter", at=TUESDAY, spread=SPREAD)
    town.go_to(TUESDAY)
    with town.database.write() as connection:
        for one in readers:
            assert asked_now(connection, 1, one) is not None
            change_expectation(connection, 1, one, asked("letter"), SYSTEM, town.now)
    town.go_to(TUESDAY + SPREAD)
    assert left_at(town, campaign) == {one: turn(campaign, one) for one in readers}


def test_planned_late_those_whose_turn_is_over_leave_at_once_and_the_others_at_theirs(town: Town) -> None:
    readers = published(town)
    campaign = town.campaign("first", "letter", at=TUESDAY, spread=SPREAD)
    late = TUESDAY + SPREAD / 2
    town.clock.instant = late
    town.go_to(TUESDAY + SPREAD)
    assert left_at(town, campaign) == {one: max(late, turn(campaign, one)) for one in readers}


def test_who_missed_their_turn_in_a_pause_leaves_when_it_is_resumed_and_the_others_at_theirs(town: Town) -> None:
    readers = published(town)
    campaign = town.campaign("first", "letter", at=TUESDAY, spread=SPREAD)
    town.go_to(TUESDAY)
    with town.database.write() as connection:
        pause(connection, 1, campaign, SYSTEM, town.now)
    resumed_at = TUESDAY + SPREAD / 2
    town.go_to(resumed_at)
    before = left_at(town, campaign)
    with town.database.write() as connection:
        resume(connection, 1, campaign, SYSTEM, town.now)
    town.go_to(TUESDAY + SPREAD)
    expected = {one: max(resumed_at, turn(campaign, one)) for one in readers if one not in before}
    assert left_at(town, campaign) == {**before, **expected}
    assert all(at == TUESDAY for at in before.values())
