"""How many mails a reader really got lately: what the sentence promised, beside what came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.store.tables import COUNTED, UNCOUNTED

_C, _U = COUNTED.c, UNCOUNTED.c


def mails_since(connection: Connection, publication_id: int, subscriber_id: int, since: datetime) -> int:
    """How many mails were counted in total for a subscriber from `since` on."""
    counted: int = connection.execute(
        select(func.count())
        .select_from(COUNTED)
        .outerjoin(UNCOUNTED, _U.counted_id == _C.id)
        .where(
            (_C.subscriber_id == subscriber_id)
            & (_C.publication_id == publication_id)
            & _C.in_total
            & (_C.counted_at >= since)
            & _U.counted_id.is_(None)
        )
    ).scalar_one()
    return counted
