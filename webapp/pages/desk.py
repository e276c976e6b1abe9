"""What "my preferences" knows of its visitor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from preferences.asked import Asked
from preferences.expectation import Terms
from preferences.links import Purpose
from preferences.store.expectations import asked_of, terms_at, terms_of
from preferences.store.lately import mails_since
from preferences.store.mail_history import promised_since
from preferences.store.promises import promise_in_words
from preferences.store.topics import TopicRow, topics
from preferences.store.transactions import Transaction
from preferences.store.unsubscribes import last_unsubscribe
from webapp.pages.access import OF_MAILS, Visit, visit
from webapp.pages.words import lately_in_words, when
from webapp.site import Site

# Long enough for a monthly topic to have come twice.
_WEEKS = 8
_PURPOSES = (*OF_MAILS, Purpose.FRESH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything about the visitor that the page and its form need. `terms` are those that ended, for who has left."""

    seen: Visit
    terms: Terms | None
    topics: list[TopicRow]
    promise: str
    since: str | None
    lately: str
    """How many mails really came, in words."""

    @property
    def has_left(self) -> bool:
        """Whether the visitor has unsubscribed from everything."""
        return self.seen.person.unsubscribed_at is not None

    @property
    def zone(self) -> str:
        """The zone in which days and hours are read."""
        return self.seen.publication.zone if self.terms is None else self.terms.expectation.zone

    @property
    def asked(self) -> Asked:
        """What is asked for now, or was when it ended."""
        if self.terms is None:
            return Asked(topics=())
        return asked_of(self.terms, {topic.id: topic.slug for topic in self.topics})


def desk_of(site: Site, connection: Transaction, token: str) -> Desk:
    """The desk of who comes with a token. Raises `NotFound`."""
    seen = visit(site, connection, token, *_PURPOSES)
    sender, person = seen.publication, seen.person
    terms = terms_of(connection, sender.id, [person.id]).get(person.id)
    promise = "" if terms is None else promise_in_words(connection, sender, terms, seen.now, person.language)
    since = None
    if terms is None:
        left = last_unsubscribe(connection, sender.id, person.id)
        ended = None if left is None else left.expectation_id
        terms = terms_at(connection, sender.id, [ended or 0]).get(ended or 0)
    else:
        begun = promised_since(connection, sender.id, person.id, limit=1)[0][0]
        since = when(begun, terms.zone, seen.now, sender.language)
    there = topics(connection, sender.id)
    return Desk(seen=seen, terms=terms, topics=there, promise=promise, since=since, lately=_lately(connection, seen))


def _lately(connection: Transaction, seen: Visit) -> str:
    """What came in the last weeks, at most eight: since the confirmation, where that is not so long ago."""
    confirmed = seen.person.confirmed_at
    if confirmed is None:
        return ""
    weeks = min(_WEEKS, (seen.now - confirmed) // timedelta(days=7))
    since = confirmed if weeks == 0 else seen.now - timedelta(days=7 * weeks)
    return lately_in_words(mails_since(connection, seen.publication.id, seen.person.id, since), weeks)
