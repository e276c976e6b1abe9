"""Finding people for the console: by a part of an address or name, the newest, and those who left over a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from preferences.store.subscribers import SubscriberRow, subscribers
from preferences.store.tables import DELIVERY, SUBSCRIBER, UNSUBSCRIBE
from preferences.unsubscribe import Cause, Route

_S, _U = SUBSCRIBER.c, UNSUBSCRIBE.c


def find_people(connection: Connection, publication_id: int, words: str, limit: int) -> list[SubscriberRow]:
    """At most `limit` subscribers whose address or name has these words in it, newest first; without words, all.

    Whoever was erased is found by nobody.
    """
    chosen = (_S.publication_id == publication_id) & _S.erased_at.is_(None)
    if words:
        chosen &= _has(words)
    ids = connection.execute(select(_S.id).where(chosen).order_by(_S.id.desc()).limit(limit)).scalars().all()
    known = subscribers(connection, ids)
    return [known[number] for number in ids]


def _has(words: str) -> ColumnElement[bool]:
    """Upper and lower case alike, as far as the database knows them; what is typed is no pattern."""
    escaped = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in words.lower())
    pattern = f"%{escaped}%"
    return or_(
        _S.address_normalised.like(pattern, escape="\\"),
        func.lower(_S.name).like(pattern, escape="\\"),
    )


def count_people(connection: Connection, publication_id: int) -> tuple[int, int]:
    """How many people there are, and how many of them expect mail: confirmed, not unsubscribed, not suppressed."""
    here = (_S.publication_id == publication_id) & _S.erased_at.is_(None)
    expects = here & _S.confirmed_at.is_not(None) & _S.unsubscribed_at.is_(None) & _S.suppressed.is_(None)
    numbers = [
        connection.execute(select(func.count()).select_from(SUBSCRIBER).where(which)).scalar_one()
        for which in (here, expects)
    ]
    return numbers[0], numbers[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One unsubscribe, as it stands beside a campaign or in the story of a person."""

    subscriber_id: int
    occurred_at: datetime
    cause: Cause
    route: Route
    scope: str
    topic_id: int | None
    words: str
    undone_at: datetime | None


def left_over(connection: Connection, campaign_id: int, cause: Cause | None, limit: int = 500) -> list[Left]:
    """The unsubscribes attributed to a campaign that were not undone, newest first, of one cause or all."""
    chosen = (DELIVERY.c.campaign_id == campaign_id) & _U.undone_at.is_(None)
    if cause is not None:
        chosen &= _U.cause == cause.value
    return _left(connection, chosen, limit)


def left_by(connection: Connection, publication_id: int, subscriber_id: int, limit: int = 50) -> list[Left]:
    """The unsubscribes of one person, newest first."""
    return _left(connection, (_U.publication_id == publication_id) & (_U.subscriber_id == subscriber_id), limit)


def _left(connection: Connection, chosen: ColumnElement[bool], limit: int) -> list[Left]:
    names = ("subscriber_id", "occurred_at", "cause", "route", "scope", "topic_id", "words", "undone_at")
    rows = connection.execute(
        select(*(_U[name] for name in names))
        .select_from(UNSUBSCRIBE)
        .outerjoin(DELIVERY, DELIVERY.c.id == _U.delivery_id)
        .where(chosen)
        .order_by(_U.occurred_at.desc(), _U.id.desc())
        .limit(limit)
    ).mappings()
    return [Left(**{**row, "cause": Cause(row["cause"]), "route": Route(row["route"])}) for row in rows]
