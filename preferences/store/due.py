"""What is due, as whoever writes tickets asks it: which publications, which of their subscribers, and service mails.

Asked every second, also while a million are due: so nothing here reads more than it answers, but for
`publications_due`, which reads all that is due.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, text

from preferences.delivery import State
from preferences.store.agenda import due_deliveries, publications_due, subscribers_due
from preferences.store.open_deliveries import IS_OPEN, RUNNING
from preferences.store.publications import publication
from preferences.store.service_mails import ServiceState
from preferences.store.tables import CAMPAIGN, DELIVERY, SERVICE_MAIL

# Up to so many deliveries are found by their instant; among more, the next subscribers by number have some.
FEW = 2000


def publications_of_few(connection: Connection, now: datetime) -> list[int] | None:
    """The publications for which something is due, in number order; None where so much is that it takes a while to say.

    Then `publications_due` says it.
    """
    few = connection.execute(due_deliveries(DELIVERY.c.publication_id, now).limit(FEW)).scalars().all()
    return None if len(few) == FEW else sorted(set(few))


def first_due(connection: Connection, publication_id: int, now: datetime, *, limit: int) -> list[int]:
    """The first subscribers, by number, for whom something is to be decided now: each once, in order, at most `limit`.

    Empty where the publication may not send.
    """
    if not publication(connection, publication_id).may_send:
        return []
    few = subscribers_due(connection, publication_id, now, limit=min(FEW, limit))
    if len(few) < FEW:
        return sorted(set(few))
    ordered = _in_order(connection, publication_id, now).limit(limit)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_sort = off"))
    return list(dict.fromkeys(connection.execute(ordered).scalars()))


def running_publications(connection: Connection) -> list[int]:
    """The publications with a campaign that is under way, in number order."""
    chosen = select(CAMPAIGN.c.publication_id).where(CAMPAIGN.c.status.in_(RUNNING)).distinct()
    return sorted(connection.execute(chosen).scalars())


def _in_order(connection: Connection, publication_id: int, now: datetime) -> Select[Any]:
    """The subscribers of everything due, by number, read off `ix_delivery_open` from its beginning.

    Whatever could let another index look better is written so that none fits it: right after planning the database
    takes a million rows for one, and would sort them all.
    """
    running = select(CAMPAIGN.c.id).where(
        (CAMPAIGN.c.publication_id == publication_id) & CAMPAIGN.c.status.in_(RUNNING)
    )
    campaigns = list(connection.execute(running.order_by(CAMPAIGN.c.id)).scalars())
    of = DELIVERY.c
    is_due = (of.state != State.HANDING_OVER.value) & (func.coalesce(of.wakes_at, of.wakes_at) <= now)
    runs = of.campaign_id.is_(None) | (of.campaign_id + 0).in_(campaigns)
    whose: ColumnElement[int] = of.publication_id + 0
    return (
        select(of.subscriber_id)
        .where(IS_OPEN & (of.subscriber_id > 0) & is_due & runs & (whose == publication_id))
        .order_by(of.subscriber_id)
    )


def service_mails_due(connection: Connection, now: datetime) -> tuple[int, int]:
    """How many service mails are due, and the newest of them (0 where there is none): changes when another comes."""
    of = SERVICE_MAIL.c
    is_due = (of.state == ServiceState.DUE.value) & (of.due_at <= now) & of.address.is_not(None)
    row = connection.execute(select(func.count(), func.coalesce(func.max(of.id), 0)).where(is_due)).one()
    return row[0], row[1]


__all__ = [
    "FEW",
    "first_due",
    "publications_due",
    "publications_of_few",
    "running_publications",
    "service_mails_due",
]
