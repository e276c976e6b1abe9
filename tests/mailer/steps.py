"""Small steps that tests of broken hand-overs share."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from mailer.schedule import tend
from mailer.send import Sender
from preferences.store.clock import FixedClock, SystemClock
from preferences.store.gate import Group, decide_group
from preferences.store.results import Came, Result, record_results
from preferences.store.tables import CAMPAIGN
from tests.mailer.town import ONE_A_WEEK, TUESDAY, Town

FRIDAY = {"weekday": "fri", "hour": "18:00"}
A_MONTH = TUESDAY + timedelta(days=35)


def decided(town: Town) -> Group:
    """What one transaction of the gate decided, after planning."""
    tend(town.office)
    with town.database.write() as connection:
        group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=10)
    assert group is not None
    return group


def results_of(group: Group, came: Came, town: Town) -> list[Result]:
    """The same result for every mail of a group."""
    return [
        Result(
            attempt_id=mail.attempt_id,
            delivery_id=mail.delivery_id,
            subscriber_id=mail.subscriber.id,
            came=came,
            ended_at=town.now,
        )
        for mail in group.mails
    ]


def recorded(town: Town, group: Group, came: Came) -> int:
    """Record the same result for every mail of a group; answers for how many it was news."""
    with town.database.write() as connection:
        return record_results(connection, 1, results_of(group, came, town), town.now, town.office.jitter)


def status(town: Town, campaign: int) -> str:
    """The status of a campaign."""
    with town.database.read() as connection:
        status: str = connection.execute(select(CAMPAIGN.c.status).where(CAMPAIGN.c.id == campaign)).scalar_one()
    return status


def letter_and_extra(town: Town) -> tuple[int, int]:
    """Two campaigns due at once for a reader of one mail a week: the letter carries the extra."""
    town.topic("letter", days={1})
    town.topic("events", 5)
    town.reader("anna", {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
    town.clock.instant = TUESDAY
    extra = town.campaign("extra", "events")
    return town.campaign("letter", "letter", priority=5), extra


def weekly_item(town: Town, **values: Any) -> int:
    """A campaign that stands in a digest on Friday at 18:00."""
    town.topic("events", 5)
    town.reader("anna", {"events": "weekly"}, digest=FRIDAY)
    town.clock.instant = TUESDAY
    return town.campaign("item", "events", **values)


def handed_over(town: Town, group: Group) -> None:
    """Hand a group over as a process does that decided it before."""
    Sender(town.office, town.mails, town.lease_id, lambda: True).hand_over_group(1, group)


def machine_of(town: Town) -> FixedClock:
    """The machine's clock, on which leases run, in hand from now on."""
    machine = FixedClock(SystemClock().now())
    town.office = replace(town.office, machine_clock=machine)
    return machine
