"""Terms in the store: the expectation in force, or any other, with the cadences it is judged by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from preferences.asked import Asked, AskedTopic
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.expectation import Arrives, DigestTimes, Expectation, Overflow, Terms, TopicCadences, TopicChoice
from preferences.quiet import Hours, Pause
from preferences.store.tables import CADENCE, EXPECTATION, EXPECTATION_TOPIC, PATTERN
from preferences.store.topics import TopicRow, cadence_in, cadences, days_of, topics

_E, _P, _T = EXPECTATION.c, PATTERN.c, EXPECTATION_TOPIC.c


def terms_of(connection: Connection, publication_id: int, subscriber_ids: Collection[int]) -> dict[int, Terms]:
    """The terms in force of these subscribers, by subscriber; who has no open expectation is missing."""
    chosen = _expectations().where(_E.subscriber_id.in_(sorted(subscriber_ids)) & _E.until.is_(None))
    return {row["subscriber_id"]: terms for row, terms in _with_terms(connection, publication_id, chosen)}


def terms_at(connection: Connection, publication_id: int, expectation_ids: Collection[int]) -> dict[int, Terms]:
    """The terms of these expectations, open or ended, with the cadences that are current now; by expectation."""
    chosen = _expectations().where(_E.id.in_(sorted(expectation_ids)))
    return {row["id"]: terms for row, terms in _with_terms(connection, publication_id, chosen)}


def _expectations() -> Select[Any]:
    pattern = (_P.zone, _P.days, _P.hours, _P.digest_hour, _P.digest_weekday, _P.digest_day)
    return select(EXPECTATION, *pattern).join(PATTERN, _P.id == _E.pattern_id)


def _with_terms(
    connection: Connection, publication_id: int, chosen: Select[Any]
) -> list[tuple[Mapping[Any, Any], Terms]]:
    rows = connection.execute(chosen).mappings().all()
    ids = [row["id"] for row in rows]
    choices = (
        connection.execute(
            select(EXPECTATION_TOPIC).where(_T.expectation_id.in_(ids)).order_by(_T.expectation_id, _T.position)
        )
        .mappings()
        .all()
    )
    known = {topic.id: topic for topic in topics(connection, publication_id)}
    accepted = _accepted(connection, choices, known)
    by_expectation: dict[int, list[Mapping[Any, Any]]] = {expectation: [] for expectation in ids}
    for choice in choices:
        by_expectation[choice["expectation_id"]].append(choice)
    return [(row, _terms(row, by_expectation[row["id"]], known, accepted)) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestTerms:
    """The newest terms of one subscriber: in force, or with `until` those that ended last."""

    terms: Terms
    since: datetime
    until: datetime | None


def latest_terms(
    connection: Connection, publication_id: int, subscriber_id: int, there: Collection[TopicRow]
) -> LatestTerms | None:
    """The newest terms of a subscriber, in one statement; None where nothing was ever expected. `there` are all topics."""
    about = {"subscriber": subscriber_id, "publication": publication_id}
    rows = connection.execute(_LATEST, about).all()
    if not rows:
        return None
    known = {topic.id: topic for topic in there}
    chosen = [_chosen(row[_CHOSEN:], known[row[_CHOSEN]]) for row in rows if row[_CHOSEN] is not None]
    first = rows[0]._mapping
    terms = Terms(
        expectation=_expectation(first, tuple(choice for choice, _ in chosen)),
        cadences={choice.topic: cadences for choice, cadences in chosen},
    )
    return LatestTerms(terms=terms, since=first["since"], until=first["until"])


def _latest() -> Select[Any]:
    """One row for each topic of the newest expectation, with the cadence that was accepted; its own columns repeat."""
    mine = (_E.subscriber_id == bindparam("subscriber")) & (_E.publication_id == bindparam("publication"))
    choice = (_T.topic_id, _T.arrives, _T.accepted_id, _T.own_count, _T.own_per)
    accepted = (CADENCE.c[name].label(f"was_{name}") for name in ("id", "count", "per", "at_least", "days"))
    return (
        _expectations()
        .add_columns(*choice, *accepted)
        .outerjoin(EXPECTATION_TOPIC, _T.expectation_id == _E.id)
        .outerjoin(CADENCE, CADENCE.c.id == _T.accepted_id)
        .where(_E.id == select(func.max(_E.id)).where(mine).correlate(None).scalar_subquery())
        .order_by(_T.position)
    )


# Writing the statement takes longer than running it.
_LATEST = _latest()
# From here on a row is about its topic.
_CHOSEN = [column.key for column in _LATEST.selected_columns].index("topic_id")


# By what was read of the topic: most of its readers chose it in the same way.
@lru_cache(maxsize=8192)
def _chosen(columns: tuple[Any, ...], topic: TopicRow) -> tuple[TopicChoice, TopicCadences]:
    choice, accepted = _choice(*columns[:5]), cadence_in(*columns[5:])
    return choice, TopicCadences(accepted=accepted, current=topic.cadence, notice=topic.is_notice)


def _accepted(
    connection: Connection, choices: Collection[Mapping[Any, Any]], known: Mapping[int, TopicRow]
) -> dict[int, Cadence]:
    """The accepted cadences; most are the current ones, which are here already."""
    current = {topic.cadence.id: topic.cadence for topic in known.values()}
    older = {choice["accepted_id"] for choice in choices} - set(current)
    return {**current, **(cadences(connection, older) if older else {})}


def _terms(
    row: Mapping[Any, Any],
    choices: Collection[Mapping[Any, Any]],
    known: Mapping[int, TopicRow],
    accepted: Mapping[int, Cadence],
) -> Terms:
    expectation = expectation_of(row, choices)
    return Terms(
        expectation=expectation,
        cadences={
            choice.topic: TopicCadences(
                accepted=accepted[choice.accepted],
                current=known[choice.topic].cadence,
                notice=known[choice.topic].is_notice,
            )
            for choice in expectation.topics
        },
    )


def expectation_of(row: Mapping[Any, Any], choices: Collection[Mapping[Any, Any]]) -> Expectation:
    """The value of an expectation's row, joined with its pattern, and its topics in order."""
    return _expectation(row, tuple(_choice(*_CHOICE(choice)) for choice in choices))


