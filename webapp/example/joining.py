"""Readers who come over the weeks: by the page, by a friend, by another program; and those who never confirm."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from preferences.address import parse_address
from preferences.delivery import MadeBy
from preferences.errors import Conflict
from preferences.store.confirmations import confirm
from preferences.store.events import By
from preferences.store.referrals import PassedOn
from preferences.store.signups import SignUp, request
from preferences.store.subscribing import Stated, subscribe
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from webapp.example.house import Act, House
from webapp.example.people import Person
from webapp.example.wishes import wish

BY_READER = By(made_by=MadeBy.LINK, route=Route.SIGN_UP)
BY_TICKET_SHOP = By(made_by=MadeBy.TOKEN, route=Route.API)
_UNCONFIRMED, _BY_PROGRAM, _BROUGHT, _ZONE_KNOWN = 0.07, 0.04, 0.12, 0.85
# Of so many things that were passed on last, one has sent somebody here.
_LATELY = 25
_SOURCES = ("door", "web", "web", "web", "programme", "friend")
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
)
# What a ticket comes with: a month of mail about the house, and then no more unless one asks for it.
_LASTS = timedelta(days=30)


class Newcomers:
    """Those who join while the example is lived; `joined` are their numbers, in the order in which they came.

    Some were sent here by a reader: of what was `passed_on` by then, mostly by what was passed on last.
    """

    def __init__(
        self,
        house: House,
        crowd: Iterable[Person],
        passed_on: Sequence[PassedOn],
        begins_at: datetime,
        ends_at: datetime,
    ) -> None:
        self._house = house
        self._passed_on = passed_on
        self.joined: list[int] = []
        hours = (ends_at - begins_at) / timedelta(hours=1)
        for person in crowd:
            self._plan(person, begins_at, hours)

    def _plan(self, person: Person, begins_at: datetime, hours: float) -> None:
        chance = self._house.chance
        at = begins_at + timedelta(hours=chance.uniform(1, hours - 2))
        at = at.replace(hour=chance.choice((7, 8, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21)), second=0, microsecond=0)
        seed = chance.random()

        def act(connection: Transaction, now: datetime) -> None:
            self._arrives(connection, person, random.Random(f"{seed}"), now)

        self._house.at(at, act)

    def _arrives(self, connection: Transaction, person: Person, chance: random.Random, now: datetime) -> None:
        passed_on = self._sent_here_by(person)
        asks = SignUp(
            address=parse_address(person.email),
            asked=wish(chance, now.astimezone(ZoneInfo(person.zone)).date()),
            zone=person.zone if chance.random() < _ZONE_KNOWN else None,
            name=person.name,
            source=chance.choice(_SOURCES),
            brought_by=None if passed_on is None else passed_on.subscriber_id,
            brought_with=None if passed_on is None else passed_on.campaign_id,
            url="https://lantern-house.example/letter",
            network_address=f"192.0.2.{chance.randint(1, 254)}",
            agent=chance.choice(_AGENTS),
        )
        number = self._house.publication_id
        if chance.random() < _BY_PROGRAM:
            stated = Stated(confirmed_at=now, ends_at=now + _LASTS, method="bought_a_ticket")
            self.joined.append(subscribe(connection, number, asks, stated, BY_TICKET_SHOP, now))
            return
        asked_for = request(connection, number, asks, BY_READER, now)
        if chance.random() >= _UNCONFIRMED:
            minutes = chance.choice((1, 2, 2, 3, 5, 8, 20, 90, 700))
            self._house.at(now + timedelta(minutes=minutes), self._confirms(asked_for))

    def _sent_here_by(self, person: Person) -> PassedOn | None:
        chance = random.Random(person.email)
        lately = self._passed_on[-_LATELY:]
        return chance.choice(lately) if lately and chance.random() < _BROUGHT else None

    def _confirms(self, asked_for: int) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            try:
                confirmed = confirm(connection, self._house.publication_id, asked_for, BY_READER, now)
            except Conflict:
                return
            self.joined.append(confirmed.subscriber_id)

        return act
