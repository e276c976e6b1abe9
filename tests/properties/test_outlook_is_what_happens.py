"""An outlook is what then happens: held against living on with the campaign, and against living on without it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, update

from preferences.calendar import local_date, zone_named
from preferences.delivery import CampaignStatus, State
from preferences.expectation import Arrives
from preferences.store.agenda import campaigns_to_plan, next_instant
from preferences.store.database import Database
from preferences.store.leases import begin_lease
from preferences.store.planning import Outlook, outlook, plan_campaign
from preferences.store.planning.outlook import Reach
from preferences.store.planning.question import question_unlocked
from preferences.store.planning.witness import Mail
from preferences.store.tables import ATTEMPT, CAMPAIGN, DELIVERY
from tests.properties.populations import Population, populated, scheduled
from tests.properties.test_forecast_is_what_happens import MACHINE_NOW, _handed_over, drawn_campaign
from tests.properties.test_forecast_is_what_happens import database as database  # noqa: PLC0414 - a fixture
from tests.properties.test_plan_is_decide import undone
from tests.properties.worlds import effort

SIZE = 24
ZONE = zone_named("Europe/Berlin")
OPEN = {State.DUE, State.WAITING, State.DIGEST_TO_COME}


@dataclass(kw_only=True)
class Lived:
    """What was handed over: for each reader the mails with their instants, and what every campaign came in."""

    mails: dict[tuple[int, Mail], datetime] = field(default_factory=dict)
    came: dict[tuple[int, int], tuple[datetime, Mail]] = field(default_factory=dict)


def live(connection: Connection, people: Population, until: datetime) -> Lived:
    """Plan, decide and hand over everything that is due before an instant."""
    lease = begin_lease(connection, "test", MACHINE_NOW)
    instant: datetime | None = people.now
    while instant is not None and instant < until:
        for campaign in campaigns_to_plan(connection, instant):
            plan_campaign(connection, campaign, instant)
        _handed_over(connection, people.publication_id, lease, instant)
        instant = next_instant(connection, instant)
    return handed_over(connection)


def handed_over(connection: Connection) -> Lived:
    lived = Lived()
    of = DELIVERY.c
    tried = (
        select(ATTEMPT.c.delivery_id, func.min(ATTEMPT.c.committed_at).label("at")).group_by(ATTEMPT.c.delivery_id)
    ).subquery()
    mails: dict[int, tuple[datetime, Mail]] = {}
    for row in connection.execute(select(DELIVERY, tried.c.at).join(tried, tried.c.delivery_id == of.id)):
        rhythm = None if row.rhythm is None else Arrives(row.rhythm)
        mails[row.id] = (row.at, Mail(campaign=row.campaign_id, rhythm=rhythm, slot_on=row.slot_on))
        lived.mails[row.subscriber_id, mails[row.id][1]] = row.at
    for row in connection.execute(select(DELIVERY).where(of.campaign_id.is_not(None))):
        carrier = row.carrier_id or row.id
        if carrier in mails and row.state not in OPEN:
            lived.came[row.subscriber_id, row.campaign_id] = mails[carrier]
    return lived


def story(connection: Connection, seed: int) -> tuple[Population, int, datetime]:
    """A population with what is under way, scheduled campaigns around an instant, and one that is asked about."""
    chance = Random(seed)
    people = populated(connection, chance, SIZE)
    at = people.now + timedelta(hours=chance.choice([0, 0, chance.randrange(1, 120)]))
    for _ in range(chance.randrange(3)):
        plan_campaign(connection, drawn_campaign(connection, people, chance, people.now), people.now)
    for _ in range(chance.randrange(1, 4)):
        drawn_campaign(connection, people, chance, people.now + timedelta(hours=chance.randrange(1, 300)))
    asked = scheduled(
        connection,
        people,
        tuple(chance.sample(people.topics, 2)),
        at,
        local_at=(at + timedelta(hours=14)).replace(tzinfo=None) if chance.random() < 0.3 else None,
        spread_minutes=chance.choice([None, None, 30, 1440]),
    )
    return people, asked, at


def told(connection: Connection, lived: Lived, without: Lived, asked: int, at: datetime, seen: Outlook) -> Outlook:
    """The outlook as it was lived; what bound whom is not in it."""
    members = set(connection.execute(select(DELIVERY.c.subscriber_id).where(DELIVERY.c.campaign_id == asked)).scalars())
    came = {reader: lived.came[reader, asked] for reader in members if (reader, asked) in lived.came}
    turns = connection.execute(
        select(DELIVERY.c.subscriber_id, DELIVERY.c.scheduled_at).where(DELIVERY.c.campaign_id == asked)
    ).all()
    own = {reader: (max(at, turn), Mail(campaign=asked)) for reader, turn in turns}
    states = connection.execute(
        select(DELIVERY.c.state, DELIVERY.c.reason).where(DELIVERY.c.campaign_id == asked)
    ).all()
    pushed = [
        mail
        for (reader, mail), left_at in without.mails.items()
        if reader in members and not has_had(lived, without, reader, mail, left_at)
    ]
    return Outlook(
        until=seen.until,
        at_once=sum(one == own[reader] for reader, one in came.items()),
        later=Counter(
            Reach(on=local_date(ZONE, when), mail=mail)
            for reader, (when, mail) in came.items()
            if (when, mail) != own[reader]
        ),
        bound=seen.bound,
        open=sum(row.state in OPEN and row.reason != "any_doubt" for row in states),
        not_sent=sum(row.state == State.NOT_SENT for row in states),
        pushed_out=Counter(pushed),
    )


def has_had(lived: Lived, without: Lived, reader: int, mail: Mail, at: datetime) -> bool:
    campaigns = [mail.campaign] if mail.campaign is not None else []
    if not campaigns:
        campaigns = [campaign for (who, campaign), (_, came) in without.came.items() if (who, came) == (reader, mail)]
    return all((reader, one) in lived.came and lived.came[reader, one][0] <= at for one in campaigns)


@pytest.mark.slow
@settings(max_examples=effort(8), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_an_outlook_is_what_happens_with_the_campaign_and_what_does_not_without_it(
    database: Database, seed: int
) -> None:
    with undone(database) as connection:
        people, asked, at = story(connection, seed)
        found = question_unlocked(connection, people.publication_id, asked)
        seen = outlook(
            connection, people.publication_id, asked, at, people.now, local_at=found.local_at, spread=found.spread
        )
        assert seen is not None
        with connection.begin_nested() as savepoint:
            connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == asked).values(status=CampaignStatus.DRAFT.value))
            without = live(connection, people, seen.until)
            savepoint.rollback()
        lived = live(connection, people, seen.until)
        assert seen == told(connection, lived, without, asked, at, seen)
