"""What "my preferences" knows of its visitor: five statements, however many topics there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from preferences.asked import Asked
from preferences.expectation import Arrives, Terms
from preferences.links import Purpose
from preferences.more_often import Question
from preferences.promise import Promise, clauses
from preferences.store.expectations import LatestTerms, asked_besides, asked_of, latest_terms
from preferences.store.lately import lately
from preferences.store.questions import open_questions
from preferences.store.subscribers import lock_subscribers
from preferences.store.topics import TopicRow, topics
from preferences.store.transactions import Transaction
from preferences.wording import plain
from preferences.wording.sentences import sentence_lines
from webapp.language import language
from webapp.pages.access import OF_MAILS, Visit, claim_of, visit
from webapp.pages.away_line import AwayLine, away
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
    promise: tuple[str, ...]
    """The lines of the sentence; none for who has left."""
    since: str | None
    began_at: datetime | None
    """When what is in force began; None for who has left."""
    lately: str
    """How many mails really came, in words."""
    is_under_way: bool
    """Whether a mail was being handed over already, which no change calls back."""
    questions: tuple[Question, ...]
    away: AwayLine | None
    """What a pause that has ended lately kept away; a question goes before it."""

    @property
    def has_left(self) -> bool:
        """Whether the visitor has unsubscribed from everything."""
        return self.seen.person.unsubscribed_at is not None

    @property
    def zone(self) -> str:
        """The zone in which days and hours are read."""
        return self.seen.publication.zone if self.terms is None else self.terms.expectation.zone

    @property
    def reads_on_the_web(self) -> bool:
        """Whether some topic comes on the web only."""
        terms = None if self.has_left else self.terms
        return terms is not None and any(one.arrives is Arrives.WEB for one in terms.topics.values())

    @property
    def asked(self) -> Asked:
        """What is asked for now, or was when it ended."""
        if self.terms is None:
            return Asked(topics=())
        return asked_of(self.terms, {topic.id: topic.slug for topic in self.topics})

    @property
    def asked_besides(self) -> Asked:
        """The same without any topic."""
        return Asked(topics=()) if self.terms is None else asked_besides(self.terms)

    @property
    def slugs(self) -> list[str]:
        """The topics on the page, those that are expected first and in the visitor's own order."""
        expected = [] if self.terms is None else list(self.terms.topics)
        by_number = {topic.id: topic.slug for topic in self.topics}
        return [by_number[number] for number in (*expected, *(one for one in by_number if one not in expected))]


def desk_of(site: Site, connection: Transaction, token: str) -> Desk:
    """The desk of who comes with a token. Raises `NotFound`."""
    seen = visit(site, connection, token, *_PURPOSES)
    there = topics(connection, seen.publication.id)
    latest = latest_terms(connection, seen.publication.id, seen.person.id, there)
    in_force = None if latest is None or latest.until is not None else latest
    said, is_under_way = _lately(connection, seen)
    asked = _questions(connection, seen, in_force)
    return Desk(
        seen=seen,
        terms=None if latest is None else latest.terms,
        topics=there,
        promise=() if in_force is None else promised(seen, in_force.terms, there),
        since=None if in_force is None else _since(seen, in_force),
        began_at=None if in_force is None else in_force.since,
        lately=said,
        is_under_way=is_under_way,
        questions=asked,
        away=None if asked else _away(connection, seen, in_force),
    )


def desk_to_change(site: Site, connection: Transaction, token: str) -> Desk:
    """The same, with the visitor held first: what is on the desk is what is true until the transaction ends."""
    claim = claim_of(site, token, *_PURPOSES)
    lock_subscribers(connection, [] if claim.subscriber is None else [claim.subscriber])
    return desk_of(site, connection, token)


def promised(seen: Visit, terms: Terms, there: list[TopicRow]) -> tuple[str, ...]:
    """The lines of the sentence for some terms, in the language of this answer."""
    names = {topic.id: topic.name for topic in there}
    return _said(clauses(terms, names, seen.now), language())


# Many readers are promised the same, and it is said the same way to all of them.
@lru_cache(maxsize=1024)
def _said(promise: Promise, language: str) -> tuple[str, ...]:
    return sentence_lines(promise, language, plain)


def _since(seen: Visit, latest: LatestTerms) -> str:
    return when(latest.since, latest.terms.zone, seen.now, language())


def _questions(connection: Transaction, seen: Visit, in_force: LatestTerms | None) -> tuple[Question, ...]:
    if in_force is None:
        return ()
    return open_questions(connection, {seen.person.id: in_force.terms}).get(seen.person.id, ())


def _away(connection: Transaction, seen: Visit, in_force: LatestTerms | None) -> AwayLine | None:
    has_paused = in_force is not None and in_force.terms.pause is not None and in_force.terms.pause[1] <= seen.now
    return away(connection, seen) if has_paused else None


def _lately(connection: Transaction, seen: Visit) -> tuple[str, bool]:
    """What came in the last weeks, at most eight: since the confirmation, where that is not so long ago."""
    confirmed = seen.person.confirmed_at or seen.now
    weeks = min(_WEEKS, (seen.now - confirmed) // timedelta(days=7))
    since = confirmed if weeks == 0 else seen.now - timedelta(days=7 * weeks)
    came = lately(connection, seen.publication.id, seen.person.id, since)
    return "" if seen.person.confirmed_at is None else lately_in_words(came.mails, weeks), came.is_under_way
