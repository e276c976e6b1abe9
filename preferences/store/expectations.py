"""How one expectation ends and the next begins. What is in force is read in `terms`, whose names stand here too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, update

from preferences.asked import Asked
from preferences.errors import Invalid, Said
from preferences.expectation import Arrives, Expectation, Terms, TopicCadences, TopicChoice
from preferences.store.events import By
from preferences.store.expectation_rows import hours_text, insert_expectation, pattern_id
from preferences.store.tables import EXPECTATION
from preferences.store.terms import (
    LatestTerms,
    asked_besides,
    asked_of,
    expectation_of,
    hours_of,
    latest_terms,
    terms_at,
    terms_of,
)
from preferences.store.topics import TopicRow, cadences, topics

__all__ = [
    "LatestTerms",
    "asked_besides",
    "asked_of",
    "begin_expectation",
    "expectation_of",
    "hours_of",
    "hours_text",
    "latest_terms",
    "pattern_id",
    "terms_asked",
    "terms_at",
    "terms_of",
]

_E = EXPECTATION.c


def begin_expectation(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    asked: Asked,
    by: By,
    now: datetime,
    *,
    zone: str,
    zone_assumed: bool = False,
    accept: Collection[str] = (),
    accepted_versions: Mapping[str, int] | None = None,
    carried_over: bool = False,
) -> int:
    """End the expectation in force, if any, and begin the next; answers its number. Raises `Invalid`.

    A topic that stays keeps the cadence that was accepted, unless it stands in `accept`; one that is joined takes the
    current one. `accepted_versions` names, by slug, the cadence that was on the page instead. What follows from a
    change (openings, what waits) is the caller's to bring up to date: see `changes.change_expectation`.
    """
    known = {topic.slug: topic for topic in topics(connection, publication_id)}
    _check_topics(asked, known)
    before = terms_of(connection, publication_id, [subscriber_id]).get(subscriber_id)
    kept = {} if before is None else {choice.topic: choice.accepted for choice in before.expectation.topics}
    on_page = accepted_versions or {}
    accepted = {}
    for topic in asked.topics:
        row = known[topic.topic]
        current = on_page.get(topic.topic, row.cadence.id)
        accepted[topic.topic] = current if topic.topic in accept else kept.get(row.id, current)
    terms = _checked_terms(asked, known, accepted, connection, zone=zone, zone_assumed=zone_assumed)
    connection.execute(
        update(EXPECTATION).where((_E.subscriber_id == subscriber_id) & _E.until.is_(None)).values(until=now)
    )
    return insert_expectation(connection, publication_id, subscriber_id, terms, by, now, carried_over=carried_over)


def terms_asked(
    connection: Connection,
    publication_id: int,
    asked: Asked,
    *,
    zone: str,
    accepted_versions: Mapping[str, int] | None = None,
) -> Terms:
    """The terms that a stranger who asks for this would get, for the sentence on a page. Raises `Invalid`."""
    known = {topic.slug: topic for topic in topics(connection, publication_id)}
    _check_topics(asked, known)
    on_page = accepted_versions or {}
    accepted = {topic.topic: on_page.get(topic.topic, known[topic.topic].cadence.id) for topic in asked.topics}
    return _checked_terms(asked, known, accepted, connection, zone=zone, zone_assumed=False)


def _check_topics(asked: Asked, known: Mapping[str, TopicRow]) -> None:
    names = ", ".join(known) or "none yet"
    for index, topic in enumerate(asked.topics):
        if topic.topic not in known:
            raise Invalid.one(
                f"topics[{index}].topic",
                Said("there is no topic {topic}; there are: {names}", topic=repr(topic.topic), names=names),
            )
        if known[topic.topic].is_notice and topic.arrives is not Arrives.EACH:
            raise Invalid.one(f"topics[{index}].arrives", Said("what cannot wait always arrives as each message"))


def _checked_terms(
    asked: Asked,
    known: Mapping[str, TopicRow],
    accepted: Mapping[str, int],
    connection: Connection,
    *,
    zone: str,
    zone_assumed: bool,
) -> Terms:
    """The terms that will be in force, so that what cannot be judged is refused before it is stored."""
    values = {topic.cadence.id: topic.cadence for topic in known.values()}
    values.update(cadences(connection, set(accepted.values()) - set(values)))
    chosen = {topic.topic: known[topic.topic] for topic in asked.topics}
    try:
        expectation = _expectation(asked, chosen, accepted, zone=zone, zone_assumed=zone_assumed)
        return Terms(
            expectation=expectation,
            cadences={
                row.id: TopicCadences(accepted=values[accepted[slug]], current=row.cadence, notice=row.is_notice)
                for slug, row in chosen.items()
            },
        )
    except (ValueError, KeyError) as error:
        raise Invalid.one("expectation", error.args[0] if error.args else "") from error


def _expectation(
    asked: Asked, chosen: Mapping[str, TopicRow], accepted: Mapping[str, int], *, zone: str, zone_assumed: bool
) -> Expectation:
    return Expectation(
        id=0,
        zone=zone,
        zone_assumed=zone_assumed,
        topics=tuple(
            TopicChoice(
                topic=chosen[topic.topic].id,
                arrives=topic.arrives,
                accepted=accepted[topic.topic],
                at_most=topic.at_most,
            )
            for topic in asked.topics
        ),
        total=asked.at_most,
        days=asked.days,
        hours=asked.hours,
        paused=asked.paused,
        overflow=asked.overflow,
        digest=asked.digest_times,
    )
