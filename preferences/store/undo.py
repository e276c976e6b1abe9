"""Taking an unsubscribe or a change back: what had ended begins again, as if nobody had meant it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from preferences.asked import Asked
from preferences.expectation import Terms
from preferences.store.changes import change_expectation, locked_subscriber, settle, slugs
from preferences.store.consents import Consent, ConsentKind, record_consent, topics_in_proof
from preferences.store.events import By
from preferences.store.expectations import asked_of, begin_expectation, terms_at, terms_of
from preferences.store.promises import promise_in_words
from preferences.store.publications import publication
from preferences.store.standings import change_standing
from preferences.store.subscribers import SubscriberRow
from preferences.store.tables import EXPECTATION, UNSUBSCRIBE
from preferences.store.unsubscribes import UnsubscribeRow, the_unsubscribe
from preferences.unsubscribe import Scope
from preferences.wording import SENTENCE_VERSION

UNDO_WITHIN = timedelta(minutes=30)


def is_undoable(row: UnsubscribeRow, now: datetime) -> bool:
    """Whether the same link still undoes it: for half an hour; afterwards only a fresh link does."""
    return row.undone_at is None and now - row.occurred_at <= UNDO_WITHIN


def undo(connection: Connection, publication_id: int, unsubscribe_id: int, by: By, now: datetime) -> bool:
    """Take an unsubscribe back: what had ended begins again as a new expectation, on the cadences accepted then.

    Whoever calls has asked `is_undoable`, or holds every right. False where it was undone, or overtaken, before.
    """
    row = the_unsubscribe(connection, publication_id, unsubscribe_id)
    person = locked_subscriber(connection, publication_id, row.subscriber_id)
    row = the_unsubscribe(connection, publication_id, unsubscribe_id)
    if row.undone_at is not None or row.expectation_id is None or person.suppressed is not None:
        return False
    if (row.scope is Scope.ALL) != (person.unsubscribed_at is not None):
        return False
    ended = terms_at(connection, publication_id, [row.expectation_id])[row.expectation_id]
    standing_terms = terms_of(connection, publication_id, [person.id]).get(person.id)
    if row.scope is Scope.TOPIC and (standing_terms is None or row.topic_id in standing_terms.topics):
        return False
    _begin_again(connection, row, ended, standing_terms, by, now)
    connection.execute(update(UNSUBSCRIBE).where(UNSUBSCRIBE.c.id == row.id).values(undone_at=now))
    columns: dict[str, object] = {"unsubscribed_at": None} if row.scope is Scope.ALL else {}
    change_standing(
        connection,
        publication_id,
        person.id,
        "unsubscribe_undone",
        by,
        now,
        columns=columns,
        delivery_id=row.delivery_id,
        details={"unsubscribe": row.id, "topic": row.topic_id},
    )
    settle(connection, publication_id, [person.id], now)
    _prove(connection, person, by, now)
    return True


def _prove(connection: Connection, person: SubscriberRow, by: By, now: datetime) -> None:
    """The consent that was withdrawn is given again: to what is in force from now on."""
    terms = terms_of(connection, person.publication_id, [person.id])[person.id]
    sender = publication(connection, person.publication_id)
    proof = Consent(
        kind=ConsentKind.GIVEN,
        method="undone",
        occurred_at=now,
        address_typed=person.address,
        address_normalised=person.address_normalised,
        topics=topics_in_proof(asked_of(terms, slugs(connection, person.publication_id))),
        promise=promise_in_words(connection, sender, terms, now, person.language),
        sentence_version=SENTENCE_VERSION,
        language=person.language or "",
    )
    record_consent(connection, person.publication_id, person.id, proof, by.route, now)


def _begin_again(
    connection: Connection, row: UnsubscribeRow, ended: Terms, in_force: Terms | None, by: By, now: datetime
) -> None:
    names = slugs(connection, row.publication_id)
    asked = asked_of(ended, names)
    base = ended
    if in_force is not None:
        asked, base = _with_topic_back(asked_of(in_force, names), asked, names[row.topic_id or 0]), in_force
    begin_expectation(
        connection,
        row.publication_id,
        row.subscriber_id,
        asked,
        by,
        now,
        zone=base.expectation.zone,
        zone_assumed=base.expectation.zone_assumed,
        accepted_versions={names[choice.topic]: choice.accepted for choice in ended.expectation.topics},
    )


def _with_topic_back(in_force: Asked, ended: Asked, slug: str) -> Asked:
    """What is asked for now, with one topic as it was asked for then, at the place where it stood."""
    place = next(index for index, topic in enumerate(ended.topics) if topic.topic == slug)
    topics = (*in_force.topics[:place], ended.topics[place], *in_force.topics[place:])
    return replace(in_force, topics=topics)


_E = EXPECTATION.c


def undo_change(
    connection: Connection, publication_id: int, subscriber_id: int, version: int, by: By, now: datetime
) -> bool:
    """Take back the change that led to a subscriber's version: what was asked for before it begins again, on the
    cadences accepted then. False where something else has happened since, or nothing was asked for before it.
    """
    person = locked_subscriber(connection, publication_id, subscriber_id)
    before = _before_the_last(connection, subscriber_id)
    if person.version != version or person.unsubscribed_at is not None or before is None:
        return False
    terms = terms_at(connection, publication_id, [before])[before]
    names = slugs(connection, publication_id)
    change_expectation(
        connection,
        publication_id,
        subscriber_id,
        asked_of(terms, names),
        by,
        now,
        zone=terms.expectation.zone,
        zone_assumed=terms.expectation.zone_assumed,
        accept=[names[choice.topic] for choice in terms.expectation.topics],
        accepted_versions={names[choice.topic]: choice.accepted for choice in terms.expectation.topics},
        details={"undone": before},
    )
    return True


def _before_the_last(connection: Connection, subscriber_id: int) -> int | None:
    """The expectation that ended when the one in force began; None where there was none."""
    in_force = select(_E.id, _E.since).where((_E.subscriber_id == subscriber_id) & _E.until.is_(None)).subquery()
    ended = (
        select(_E.id)
        .join(in_force, (_E.until == in_force.c.since) & (_E.id < in_force.c.id))
        .where(_E.subscriber_id == subscriber_id)
    )
    found: int | None = connection.execute(ended.order_by(_E.id.desc()).limit(1)).scalar()
    return found
