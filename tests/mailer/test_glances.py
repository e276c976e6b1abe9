"""Between two ticks the scheduler looks whether something is waited for: a campaign to plan, or one that may be finished."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from mailer.schedule import tend
from preferences.store.agenda import is_something_to_plan
from preferences.store.sweep import may_be_finished
from preferences.store.tables import CAMPAIGN
from tests.mailer.town import TUESDAY, Town, town_at


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with town_at(database_url) as town:
        town.topic("letter", days={1})
        town.reader("anna", {"letter": "each"})
        town.clock.instant = TUESDAY
        yield town


def test_a_campaign_is_to_be_planned_from_its_instant_on_and_until_it_is(town: Town) -> None:
    town.campaign("letter", "letter")
    with town.database.read() as connection:
        seen = [
            is_something_to_plan(connection, town.now + after) for after in (timedelta(microseconds=-1), timedelta())
        ]
    tend(town.office)
    with town.database.read() as connection:
        assert (*seen, is_something_to_plan(connection, town.now)) == (False, True, False)


def test_a_campaign_may_be_finished_when_nothing_is_due_or_under_way_and_not_before(town: Town) -> None:
    campaign = town.campaign("letter", "letter")
    tend(town.office)
    seen = [_may_be(town)]
    town.hand_over()
    with town.database.write() as connection:
        connection.execute(update(CAMPAIGN).values(status="sending", finished_at=None))
    seen.append(_may_be(town))
    tend(town.office)
    assert [*seen, _may_be(town)] == [False, True, False]
    assert town.counts(campaign) == {"accepted": 1}


def _may_be(town: Town) -> bool:
    with town.database.read() as connection:
        return may_be_finished(connection)
