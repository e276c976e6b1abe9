"""Readers who bring readers: who signed up by a link that was passed on, and from when on it counts.

It counts when somebody who was no reader becomes one by confirming, once for each person, never for oneself. Who was
brought is told to nobody but the publication; whoever brought them sees a number.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from preferences.store.tables import DELIVERY, REFERRAL, SUBSCRIBER

_D, _R, _S = DELIVERY.c, REFERRAL.c, SUBSCRIBER.c


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """By whom something was passed on, and the campaign it was, where it was one."""

    subscriber_id: int
    campaign_id: int | None = None


def who_passed_on(
    connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int | None
) -> PassedOn | None:
    """Who passed on a delivery of theirs, or the publication; None for nobody, such as somebody who was erased."""
    there = (_S.id == subscriber_id) & (_S.publication_id == publication_id) & _S.erased_at.is_(None)
    if connection.execute(select(_S.id).where(there)).first() is None:
        return None
    theirs = (_D.id == delivery_id) & (_D.subscriber_id == subscriber_id)
    campaign = None if delivery_id is None else connection.execute(select(_D.campaign_id).where(theirs)).scalar()
    return PassedOn(subscriber_id=subscriber_id, campaign_id=campaign)


def note_referral(
    connection: Connection, publication_id: int, request_id: int, passed_on: PassedOn, now: datetime
) -> None:
    """Append that a request came by a link that was passed on; whose address it is, is not looked at here."""
    connection.execute(
        insert(REFERRAL).values(
            publication_id=publication_id,
            request_id=request_id,
            brought_by=passed_on.subscriber_id,
            campaign_id=passed_on.campaign_id,
            made_at=now,
        )
    )


def state_referral(
    connection: Connection, publication_id: int, subscriber_id: int, brought_by: int, now: datetime
) -> None:
    """Append that a reader was brought by another, as a program states it that has their consent already."""
    connection.execute(
        insert(REFERRAL).values(
            publication_id=publication_id,
            brought_by=brought_by,
            subscriber_id=subscriber_id,
            made_at=now,
            confirmed_at=now,
        )
    )


def confirm_referral(connection: Connection, request_id: int, subscriber_id: int, now: datetime) -> None:
    """Let the referral of a request count, now that its confirmation made a reader of somebody who was none.

    Nothing where there is none, for whoever passed it on to themselves, and for who was brought before.
    """
    row = connection.execute(select(_R.id, _R.brought_by).where(_R.request_id == request_id)).one_or_none()
    if row is None or row.brought_by == subscriber_id or _was_brought(connection, subscriber_id):
        return
    connection.execute(update(REFERRAL).where(_R.id == row.id).values(subscriber_id=subscriber_id, confirmed_at=now))
    nobody_yet = (_S.id == subscriber_id) & _S.brought_by.is_(None)
    connection.execute(update(SUBSCRIBER).where(nobody_yet).values(brought_by=row.brought_by))


def _was_brought(connection: Connection, subscriber_id: int) -> bool:
    mine = (_R.subscriber_id == subscriber_id) & _COUNTS
    return connection.execute(select(_R.id).where(mine).limit(1)).first() is not None


_COUNTS: ColumnElement[bool] = _R.confirmed_at.is_not(None)


def count_brought(connection: Connection, subscriber_id: int) -> int:
    """How many readers somebody has brought."""
    mine = (_R.brought_by == subscriber_id) & _COUNTS
    return connection.execute(select(func.count()).select_from(REFERRAL).where(mine)).scalar_one()


def brought_by_campaigns(connection: Connection, campaign_ids: Collection[int]) -> dict[int, int]:
    """How many readers each of these campaigns brought, being passed on; one that brought nobody is missing."""
    which = _R.campaign_id.in_(sorted(campaign_ids)) & _COUNTS
    rows = connection.execute(select(_R.campaign_id, func.count()).where(which).group_by(_R.campaign_id))
    return {campaign: readers for campaign, readers in rows}  # noqa: C416 - rows are no pairs to a type checker


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """One reader whom another brought."""

    id: int
    subscriber_id: int
    brought_by: int
    campaign_id: int | None
    confirmed_at: datetime


def brought(
    connection: Connection,
    publication_id: int,
    limit: int,
    *,
    before: int | None = None,
    campaign_id: int | None = None,
    brought_by: int | None = None,
) -> list[Brought]:
    """At most `limit` readers who were brought, newest first, of those with a number below `before`."""
    which = (_R.publication_id == publication_id) & _COUNTS
    if campaign_id is not None:
        which &= _R.campaign_id == campaign_id
    if brought_by is not None:
        which &= _R.brought_by == brought_by
    if before is not None:
        which &= _R.id < before
    columns = [_R[name] for name in Brought.__dataclass_fields__]
    rows = connection.execute(select(*columns).where(which).order_by(_R.id.desc()).limit(limit)).mappings()
    return [Brought(**row) for row in rows]
