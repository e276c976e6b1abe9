"""Topics and their cadences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.errors import Conflict, Invalid, NotFound
from preferences.store.events import By, record
from preferences.store.publications import SLUG, checked_mailbox, one_line
from preferences.store.rows import inserted_key
from preferences.store.tables import CADENCE, TOPIC


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """A topic with its current cadence."""

    id: int
    slug: str
    name: str
    description: str
    sender: str | None
    reply_to: str | None
    is_notice: bool
    is_unlisted: bool
    cadence: Cadence
    version: int
    created_at: datetime

    def __hash__(self) -> int:
        # Which tells enough of them apart: what is kept for a topic is looked for once for each topic of a page.
        return hash((self.id, self.cadence.id))


def day_mask(days: frozenset[Weekday]) -> int:
    """Weekdays as bits, Monday the lowest."""
    return sum(1 << day for day in days)


def cadence_columns(prefix: str = "") -> Callable[[Any], tuple[Any, ...]]:
    """What finds the columns of a cadence in a row, by their names with that prefix."""
    return itemgetter(*(f"{prefix}{name}" for name in ("id", "count", "per", "at_least", "days")))


# Of seven bits there are few masks, and every topic asks.
@lru_cache(maxsize=128)
def days_of(mask: int) -> frozenset[Weekday]:
    """The weekdays of a bit mask."""
    return frozenset(day for day in Weekday if mask >> day & 1)


_CADENCE = cadence_columns()


def cadence_of(row: Mapping[Any, Any], columns: Callable[[Any], tuple[Any, ...]] = _CADENCE) -> Cadence:
    """The value of a cadence's row; `columns` finds them where their names carry a prefix."""
    return cadence_in(*columns(row))


# Versions are never edited, and everything asks for the same few.
@lru_cache(maxsize=4096)
def cadence_in(number: int, count: int, per: str, at_least: int | None, days: int) -> Cadence:
    """The value of what the columns of a cadence hold."""
    return Cadence(id=number, at_most=Cap(count=count, per=Period(per)), at_least=at_least, days=days_of(days))


def topics(connection: Connection, publication_id: int) -> list[TopicRow]:
    """All topics of a publication with their current cadences, oldest first."""
    rows = connection.execute(_TOPICS, {"publication": publication_id}).all()
    return list(_topic_rows(tuple(map(tuple, rows))))


_CADENCE_COLUMNS = ("id", "count", "per", "at_least", "days", "version")


def _topics() -> Select[Any]:
    newest = (
        select(CADENCE.c.topic_id, func.max(CADENCE.c.version).label("version"))
        .where(CADENCE.c.publication_id == bindparam("publication"))
        .group_by(CADENCE.c.topic_id)
        .subquery()
    )
    return (
        select(TOPIC, *(CADENCE.c[name].label(f"cadence_{name}") for name in _CADENCE_COLUMNS))
        .join(newest, newest.c.topic_id == TOPIC.c.id)
        .join(CADENCE, (CADENCE.c.topic_id == TOPIC.c.id) & (CADENCE.c.version == newest.c.version))
        .where(TOPIC.c.publication_id == bindparam("publication"))
        .order_by(TOPIC.c.id)
    )


# Everything asks this; writing the statement takes longer than running it.
_TOPICS = _topics()


_CURRENT = cadence_columns("cadence_")
_TOPIC_COLUMNS = tuple(column.key for column in _TOPICS.selected_columns)


# By the rows as they were read: everything asks for all topics of a publication, and they seldom change.
@lru_cache(maxsize=256)
def _topic_rows(rows: tuple[tuple[Any, ...], ...]) -> tuple[TopicRow, ...]:
    return tuple(_topic_row(dict(zip(_TOPIC_COLUMNS, row, strict=True))) for row in rows)


def _topic_row(row: Mapping[Any, Any]) -> TopicRow:
    return TopicRow(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        sender=row["sender"],
        reply_to=row["reply_to"],
        is_notice=row["is_notice"],
        is_unlisted=row["is_unlisted"],
        cadence=cadence_of(row, _CURRENT),
        version=row["cadence_version"],
        created_at=row["created_at"],
    )


def topic_named(connection: Connection, publication_id: int, slug: str) -> TopicRow:
    """The topic with that slug. Raises `NotFound` naming the topics there are."""
    there = topics(connection, publication_id)
    for topic in there:
        if topic.slug == slug:
            return topic
    names = ", ".join(topic.slug for topic in there) or "none yet"
    raise NotFound(f"there is no topic {slug!r}; there are: {names}")


