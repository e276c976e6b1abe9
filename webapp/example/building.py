"""Building the example from a seed: the same seed gives the same ledger, number by number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from preferences.store.database import open_database
from webapp.example.beginning import carry_over, found_publication
from webapp.example.content import publication
from webapp.example.giving import Giving
from webapp.example.house import House
from webapp.example.joining import Newcomers
from webapp.example.marketing import Marketer
from webapp.example.people import people
from webapp.example.post import Trouble
from webapp.example.reactions import Readers
from webapp.example.turns import Turns

# A Thursday, and the Thursday eight weeks later, each at ten in the morning where the publication is.
BEGINS_ON = datetime(2026, 9, 24, 10, 0)  # noqa: DTZ001 - its zone is the publication's, which its file states
SEED = 1
_CARRIED_OVER = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is built: the shipped example, or less for a test."""

    readers: int = 2000
    weeks: int = 8


def build(target: Path, seed: int, size: Size) -> datetime:
    """Make a new database in a file and live the example in it; answers the instant at which it ends."""
    zone = ZoneInfo(publication()["zone"])
    begins_at = BEGINS_ON.replace(tzinfo=zone).astimezone(UTC)
    ends_at = (BEGINS_ON + timedelta(weeks=size.weeks)).replace(tzinfo=zone).astimezone(UTC)
    database = open_database(f"sqlite:///{target}")
    try:
        database.migrate()
        publication_id = found_publication(database, begins_at)
        chance = Random(seed)
        crowd = list(islice(people(chance), size.readers))
        first = crowd[: round(size.readers * _CARRIED_OVER)]
        written_to = carry_over(database, publication_id, first, chance, begins_at)
        house = House(database, publication_id, seed, begins_at, _trouble(zone))
        more_since = datetime(2026, 10, 19, 8, 30, tzinfo=zone)
        marketer = Marketer(house, zone, ends_at)
        marketer.raise_cadence(more_since)
        marketer.resume_later("letter-05", datetime(2026, 10, 27, 10, 55, tzinfo=zone))
        giving = Giving(house, seed, zone, begins_at, ends_at)
        Newcomers(house, crowd[len(first) :], giving.passed_on, begins_at, ends_at)
        Readers(house, seed, frozenset(person.email for person in written_to), more_since)
        Turns(house, begins_at)
        house.live_until(ends_at)
        return ends_at
    finally:
        database.close()


def _trouble(zone: ZoneInfo) -> Trouble:
    return Trouble(
        refused_subject="The hour we were given back",
        refused_after=300,
        refused_until=datetime(2026, 10, 27, 10, 40, tzinfo=zone),
        away_since=datetime(2026, 10, 23, 18, 0, tzinfo=zone),
        away_until=datetime(2026, 10, 23, 18, 2, tzinfo=zone),
    )
