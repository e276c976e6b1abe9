"""What readers of the example give back: they answer, vote, pass things on, and leave out what they have read on the web.

What one reader does depends on the seed and the delivery alone.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mailer.transport import OutcomeKind
from preferences.delivery import MadeBy, State
from preferences.errors import NotFound
from preferences.store.events import By
from preferences.store.open_deliveries import open_deliveries
from preferences.store.read_on_web import leave_out
from preferences.store.reader_answers import asking, keep_answer
from preferences.store.referrals import PassedOn
from preferences.store.subscribers import subscriber
from preferences.store.transactions import Transaction
from preferences.store.votes import draw_of, vote
from preferences.unsubscribe import Route
from preferences.vote import Vote
from webapp.example.content import answers, campaigns
from webapp.example.house import Act, House
from webapp.example.post import Answered

# Of how many who had the mail.
_ANSWERS, _VOTES, _PASSES_ON, _LEAVES_OUT = 0.03, 0.16, 0.008, 0.07
_MAY_WRITE_BACK = 0.4
_SAID = {Vote.MORE_LIKE_THIS: 58, Vote.LESS_LIKE_THIS: 24, Vote.TOO_OFTEN: 18}
# So many readers look at the web version of what their next digest will bring.
_LOOK = 500
_BY_READER = By(made_by=MadeBy.LINK, route=Route.FOOTER_LINK)


class Giving:
    """Everybody who gives something back; `passed_on` is what was passed on so far, in order."""

    def __init__(self, house: House, seed: int, zone: ZoneInfo, begins_at: datetime, ends_at: datetime) -> None:
        self._house = house
        self._seed = seed
        self.passed_on: list[PassedOn] = []
        self._readers: list[int] = []
        written = answers()
        self._words = {one.values.question: list(written[one.key]) for one in campaigns(zone) if one.values.question}
        with house.database.read() as connection:
            self._draw = draw_of(connection, house.publication_id)
        house.listeners.append(self._hear)
        weeks = (ends_at - begins_at) // timedelta(weeks=1)
        for week in range(1, weeks + 1):
            house.at(begins_at + timedelta(weeks=week, days=-1, hours=9), self._leave_out)

    def _hear(self, answered: Answered) -> None:
        reader, delivery = answered.claim.subscriber, answered.claim.delivery
        if answered.kind is not OutcomeKind.ACCEPTED or reader is None or not delivery:
            return
        if reader not in self._readers and len(self._readers) < _LOOK:
            self._readers.append(reader)
        chance = random.Random(f"{self._seed}/gives/{delivery}")
        later = answered.at + timedelta(minutes=chance.randint(5, 2000))
        if chance.random() < _ANSWERS:
            self._house.at(later, self._answer(reader, delivery, chance))
        if chance.random() < _VOTES and self._draw.share_of(delivery) is not None:
            self._house.at(later + timedelta(minutes=1), self._vote(reader, delivery, chance))
        if chance.random() < _PASSES_ON:
            self._house.at(later + timedelta(minutes=2), self._pass_on(reader, delivery))

    def _answer(self, reader: int, delivery: int, chance: random.Random) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            number = self._house.publication_id
            with suppress(NotFound):
                left = self._words.get(asking(connection, number, reader, delivery).question)
                if left and self._is_there(connection, reader):
                    may = chance.random() < _MAY_WRITE_BACK
                    keep_answer(connection, number, reader, delivery, left.pop(0), now, may_write_back=may)

        return act

    def _vote(self, reader: int, delivery: int, chance: random.Random) -> Act:
        def act(connection: Transaction, now: datetime) -> None:
            if self._is_there(connection, reader):
                said = chance.choices(list(_SAID), list(_SAID.values()))[0]
                vote(connection, self._house.publication_id, reader, delivery, said, now)

        return act

    def _pass_on(self, reader: int, delivery: int) -> Act:
        def act(connection: Transaction, _now: datetime) -> None:
            with suppress(NotFound):
                campaign = asking(connection, self._house.publication_id, reader, delivery).campaign_id
                if self._is_there(connection, reader):
                    self.passed_on.append(PassedOn(subscriber_id=reader, campaign_id=campaign))

        return act

    def _is_there(self, connection: Transaction, reader: int) -> bool:
        return subscriber(connection, self._house.publication_id, reader).erased_at is None

    def _leave_out(self, connection: Transaction, now: datetime) -> None:
        """On the evening before, some look at what their next digest will bring, and leave out what they have read."""
        waiting = [one for one in open_deliveries(connection, self._readers) if one.state is State.DIGEST_TO_COME]
        for one in sorted(waiting, key=lambda one: one.id):
            if random.Random(f"{self._seed}/reads/{one.id}").random() < _LEAVES_OUT:
                leave_out(connection, self._house.publication_id, one.subscriber_id, one.id, _BY_READER, now)
