"""Expectations in the store: the terms in force, and how one expectation ends and the next begins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from preferences.asked import Asked, AskedTopic
from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.errors import Invalid
from preferences.expectation import Arrives, DigestTimes, Expectation, Overflow, Terms, TopicCadences, TopicChoice
from preferences.quiet import Hours, Pause
from preferences.store.events import By
from preferences.store.rows import inserted_key
from preferences.store.tables import EXPECTATION, EXPECTATION_TOPIC, PATTERN
from preferences.store.topics import TopicRow, cadences, day_mask, days_of, topics

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
    paused = None
    if row["paused_since"] is not None:
        paused = Pause(since=row["paused_since"], until=row["paused_until"])
    return Expectation(
        id=row["id"],
        zone=row["zone"],
        zone_assumed=row["zone_assumed"],
        topics=tuple(
            TopicChoice(
                topic=choice["topic_id"],
                arrives=Arrives(choice["arrives"]),
                accepted=choice["accepted_id"],
                at_most=_cap(choice["own_count"], choice["own_per"]),
            )
            for choice in choices
        ),
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


def _cap(count: int | None, per: str | None) -> Cap | None:
    return None if count is None or per is None else Cap(count=count, per=Period(per))


def hours_of(text: str) -> Hours | None:
    """Hours as they are stored: "07:00-21:00", empty for the whole day."""
    if not text:
        return None
    since, until = text.split("-")
    return Hours(since=time.fromisoformat(since), until=time.fromisoformat(until))


def hours_text(hours: Hours | None) -> str:
    """Hours as they are stored."""
    return "" if hours is None else f"{hours.since:%H:%M}-{hours.until:%H:%M}"


def asked_of(terms: Terms, slugs: Mapping[int, str]) -> Asked:
    """An expectation as people write it, with the slugs of its topics."""
    value = terms.expectation
    return Asked(
        topics=tuple(
            AskedTopic(topic=slugs[choice.topic], arrives=choice.arrives, at_most=choice.at_most)
            for choice in value.topics
        ),
        at_most=value.total,
        days=value.days,
        hours=value.hours,
        paused=value.paused,
        digest=value.digest_times,
        overflow=value.overflow,
    )


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
    return _insert_expectation(connection, publication_id, subscriber_id, terms, by, now, carried_over=carried_over)


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
            raise Invalid.one(f"topics[{index}].topic", f"there is no topic {topic.topic!r}; there are: {names}")
        if known[topic.topic].is_notice and topic.arrives is not Arrives.EACH:
            raise Invalid.one(f"topics[{index}].arrives", "what cannot wait always arrives as each message")


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
    try:
        expectation = Expectation(
            id=0,
            zone=zone,
            zone_assumed=zone_assumed,
            topics=tuple(
                TopicChoice(
                    topic=known[topic.topic].id,
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
        return Terms(
            expectation=expectation,
            cadences={
                known[topic.topic].id: TopicCadences(
                    accepted=values[accepted[topic.topic]],
                    current=known[topic.topic].cadence,
                    notice=known[topic.topic].is_notice,
                )
                for topic in asked.topics
            },
        )
    except (ValueError, KeyError) as error:
        raise Invalid.one("expectation", str(error)) from error


def _insert_expectation(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    terms: Terms,
    by: By,
    now: datetime,
    *,
    carried_over: bool,
) -> int:
    value = terms.expectation
    total, paused, pause = value.total, value.paused, terms.pause
    result = connection.execute(
        insert(EXPECTATION).values(
            publication_id=publication_id,
            subscriber_id=subscriber_id,
            pattern_id=pattern_id(connection, publication_id, value),
            since=now,
            zone_assumed=value.zone_assumed,
            total_count=None if total is None else total.count,
            total_per=None if total is None else total.per.value,
            overflow=value.overflow.value,
            paused_since=None if paused is None else paused.since,
            paused_until=None if paused is None else paused.until,
            pause_since_at=None if pause is None else pause[0],
            pause_until_at=None if pause is None else pause[1],
            pause_free_at=None if pause is None else terms.next_free(pause[1]),
            carried_over=carried_over,
            made_by=by.made_by.value,
            route=by.route.value,
            recorded_at=now,
        )
    )
    expectation_id = inserted_key(result)
    if value.topics:
        connection.execute(
            insert(EXPECTATION_TOPIC),
            [
                {
                    "expectation_id": expectation_id,
                    "topic_id": choice.topic,
                    "publication_id": publication_id,
                    "position": position,
                    "arrives": choice.arrives.value,
                    "own_count": None if choice.at_most is None else choice.at_most.count,
                    "own_per": None if choice.at_most is None else choice.at_most.per.value,
                    "accepted_id": choice.accepted,
                }
                for position, choice in enumerate(value.topics)
            ],
        )
    return expectation_id


def pattern_id(connection: Connection, publication_id: int, value: Expectation) -> int:
    """The number of the pattern of an expectation, made where it is new."""
    columns = {
        "zone": value.zone,
        "days": day_mask(value.days),
        "hours": hours_text(value.hours),
        "digest_hour": f"{value.digest_times.hour:%H:%M}",
        "digest_weekday": int(value.digest_times.weekday),
        "digest_day": value.digest_times.day,
    }
    same = _P.publication_id == publication_id
    for name, wanted in columns.items():
        same &= _P[name] == wanted
    found: int | None = connection.execute(select(_P.id).where(same)).scalar()
    if found is None:
        connection.execute(_insert_ignoring(connection, {"publication_id": publication_id, **columns}))
        found = connection.execute(select(_P.id).where(same)).scalar_one()
    return found


def _insert_ignoring(connection: Connection, values: Mapping[str, Any]) -> Any:
    """An insert that leaves a row alone that somebody else made at the same moment."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_into
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_into  # type: ignore[assignment]
    return insert_into(PATTERN).values(**values).on_conflict_do_nothing()
