"""What is due, as whoever writes tickets asks it: which publications, which of their subscribers, and service mails.

Asked every second, also while a million are due: so nothing here reads more than it answers, but for
`publications_due`, which reads all that is due.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.store.agenda import due_by_subscriber, due_deliveries, publications_due, subscribers_due
from preferences.store.publications import publication
from preferences.store.service_mails import ServiceState
from preferences.store.tables import DELIVERY, SERVICE_MAIL

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
    ordered = (
        due_by_subscriber(DELIVERY.c.subscriber_id, now)
        .where(DELIVERY.c.publication_id == publication_id)
        .order_by(DELIVERY.c.subscriber_id)
        .limit(limit)
    )
    return list(dict.fromkeys(connection.execute(ordered).scalars()))


def service_mails_due(connection: Connection, now: datetime) -> tuple[int, int]:
    """How many service mails are due, and the newest of them (0 where there is none): changes when another comes."""
    of = SERVICE_MAIL.c
    is_due = (of.state == ServiceState.DUE.value) & (of.due_at <= now) & of.address.is_not(None)
    row = connection.execute(select(func.count(), func.coalesce(func.max(of.id), 0)).where(is_due)).one()
    return row[0], row[1]


__all__ = ["FEW", "first_due", "publications_due", "publications_of_few", "service_mails_due"]
