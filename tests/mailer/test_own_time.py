"""A campaign at each reader's own time reaches every zone there is at that time by its own clock, whatever its clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from sqlalchemy import select

from preferences.calendar import first_instant, zone_named
from preferences.store.auditing import Audit
from preferences.store.events import SYSTEM
from preferences.store.planning import forecast
from preferences.store.publications import publication_named
from preferences.store.schedules import planned_at, schedule
from preferences.store.tables import ATTEMPT, DELIVERY
from tests.mailer.town import Town

QUARTER = timedelta(minutes=15)
# Clocks that skip half an hour past two, clocks that show half past one twice, clocks that skip midnight, and the date line.
INSTANTS = ["2027-03-28T02:30", "2026-11-01T01:30", "2027-04-23T00:15", "2027-01-01T00:00"]
ZONES = sorted(files("tzdata").joinpath("zones").read_text("utf-8").split())


def by_the_clock(zone: str, wanted: datetime) -> datetime:
    """The first instant at which a clock there shows the wanted time or later, found by looking at it."""
    at = wanted.replace(tzinfo=UTC) - timedelta(hours=15)
    clock = zone_named(zone)
    while at.astimezone(clock).replace(tzinfo=None) < wanted:
        at += QUARTER
    return at


def one_of_each(wanted: datetime) -> list[str]:
    """A zone for each instant at which somebody's own time is."""
    found: dict[datetime, str] = {}
    for zone in ZONES:
        found.setdefault(by_the_clock(zone, wanted), zone)
    return list(found.values())


def check(town: Town, zones: list[str], wanted: datetime) -> None:
    """Send it to a reader in each zone, a day's work of the mailer, and compare with their clocks."""
    town.topic("letter", 5)
    town.clock.instant = wanted.replace(tzinfo=UTC) - timedelta(days=2)
    readers = {town.reader(f"r{number}", {"letter": "each"}, zone=zone): zone for number, zone in enumerate(zones)}
    campaign = town.campaign("first", "letter", at=wanted.replace(tzinfo=UTC))
    with town.database.write() as connection:
        schedule(connection, 1, campaign, wanted, SYSTEM, town.now)
        at = planned_at(wanted, publication_named(connection, None), town.now)
        seen = forecast(connection, 1, campaign, at, town.now, local_at=wanted)
    town.go_to(wanted.replace(tzinfo=UTC) + timedelta(hours=16))
    expected = {reader: by_the_clock(zone, wanted) for reader, zone in readers.items()}
    with town.database.read() as connection:
        rows = connection.execute(
            select(DELIVERY.c.subscriber_id, ATTEMPT.c.committed_at)
            .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
            .order_by(ATTEMPT.c.id)
        ).all()
        sender = publication_named(connection, None)
    assert len(rows) == len(zones)
    assert {row.subscriber_id: row.committed_at for row in rows} == expected
    assert (seen.sent_from, seen.sent_until) == (min(expected.values()), max(expected.values()))
    assert list(Audit(town.database, sender).broken(town.now)) == []


@pytest.mark.parametrize("local", [INSTANTS[0], *(pytest.param(one, marks=pytest.mark.slow) for one in INSTANTS[1:])])
def test_every_clock_there_is_shows_the_time_when_the_mail_leaves(town: Town, local: str) -> None:
    wanted = datetime.fromisoformat(local)
    check(town, one_of_each(wanted), wanted)


@pytest.mark.slow
@pytest.mark.parametrize("local", INSTANTS)
def test_no_zone_of_the_zone_data_is_forgotten(local: str) -> None:
    wanted = datetime.fromisoformat(local)
    for zone in ZONES:
        assert first_instant(zone_named(zone), wanted.date(), wanted.time()) == by_the_clock(zone, wanted), zone