def _expectation(row: Mapping[Any, Any], choices: tuple[TopicChoice, ...]) -> Expectation:
    paused = None
    if row["paused_since"] is not None:
        paused = Pause(since=row["paused_since"], until=row["paused_until"])
    return Expectation(
        id=row["id"],
        zone=row["zone"],
        zone_assumed=row["zone_assumed"],
        topics=choices,
        total=_cap(row["total_count"], row["total_per"]),
        days=days_of(row["days"]),
        hours=hours_of(row["hours"]),
        paused=paused,
        overflow=Overflow(row["overflow"]),
        digest=DigestTimes(
            hour=time.fromisoformat(row["digest_hour"]),
            weekday=Weekday(row["digest_weekday"]),
            day=row["digest_day"],
        ),
    )


_CHOICE = itemgetter("topic_id", "arrives", "accepted_id", "own_count", "own_per")


def _choice(topic: int, arrives: str, accepted: int, own_count: int | None, own_per: str | None) -> TopicChoice:
    return TopicChoice(topic=topic, arrives=Arrives(arrives), accepted=accepted, at_most=_cap(own_count, own_per))


def _cap(count: int | None, per: str | None) -> Cap | None:
    return None if count is None or per is None else Cap(count=count, per=Period(per))


def hours_of(text: str) -> Hours | None:
    """Hours as they are stored: "07:00-21:00", empty for the whole day."""
    if not text:
        return None
    since, until = text.split("-")
    return Hours(since=time.fromisoformat(since), until=time.fromisoformat(until))


def asked_of(terms: Terms, slugs: Mapping[int, str]) -> Asked:
    """An expectation as people write it, with the slugs of its topics."""
    topics = tuple(
        AskedTopic(topic=slugs[choice.topic], arrives=choice.arrives, at_most=choice.at_most)
        for choice in terms.expectation.topics
    )
    return replace(asked_besides(terms), topics=topics)


def asked_besides(terms: Terms) -> Asked:
    """The same without any topic: what is asked for all of them together."""
    value = terms.expectation
    return Asked(
        topics=(),
        at_most=value.total,
        days=value.days,
        hours=value.hours,
        paused=value.paused,
        digest=value.digest_times,
        overflow=value.overflow,
    )
