"""A publication that was lived through: the real planning, gate and results, over weeks, with whatever chance brings."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from preferences.asked import Asked
from preferences.audit import Broken
from preferences.cadence import Cadence, Cap, Period
from preferences.store.auditing import Audit, Checked
from preferences.store.changes import change_expectation
from preferences.store.gate import decide_group
from preferences.store.hand_overs import HandOver
from preferences.store.leases import begin_lease
from preferences.store.planning import plan_campaign
from preferences.store.publications import publication
from preferences.store.results import Came, Result, record_results
from preferences.store.subscribers import subscriber
from preferences.store.sweep import settle_campaigns
from preferences.store.tables import CAMPAIGN, LEASE
from preferences.store.topics import state_cadence, topic_named
from preferences.store.undo import undo
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.store.newsletter import BY_FOOTER, BY_LINK, NOON, Newsletter, add_campaign, asked, signed_up

A_MONTH = timedelta(days=400)
CAME = {Came.ACCEPTED: 80, Came.REFUSED: 5, Came.DEFERRED: 8, Came.IN_DOUBT: 4, Came.GIVEN_BACK: 3}
ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "UTC")


class Lived:
    """A newsletter, the people who read it, and a clock that only goes forward."""

    def __init__(self, there: Newsletter, seed: int = 0) -> None:
        self.there = there
        self.now = NOON
        self.chance = random.Random(seed)
        self.people: list[int] = []
        self.came: Callable[[], Came] = lambda: Came.ACCEPTED
        with there.database.write() as connection:
            self.lease = begin_lease(connection, "worker", NOON)
            connection.execute(update(LEASE).values(until=NOON + A_MONTH))

    def reader(self, wants: Asked, zone: str = "Europe/Berlin") -> int:
        """Somebody who signs up and confirms now."""
        address = f"reader{len(self.people)}@example.org"
        self.people.append(signed_up(self.there, wants, address=address, now=self.now, zone=zone))
        return self.people[-1]

    def send(self, topic: int, name: str, **values: Any) -> int:
        """A campaign that is due now, planned; nothing is handed over yet."""
        with self.there.database.write() as connection:
            campaign = add_campaign(connection, self.there, topic, self.now)
            values = {"status": "scheduled", "name": name, **values}
            connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign).values(**values))
            plan_campaign(connection, campaign, self.now)
        return campaign

    def hand_over(self) -> None:
        """Everything due now is decided again, counted, handed over, and what came of it recorded."""
        for _ in range(20):
            with self.there.database.write() as connection:
                group = decide_group(connection, self.there.publication, self.lease, self.now, self.now, limit=50)
            if group is None:
                break
            results = [self._result(mail) for mail in group.mails]
            with self.there.database.write() as connection:
                record_results(connection, self.there.publication, results, self.now, self.chance)
        with self.there.database.write() as connection:
            settle_campaigns(connection, self.now)

    def _result(self, mail: HandOver) -> Result:
        return Result(
            attempt_id=mail.attempt_id,
            delivery_id=mail.delivery_id,
            subscriber_id=mail.subscriber.id,
            came=self.came(),
            ended_at=self.now,
            begun_at=self.now,
            code=250,
            reply="thank you",
        )

    def wait(self, **span: float) -> None:
        """Let time go by."""
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Told:
    """What happened in a small ledger: who, and which campaigns."""

    lived: Lived
    reader: int
    letter: int
    extra: int

    @property
    def there(self) -> Newsletter:
        """Where it happened."""
        return self.lived.there


def letter_with_an_extra(there: Newsletter) -> Told:
    """One reader, at most one mail a week: a letter, an extra that waits and comes along, every campaign finished."""
    lived = Lived(there)
    reader = lived.reader(asked("letter", "events", at_most={"count": 1, "per": "week"}))
    lived.send(there.letter, "First letter")
    lived.hand_over()
    lived.wait(days=1)
    extra = lived.send(there.events, "Extra")
    lived.hand_over()
    lived.wait(days=6)
    letter = lived.send(there.letter, "Second letter")
    lived.hand_over()
    return Told(lived, reader, letter, extra)


def audited(there: Newsletter, **more: Any) -> tuple[list[Broken], Checked]:
    """What the audit finds some weeks later, and how much it checked."""
    with there.database.read() as connection:
        row = publication(connection, there.publication)
    audit = Audit(there.database, row, **more)
    return list(audit.broken(NOON + timedelta(days=60))), audit.checked


def live_through(there: Newsletter, seed: int, *, people: int, steps: int) -> datetime:
    """Weeks of campaigns, changes of mind and refusals, all by chance; answers when it ends."""
    lived = Lived(there, seed)
    chance = lived.chance
    lived.came = lambda: chance.choices(list(CAME), list(CAME.values()))[0]
    for _ in range(people):
        lived.reader(_wants(chance), chance.choice(ZONES))
    for number in range(steps):
        lived.wait(hours=chance.choice([0, 1, 5, 13, 30]))
        if chance.random() < 0.5:
            lived.send(chance.choice([there.letter, there.events, there.events, there.notices]), f"Issue {number}")
        _change_of_mind(lived)
        lived.hand_over()
    return lived.now


def _change_of_mind(lived: Lived) -> None:
    """One of the readers asks for something else, leaves, or comes back; sometimes a topic states another cadence."""
    chance, there, now = lived.chance, lived.there, lived.now
    person, what = chance.choice(lived.people), chance.random()
    with there.database.write() as connection:
        if what < 0.1:
            cap = Cap(count=chance.randint(1, 4), per=chance.choice([Period.DAY, Period.WEEK, Period.MONTH]))
            topic = topic_named(connection, there.publication, chance.choice(["letter", "events"]))
            state_cadence(connection, there.publication, topic, Cadence(id=0, at_most=cap), BY_LINK, now)
        elif subscriber(connection, there.publication, person).unsubscribed_at is not None:
            return
        elif what < 0.5:
            change_expectation(connection, there.publication, person, _wants(chance), BY_LINK, now)
        elif what < 0.65:
            scope = chance.choice([Scope.TOPIC, Scope.TOPIC, Scope.ALL])
            topic_id = chance.choice([there.letter, there.events]) if scope is Scope.TOPIC else None
            left = unsubscribe(connection, there.publication, person, scope, BY_FOOTER, now, topic_id=topic_id)
            if chance.random() < 0.5 and left.id is not None:
                undo(connection, there.publication, left.id, BY_FOOTER, now)


RHYTHMS = ("each", "each", "each", "daily", "weekly", "monthly", "web")


def _wants(chance: random.Random) -> Asked:
    """What somebody might ask for."""
    topics: list[str | dict[str, Any]] = []
    for slug in ("letter", "events"):
        arrives = chance.choice(RHYTHMS)
        topic: dict[str, Any] = {"topic": slug, "arrives": arrives}
        if arrives == "each" and chance.random() < 0.3:
            topic["at_most"] = {"count": chance.choice([1, 2]), "per": chance.choice(["day", "week", "two_weeks"])}
        if chance.random() < 0.8 or not topics:
            topics.append(topic)
    if chance.random() < 0.3:
        topics.append("notices")
    limits: dict[str, Any] = {}
    if chance.random() < 0.6:
        limits["at_most"] = {"count": chance.choice([1, 1, 2]), "per": chance.choice(["day", "week", "month"])}
    if chance.random() < 0.4:
        limits["days"] = chance.sample(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], chance.choice([2, 4, 6]))
    if chance.random() < 0.4:
        limits["hours"] = chance.choice([{"from": "07:00", "to": "21:00"}, {"from": "22:00", "to": "03:00"}])
    if chance.random() < 0.2:
        limits["paused"] = {"from": "2026-12-01", "until": "2026-12-10"}
    if chance.random() < 0.3:
        limits["overflow"] = "leave_out"
    return asked(*topics, **limits)
