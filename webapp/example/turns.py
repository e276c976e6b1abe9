"""What happens once or a few times in eight weeks: somebody is erased, blocked, complains late; another program writes."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from mailer.transport import OutcomeKind
from preferences.decision import Outcome
from preferences.delivery import MadeBy, State
from preferences.errors import Conflict
from preferences.expectation import Suppression
from preferences.store.doubts import try_refused_again
from preferences.store.erasures import erase
from preferences.store.events import By
from preferences.store.foreign import MailState, reserve, settle_reserved
from preferences.store.open_deliveries import open_deliveries
from preferences.store.suppressions import suppress as stop_writing
from preferences.store.topics import topic_named
from preferences.store.transactions import Transaction
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Cause, Route, Scope
from webapp.example.beginning import BY_MARKETER
from webapp.example.house import House
from webapp.example.joining import BY_TICKET_SHOP
from webapp.example.post import Answered

_BY_READER = By(made_by=MadeBy.LINK, route=Route.PREFERENCE_PAGE)
_BY_PROVIDER = By(made_by=MadeBy.SYSTEM, route=Route.COMPLAINT)
_TICKETS = 6
_FULL = 552


class Turns:
    """The rare things. Who they happen to is whoever fits first, by number."""

    def __init__(self, house: House, begins_at: datetime) -> None:
        self._house = house
        self._readers: list[int] = []
        self._full: list[tuple[int, int]] = []
        house.listeners.append(self._hear)

        def at(*, days: int, hours: int) -> datetime:
            return begins_at + timedelta(days=days, hours=hours)

        for days in (9, 30, 44):
            house.at(at(days=days, hours=1), self._blocked)
        for days in (8, 21, 36):
            house.at(at(days=days, hours=3), self._erased)
            house.at(at(days=days, hours=4), self._leaves_while_something_waits)
        for days in (12, 39):
            house.at(at(days=days, hours=5), self._bought_tickets)
            house.at(at(days=days, hours=6), self._leaves_in_the_shop)
        house.at(at(days=45, hours=2), self._complains_late)
        house.at(at(days=45, hours=3), self._retried)

    def _hear(self, answered: Answered) -> None:
        reader, delivery = answered.claim.subscriber, answered.claim.delivery
        if reader is None or not delivery:
            return
        if answered.kind is OutcomeKind.ACCEPTED and len(self._readers) < 400 and reader not in self._readers:
            self._readers.append(reader)
        if answered.code == _FULL:
            self._full.append((reader, delivery))

    def _who_waits(self, connection: Transaction) -> int | None:
        """The first reader for whom something waits."""
        waiting = [one for one in open_deliveries(connection, self._readers) if one.state is State.WAITING]
        return min((one.subscriber_id for one in waiting), default=None)

    def _blocked(self, connection: Transaction, now: datetime) -> None:
        reader = self._who_waits(connection)
        if reader is not None:
            stop_writing(connection, self._house.publication_id, reader, Suppression.OPERATOR, BY_MARKETER, now)

    def _erased(self, connection: Transaction, now: datetime) -> None:
        reader = self._who_waits(connection)
        if reader is not None:
            erase(connection, self._house.publication_id, reader, _BY_READER, now)
            self._readers.remove(reader)

    def _leaves_while_something_waits(self, connection: Transaction, now: datetime) -> None:
        reader = self._who_waits(connection)
        if reader is not None:
            number = self._house.publication_id
            unsubscribe(connection, number, reader, Scope.ALL, BY_MARKETER, now, cause=Cause.OPERATOR)

    def _leaves_in_the_shop(self, connection: Transaction, now: datetime) -> None:
        """Somebody says at the till that they want no more of it, and the shop passes that on."""
        number, reader = self._house.publication_id, self._readers[-1]
        unsubscribe(connection, number, reader, Scope.ALL, BY_TICKET_SHOP, now)

    def _bought_tickets(self, connection: Transaction, now: datetime) -> None:
        """The ticket shop asks before it writes; of what it reserved, one mail was never sent."""
        number = self._house.publication_id
        topic = topic_named(connection, number, "evenings").id
        outcome = MailState.NOT_SENT
        for reader in self._readers[20 : 20 + _TICKETS]:
            mail, judged = reserve(connection, number, reader, (topic,), BY_TICKET_SHOP, now)
            if judged.decision.outcome is Outcome.SEND:
                settle_reserved(connection, number, mail, outcome=outcome, by=BY_TICKET_SHOP, now=now)
                outcome = MailState.SENT

    def _complains_late(self, connection: Transaction, now: datetime) -> None:
        if self._full:
            reader, delivery = self._full[0]
            number = self._house.publication_id
            stop_writing(connection, number, reader, Suppression.COMPLAINT, _BY_PROVIDER, now, delivery_id=delivery)

    def _retried(self, connection: Transaction, now: datetime) -> None:
        """The marketer has everything tried again for which there was no room; each is decided again first."""
        for _, delivery in self._full:
            with suppress(Conflict):
                try_refused_again(connection, self._house.publication_id, delivery, BY_MARKETER, now)
