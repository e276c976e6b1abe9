"""Terms in the store: the expectation in force, or any other, with the cadences it is judged by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
from preferences.store.among import among_named
from preferences.store.tables import CADENCE, EXPECTATION, EXPECTATION_TOPIC, PATTERN
from preferences.store.topics import TopicRow, cadence_in, cadences, days_of, topics

_E, _P, _T = EXPECTATION.c, PATTERN.c, EXPECTATION_TOPIC.c


def terms_of(connection: Connection, publication_id: int, subscriber_ids: Collection[int]) -> dict[int, Terms]:
    """The terms in force of these subscribers, by subscriber; who has no open expectation is missing."""
    rows = connection.execute(_IN_FORCE, {"numbers": subscriber_ids}).all()
    return {row.subscriber_id: terms for row, terms in _with_terms(connection, publication_id, rows)}


def terms_at(connection: Connection, publication_id: int, expectation_ids: Collection[int]) -> dict[int, Terms]:
    """The terms of these expectations, open or ended, with the cadences that are current now; by expectation."""
    rows = connection.execute(_NUMBERED, {"numbers": expectation_ids}).all()
    return {row.id: terms for row, terms in _with_terms(connection, publication_id, rows)}


def _expectations() -> Select[Any]:
    pattern = (_P.zone, _P.days, _P.hours, _P.digest_hour, _P.digest_weekday, _P.digest_day)
    return select(EXPECTATION, *pattern).join(PATTERN, _P.id == _E.pattern_id)


# What an expectation says besides its topics and who asked, in the order of `_alike`.
_SAID = (
    *(_P.zone, _E.zone_assumed, _E.total_count, _E.total_per, _P.days, _P.hours, _E.paused_since, _E.paused_until),
    *(_E.overflow, _P.digest_hour, _P.digest_weekday, _P.digest_day),
)
_CHOICES = (_T.topic_id, _T.arrives, _T.accepted_id, _T.own_count, _T.own_per)
_ASKED = select(_E.id, _E.subscriber_id, *_SAID).join(PATTERN, _P.id == _E.pattern_id)
_SAID_BEGINS = 2
# Writing a statement takes longer than running it.
_IN_FORCE = _ASKED.where(among_named(_E.subscriber_id, "numbers") & _E.until.is_(None))
_NUMBERED = _ASKED.where(among_named(_E.id, "numbers"))
_CHOSEN_IN = (
    select(_T.expectation_id, *_CHOICES)
    .where(among_named(_T.expectation_id, "numbers"))
    .order_by(_T.expectation_id, _T.position)
)


def _with_terms(connection: Connection, publication_id: int, rows: Sequence[Any]) -> Iterator[tuple[Any, Terms]]:
    choices = connection.execute(_CHOSEN_IN, {"numbers": [row[0] for row in rows]}).all()
    there = topics(connection, publication_id)
    known = {topic.id: topic for topic in there}
    accepted = _accepted(connection, {choice[_ACCEPTED] for choice in choices}, known)
    alike = _Alike.under(tuple(there), tuple(sorted(accepted.items())))
    by_expectation: dict[int, list[_Columns]] = {row[0]: [] for row in rows}
    for choice in choices:
        by_expectation[choice[0]].append(choice[1:])
    for row in rows:
        yield row, alike.terms(row[_SAID_BEGINS:], tuple(by_expectation[row[0]])).numbered(row[0])


# The columns of a choice, from its topic on.
_Columns = tuple[Any, ...]
_ACCEPTED = 3
# Readers differ less than there are of them. Beyond so many, all are forgotten.
_KEPT = 8192


class _Alike:
    """The terms of everybody who asked for the same, under one set of topics and cadences. Threads share it."""

    def __init__(self, there: tuple[TopicRow, ...], accepted: tuple[tuple[int, Cadence], ...]) -> None:
        self._topics = {topic.id: topic for topic in there}
        self._accepted = dict(accepted)
        self._terms: dict[tuple[_Columns, tuple[_Columns, ...]], Terms] = {}

    @staticmethod
    @lru_cache(maxsize=64)
    def under(there: tuple[TopicRow, ...], accepted: tuple[tuple[int, Cadence], ...]) -> _Alike:
        """What is known under these topics and cadences, as values: two databases may number them the same."""
        return _Alike(there, accepted)

    def terms(self, said: _Columns, choices: tuple[_Columns, ...]) -> Terms:
        """The terms of who said this, under the number of nobody's expectation. Raises ValueError where they cannot be read."""
        key = said, choices
        found = self._terms.get(key)
        if found is None:
            if len(self._terms) >= _KEPT:
                self._terms.clear()
            found = self._terms[key] = self._read(said, choices)
        return found

    def _read(self, said: _Columns, choices: tuple[_Columns, ...]) -> Terms:
        ways = {
            choice[0]: _of_topic(self._accepted[choice[_ACCEPTED - 1]], self._topics[choice[0]]) for choice in choices
        }
        return Terms(expectation=_expectation(0, said, tuple(_choice(*columns) for columns in choices)), cadences=ways)


def _of_topic(accepted: Cadence, topic: TopicRow) -> TopicCadences:
    return TopicCadences(accepted=accepted, current=topic.cadence, notice=topic.is_notice)


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
        expectation=_expectation(first["id"], _SAID_IN(first), tuple(choice for choice, _ in chosen)),
        cadences={choice.topic: cadences for choice, cadences in chosen},
    )
    return LatestTerms(terms=terms, since=first["since"], until=first["until"])


def _latest() -> Select[Any]:
    """One row for each topic of the newest expectation, with the cadence that was accepted; its own columns repeat."""
    mine = (_E.subscriber_id == bindparam("subscriber")) & (_E.publication_id == bindparam("publication"))
    accepted = (CADENCE.c[name].label(f"was_{name}") for name in ("id", "count", "per", "at_least", "days"))
    return (
        _expectations()
        .add_columns(*_CHOICES, *accepted)
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


def _accepted(connection: Connection, accepted: Collection[int], known: Mapping[int, TopicRow]) -> dict[int, Cadence]:
    """The accepted cadences; most are the current ones, which are here already."""
    current = {topic.cadence.id: topic.cadence for topic in known.values()}
    older = set(accepted) - set(current)
    return {**current, **(cadences(connection, older) if older else {})}


def expectation_of(row: Mapping[Any, Any], choices: Collection[Mapping[Any, Any]]) -> Expectation:
    """The value of an expectation's row, joined with its pattern, and its topics in order."""
    return _expectation(row["id"], _SAID_IN(row), tuple(_choice(*_CHOICE(choice)) for choice in choices))


def _expectation(number: int, said: Sequence[Any], choices: tuple[TopicChoice, ...]) -> Expectation:
    zone, zone_assumed, count, per, days, hours, since, until, overflow, hour, weekday, day = said
    return Expectation(
        id=number,
        zone=zone,
        zone_assumed=zone_assumed,
        topics=choices,
        total=_cap(count, per),
        days=days_of(days),
        hours=hours_of(hours),
        paused=None if since is None else Pause(since=since, until=until),
        overflow=Overflow(overflow),
        digest=DigestTimes(hour=time.fromisoformat(hour), weekday=Weekday(weekday), day=day),
    )


_SAID_IN = itemgetter(*(column.name for column in _SAID))
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
