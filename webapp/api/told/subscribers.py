"""Subscribers as documents: what they asked for, what they were promised, and when one more mail is allowed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from preferences.asked import asked_to_json
from preferences.expectation import Terms
from preferences.history import History
from preferences.links import Kind
from preferences.promise import clauses
from preferences.store.expectations import asked_of, terms_of
from preferences.store.histories import histories_of
from preferences.store.openings import TOTAL, opens_at
from preferences.store.publications import publication
from preferences.store.subscribers import SubscriberRow, subscribers
from preferences.store.topics import topics
from preferences.wording import plain, sentence
from webapp.api.calls import Call
from webapp.api.schemas.common import instant_or_none, instant_text


def told_subscriber(call: Call, subscriber_id: int) -> dict[str, Any]:
    """The document of one subscriber."""
    return told_subscribers(call, [subscriber_id])[0]


def told_subscribers(call: Call, ids: Collection[int]) -> list[dict[str, Any]]:
    """The documents of these subscribers, in their order."""
    people = subscribers(call.connection, ids)
    terms = terms_of(call.connection, call.publication_id, ids)
    histories = histories_of(call.connection, ids, call.now)
    return [_Telling(call).subscriber(people[one], terms.get(one), histories[one]) for one in ids]


class _Telling:
    """What all subscribers of a publication share."""

    def __init__(self, call: Call) -> None:
        known = topics(call.connection, call.publication_id)
        self.call = call
        self.slugs = {topic.id: topic.slug for topic in known}
        self.names = {topic.id: topic.name for topic in known}
        self.language = publication(call.connection, call.publication_id).language

    def subscriber(self, person: SubscriberRow, terms: Terms | None, history: History) -> dict[str, Any]:
        return {
            "id": self.call.id(Kind.SUBSCRIBER, person.id),
            "email": person.address,
            "name": person.name,
            "fields": dict(person.fields),
            "zone": None if terms is None else terms.expectation.zone,
            "language": person.language,
            "standing": standing_word(person, self.call.now),
            "suppressed": None if person.suppressed is None else person.suppressed.value,
            "expectation": None if terms is None else asked_to_json(asked_of(terms, self.slugs)),
            "promise": None if terms is None else self.promise(terms, person.language),
            "opens_at": self.opens_at(terms, history),
            "source": person.source,
            "brought_by": self.call.id(Kind.SUBSCRIBER, person.brought_by),
            "created_at": instant_text(person.created_at),
            "version": person.version,
        }

    def promise(self, terms: Terms, language: str | None) -> str:
        return sentence(clauses(terms, self.names, self.call.now), language or self.language, plain)

    def opens_at(self, terms: Terms | None, history: History) -> dict[str, Any]:
        """Computed anew, as deciding does: the stored copy serves planning."""
        if terms is None:
            return {"total": None, "topics": {}}
        opens = opens_at(terms, history, self.call.now)
        of_topics = {self.slugs[topic]: instant_or_none(opens.get(topic)) for topic in terms.topics}
        return {"total": instant_or_none(opens.get(TOTAL)), "topics": of_topics}


def standing_word(person: SubscriberRow, now: datetime) -> str:
    """The standing in one word, in the order in which the rules ask for it."""
    standing = person.standing
    if standing.suppressed is not None:
        return "suppressed"
    if not standing.confirmed:
        return "unconfirmed"
    if standing.consent_ends_at is not None and standing.consent_ends_at <= now:
        return "consent_expired"
    return "unsubscribed" if standing.unsubscribed else "confirmed"
