"""What readers of the example do when a mail has come: most do nothing; some ask for less, choose, leave, or complain.

What one reader does depends on the seed and the delivery alone.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta

from mailer.transport import OutcomeKind
from preferences.asked import Asked
from preferences.calendar import local_date
from preferences.delivery import MadeBy
from preferences.errors import Conflict
from preferences.expectation import Arrives, Suppression
from preferences.opt_down import once_a_week, paused_for_a_month
from preferences.store.changes import asked_now, change_expectation
from preferences.store.events import By
from preferences.store.expectations import terms_of
from preferences.store.reads import mail_to_read
from preferences.store.subscribers import subscriber
from preferences.store.suppressions import suppress as stop_writing
from preferences.store.transactions import Transaction
from preferences.store.undo import undo
from preferences.store.unsubscribes import state_cause, unsubscribe
from preferences.unsubscribe import ASKED, Cause, Route, Scope
from webapp.example.content import words
from webapp.example.house import Act, House
from webapp.example.post import Answered
from webapp.example.wishes import ONCE_A_WEEK, wish

# Of how many mails in ten thousand.
_LEAVES, _ASKS_FOR_LESS, _COMPLAINS = 95, 75, 3
# Of those who were carried over, how many choose for themselves after their first mail.
_CHOOSES = 0.5
_ACCEPTS_MORE = 0.08
_ROUTES = {
    Route.HEADER_ONE_CLICK: 34,
    Route.FOOTER_LINK: 40,
    Route.PREFERENCE_PAGE: 19,
    Route.MAILTO: 5,
    Route.CONSOLE: 1,
    Route.API: 1,
}
_MADE_BY = {Route.CONSOLE: MadeBy.PERSON, Route.API: MadeBy.TOKEN}
_CAUSES = {
    Cause.NOT_RELEVANT: 30,
    Cause.TOO_OFTEN: 26,
    Cause.REPETITIVE: 14,
    Cause.CHANGED: 10,
    Cause.OTHER: 14,
    Cause.NEVER_ASKED: 6,
}
_NOTICES = frozenset({"cannot-wait"})


class Readers:
    """Everybody who is written to; `carried_over` are the addresses of those who never chose by themselves."""

    def __init__(self, house: House, seed: int, carried_over: frozenset[str], more_since: datetime) -> None:
        self._house = house
        self._seed = seed
        self._carried_over = carried_over
        self._more_since = more_since
        self._wrote_first: set[int] = set()
        self._words = words()
        house.listeners.append(self._hear)

    def _hear(self, answered: Answered) -> None:
        claim = answered.claim
        if not claim.delivery or claim.subscriber is None:
            return
        chance = random.Random(f"{self._seed}/{claim.delivery}")
        if answered.kind is OutcomeKind.REFUSED and answered.code == 550:
            self._house.at(answered.at + timedelta(minutes=2), self._bounces(claim.subscriber, claim.delivery))
        if answered.kind is OutcomeKind.ACCEPTED:
            self._reads(answered, claim.subscriber, claim.delivery, chance)

    def _reads(self, answered: Answered, reader: int, delivery: int, chance: random.Random) -> None:
        is_first = reader not in self._wrote_first
        self._wrote_first.add(reader)
        later = _soon(answered.at, chance)
        luck = chance.randrange(10_000)
        if is_first and answered.recipient in self._carried_over and chance.random() < _CHOOSES:
            later = answered.at + timedelta(days=chance.expovariate(1 / 5), minutes=chance.randint(3, 600))
            self._house.at(later.replace(second=0, microsecond=0), self._chooses(reader, delivery, chance))
        elif luck < _LEAVES:
            self._house.at(later, self._leaves(reader, delivery, chance))
        elif (luck := luck - _LEAVES) < _ASKS_FOR_LESS:
            self._house.at(later, self._asks_for_less(reader, delivery, chance))
        elif luck - _ASKS_FOR_LESS < _COMPLAINS:
            self._house.at(later, self._complains(reader, delivery))
        elif answered.at >= self._more_since and chance.random() < _ACCEPTS_MORE:
            self._house.at(later, self._accepts_more(reader, delivery))

    def _bounces(self, reader: int, delivery: int) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            by = By(made_by=MadeBy.SYSTEM, route=Route.HARD_BOUNCE)
            number = self._house.publication_id
            stop_writing(connection, number, reader, Suppression.DEAD_ADDRESS, by, now, delivery_id=delivery)

        return act

    def _complains(self, reader: int, delivery: int) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            by = By(made_by=MadeBy.SYSTEM, route=Route.COMPLAINT)
            number = self._house.publication_id
            stop_writing(connection, number, reader, Suppression.COMPLAINT, by, now, delivery_id=delivery)

        return act

    def _chooses(self, reader: int, delivery: int, chance: random.Random) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            before = self._asked(connection, reader)
            if before is not None:
                asked = wish(chance, self._today(connection, reader, now))
                self._change(connection, reader, delivery, asked, Route.PREFERENCE_PAGE, now)

        return act

    def _asks_for_less(self, reader: int, delivery: int, chance: random.Random) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            before = self._asked(connection, reader)
            if before is None:
                return
            route = chance.choice((Route.FOOTER_LINK, Route.FOOTER_LINK, Route.PREFERENCE_PAGE))
            asked = _less(before, chance, self._today(connection, reader, now))
            if asked != before:
                self._change(connection, reader, delivery, asked, route, now)

        return act

    def _accepts_more(self, reader: int, delivery: int) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            before = self._asked(connection, reader)
            if before is not None and any(topic.topic == "evenings" for topic in before.topics):
                self._change(connection, reader, delivery, before, Route.PREFERENCE_PAGE, now, accept=("evenings",))

        return act

    def _leaves(self, reader: int, delivery: int, chance: random.Random) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            asked = self._asked(connection, reader)
            if asked is None:
                return
            number = self._house.publication_id
            route = chance.choices(list(_ROUTES), list(_ROUTES.values()))[0]
            by = By(made_by=_MADE_BY.get(route, MadeBy.LINK), route=route)
            topic = mail_to_read(connection, number, reader, delivery).topic_id
            on_page = route in (Route.FOOTER_LINK, Route.PREFERENCE_PAGE)
            expects = terms_of(connection, number, [reader])[reader].topics
            scope = Scope.TOPIC if on_page and topic in expects and chance.random() < 0.45 else Scope.ALL
            left = unsubscribe(connection, number, reader, scope, by, now, topic_id=topic, delivery_id=delivery)
            if left.id is not None and on_page:
                self._answers(left.id, by, chance, now)

        return act

    def _answers(self, left: int, by: By, chance: random.Random, now: datetime) -> None:
        """After leaving on a page: some say why, some take it back, many do neither."""
        luck = chance.random()
        cause = chance.choices(list(_CAUSES), list(_CAUSES.values()))[0]
        said = chance.choice(self._words[cause.value]) if chance.random() < 0.3 else ""
        order = tuple(chance.sample(ASKED, len(ASKED)))

        def says_why(connection: Transaction, now: datetime) -> None:
            state_cause(connection, self._house.publication_id, left, cause, said, order, by, now)

        def takes_it_back(connection: Transaction, now: datetime) -> None:
            undo(connection, self._house.publication_id, left, by, now)

        if luck < 0.62:
            self._house.at(now + timedelta(minutes=1), says_why)
        elif luck < 0.68:
            self._house.at(now + timedelta(minutes=4), takes_it_back)

    def _asked(self, connection: Transaction, reader: int) -> Asked | None:
        """What somebody asks for now; None for who has left or is not written to any more."""
        standing = subscriber(connection, self._house.publication_id, reader).standing
        if standing.unsubscribed or standing.suppressed is not None:
            return None
        return asked_now(connection, self._house.publication_id, reader)

    def _today(self, connection: Transaction, reader: int, now: datetime) -> date:
        return local_date(terms_of(connection, self._house.publication_id, [reader])[reader].zone, now)

    def _change(
        self,
        connection: Transaction,
        reader: int,
        delivery: int,
        asked: Asked,
        route: Route,
        now: datetime,
        accept: tuple[str, ...] = (),
    ) -> None:
        by = By(made_by=MadeBy.LINK, route=route)
        number = self._house.publication_id
        with suppress(Conflict):
            change_expectation(connection, number, reader, asked, by, now, accept=accept, delivery_id=delivery)


def _soon(at: datetime, chance: random.Random) -> datetime:
    """Within some hours, mostly within the first."""
    return (at + timedelta(minutes=1 + chance.expovariate(1 / 90))).replace(second=0, microsecond=0) + timedelta(
        minutes=1
    )


def _less(asked: Asked, chance: random.Random, today: date) -> Asked:
    """One of the ways of asking for less."""
    way = chance.choices(("once a week", "pause", "cap", "web", "leave out a topic"), (34, 22, 22, 10, 12))[0]
    if way == "once a week":
        return once_a_week(asked, _NOTICES)
    if way == "pause":
        return paused_for_a_month(asked, today)
    if way == "cap":
        return replace(asked, at_most=ONCE_A_WEEK)
    if way == "web":
        slower = [
            replace(topic, arrives=Arrives.WEB, at_most=None) if topic.topic == "evenings" else topic
            for topic in asked.topics
        ]
        return replace(asked, topics=tuple(slower))
    return replace(asked, topics=asked.topics[:-1] or asked.topics)
