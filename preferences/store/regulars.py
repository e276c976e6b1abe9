"""Regulars: readers who have been here for long and lately gave something back by hand.

What counts is what only a person does, and does for others or for what they read: an answer, a vote, a reader brought,
reading an item on the web and leaving it out of the mail. Asking for more is for oneself, and most readers do it at some
time: it is told of a regular and makes nobody one. Opens and clicks count for nothing, because machines make them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, Subquery, case, func, literal, or_, select, union_all

from preferences.delivery import MadeBy
from preferences.store.tables import ANSWER, EVENT, REFERRAL, SUBSCRIBER, VOTE
from preferences.store.votes import is_last_vote

_A, _V, _R, _E, _S = ANSWER.c, VOTE.c, REFERRAL.c, EVENT.c, SUBSCRIBER.c
# A season: who has seen a quarter of a year of this knows what it is.
HERE_FOR = timedelta(weeks=12)
LATELY = timedelta(days=90)


class Given(StrEnum):
    """What readers give back by hand."""

    ANSWERED = "answered"
    VOTED = "voted"
    BROUGHT = "brought"
    ASKED_FOR_MORE = "asked_for_more"
    READ_ON_WEB = "read_on_web"


# What makes a regular; asking for more alone does not.
_MAKES_A_REGULAR = tuple(one for one in Given if one is not Given.ASKED_FOR_MORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regular:
    """One regular, and how often they gave what in the last 90 days; what they did not give is missing."""

    subscriber_id: int
    name: str
    address: str
    confirmed_at: datetime
    given: Mapping[Given, int]


def regulars(
    connection: Connection, publication_id: int, now: datetime, limit: int, *, offset: int = 0
) -> list[Regular]:
    """At most `limit` regulars, after the first `offset`: who gave most different things first, then who gave most
    often, then who has been here longest.
    """
    given = _given(publication_id, now)
    kinds = sum((case((given.c[one.value] > 0, 1), else_=0) for one in Given), literal(0))
    often = sum((given.c[one.value] for one in Given), literal(0))
    chosen = (
        _regulars(given, publication_id, now, select(_S.id, _S.name, _S.address, _S.confirmed_at, *given.c))
        .order_by(kinds.desc(), often.desc(), _S.confirmed_at, _S.id)
        .limit(limit)
        .offset(offset)
    )
    return [_regular(row) for row in connection.execute(chosen).mappings()]


def count_regulars(connection: Connection, publication_id: int, now: datetime) -> int:
    """How many regulars there are."""
    given = _given(publication_id, now)
    count: int = connection.execute(_regulars(given, publication_id, now, select(func.count()))).scalar_one()
    return count


def _regulars(given: Subquery, publication_id: int, now: datetime, chosen: Select[Any]) -> Select[Any]:
    """Those who expect mail, have for twelve weeks, and gave something lately."""
    return (
        chosen.select_from(SUBSCRIBER)
        .join(given, given.c.subscriber_id == _S.id)
        .where(
            (_S.publication_id == publication_id)
            & (_S.confirmed_at <= now - HERE_FOR)
            & _S.unsubscribed_at.is_(None)
            & _S.suppressed.is_(None)
            & _S.erased_at.is_(None)
            & or_(*(given.c[one.value] > 0 for one in _MAKES_A_REGULAR))
        )
    )


def _given(publication_id: int, now: datetime) -> Subquery:
    """How often each reader gave what since then: one row for each reader who gave anything."""
    since = now - LATELY
    things = union_all(
        _thing(Given.ANSWERED, _A.subscriber_id, ANSWER).where(
            (_A.publication_id == publication_id) & (_A.occurred_at > since) & (_A.words != "")
        ),
        _thing(Given.VOTED, _V.subscriber_id, VOTE).where(
            (_V.publication_id == publication_id) & (_V.occurred_at > since) & is_last_vote()
        ),
        _thing(Given.BROUGHT, _R.brought_by, REFERRAL).where(
            (_R.publication_id == publication_id) & (_R.confirmed_at > since)
        ),
        *(
            _thing(one, _E.subscriber_id, EVENT).where(
                (_E.publication_id == publication_id)
                & (_E.kind == one.value)
                & (_E.occurred_at > since)
                & (_E.made_by == MadeBy.LINK.value)
            )
            for one in (Given.ASKED_FOR_MORE, Given.READ_ON_WEB)
        ),
    ).subquery()
    return (
        select(
            things.c.subscriber_id,
            *(func.sum(case((things.c.thing == one.value, 1), else_=0)).label(one.value) for one in Given),
        )
        .group_by(things.c.subscriber_id)
        .subquery()
    )


def _thing(given: Given, subscriber: Any, table: Any) -> Select[Any]:
    return select(subscriber.label("subscriber_id"), literal(given.value).label("thing")).select_from(table)


def _regular(row: Mapping[Any, Any]) -> Regular:
    return Regular(
        subscriber_id=row["id"],
        name=row["name"],
        address=row["address"],
        confirmed_at=row["confirmed_at"],
        given={one: row[one.value] for one in Given if row[one.value]},
    )