def cadences(connection: Connection, ids: set[int]) -> dict[int, Cadence]:
    """The cadences of these numbers, by number."""
    if not ids:
        return {}
    rows = connection.execute(select(CADENCE).where(CADENCE.c.id.in_(sorted(ids)))).mappings()
    return {row["id"]: cadence_of(row) for row in rows}


def create_topic(
    connection: Connection,
    publication_id: int,
    *,
    slug: str,
    name: str,
    cadence: Cadence,
    by: By,
    now: datetime,
    description: str = "",
    is_notice: bool = False,
    sender: str | None = None,
    reply_to: str | None = None,
) -> int:
    """Make a topic with the first version of its cadence (the id of `cadence` is ignored); answers its number.

    Raises `Invalid` (a notice needs a cap per year) and `Conflict`.
    """
    _check_slug(connection, publication_id, slug)
    if is_notice:
        _check_notice(cadence)
    result = connection.execute(
        insert(TOPIC).values(
            publication_id=publication_id,
            slug=slug,
            name=one_line("name", name),
            description=description.strip(),
            is_notice=is_notice,
            sender=checked_mailbox("sender", sender),
            reply_to=checked_mailbox("reply_to", reply_to),
            created_at=now,
        )
    )
    topic_id = inserted_key(result)
    _add_version(connection, publication_id, topic_id, 1, cadence, by, now)
    record(connection, publication_id, "topic_created", by, now, details={"topic": topic_id})
    return topic_id


def _check_slug(connection: Connection, publication_id: int, slug: str) -> None:
    if not SLUG.match(slug):
        raise Invalid.one("slug", "use lower-case letters, digits and hyphens, such as letter")
    same = (TOPIC.c.publication_id == publication_id) & (TOPIC.c.slug == slug)
    taken = connection.execute(select(TOPIC.c.id).where(same)).scalar()
    if taken is not None:
        raise Conflict(f"there is a topic {slug!r} already", existing=taken)


def change_topic(connection: Connection, topic: TopicRow, changes: dict[str, str | None]) -> None:
    """Change name, description, sender or reply_to of a topic. Raises `Invalid`."""
    checks = {"name": one_line, "sender": checked_mailbox, "reply_to": checked_mailbox}
    values = {
        field: checks[field](field, value) if field in checks else (value or "").strip()
        for field, value in changes.items()
    }
    if values:
        connection.execute(update(TOPIC).where(TOPIC.c.id == topic.id).values(**values))


def list_topic(connection: Connection, topic: TopicRow, by: By, now: datetime, *, is_unlisted: bool) -> None:
    """List a topic in the archive, or leave it to whoever knows its address."""
    if topic.is_unlisted == is_unlisted:
        return
    publication_id: int = connection.execute(
        update(TOPIC).where(TOPIC.c.id == topic.id).values(is_unlisted=is_unlisted).returning(TOPIC.c.publication_id)
    ).scalar_one()
    kind = "topic_unlisted" if is_unlisted else "topic_listed"
    record(connection, publication_id, kind, by, now, details={"topic": topic.id})


def state_cadence(
    connection: Connection, publication_id: int, topic: TopicRow, cadence: Cadence, by: By, now: datetime
) -> bool:
    """State a topic's cadence anew, as a new version; False where nothing differs.

    Lowering binds everyone at once, because the current cadence binds; raising touches nobody who accepted less.
    The stored openings of the topic become stale by it and are computed anew before they are next used.
    """
    if topic.is_notice:
        _check_notice(cadence)
    same = (topic.cadence.at_most, topic.cadence.at_least, topic.cadence.days)
    if same == (cadence.at_most, cadence.at_least, cadence.days):
        return False
    _add_version(connection, publication_id, topic.id, topic.version + 1, cadence, by, now)
    details = {"topic": topic.id, "version": topic.version + 1}
    record(connection, publication_id, "cadence_stated", by, now, details=details)
    return True


def _check_notice(cadence: Cadence) -> None:
    if cadence.at_most.per is not Period.YEAR or cadence.days or cadence.at_least:
        raise Invalid.one("cadence", "a topic for what cannot wait has a cap per year as its only cadence")


def _add_version(
    connection: Connection,
    publication_id: int,
    topic_id: int,
    version: int,
    cadence: Cadence,
    by: By,
    now: datetime,
) -> None:
    connection.execute(
        insert(CADENCE).values(
            publication_id=publication_id,
            topic_id=topic_id,
            version=version,
            count=cadence.at_most.count,
            per=cadence.at_most.per.value,
            at_least=cadence.at_least,
            days=day_mask(cadence.days),
            made_by=by.made_by.value,
            route=by.route.value,
            occurred_at=now,
            recorded_at=now,
        )
    )
