"""How many mails a reader really got lately: what the sentence promised, beside what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.delivery import State
from preferences.store.tables import COUNTED, DELIVERY, UNCOUNTED

_C, _D, _U = COUNTED.c, DELIVERY.c, UNCOUNTED.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """How many mails were counted in total, and whether one is being handed over now, which no change calls back."""

    mails: int
    is_under_way: bool


def lately(connection: Connection, publication_id: int, subscriber_id: int, since: datetime) -> Lately:
    """What came to a subscriber from `since` on, in one statement."""
    under_way = (_D.subscriber_id == subscriber_id) & (_D.state == State.HANDING_OVER.value)
    counted = (
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
    )
    chosen = select(
        counted.scalar_subquery().label("mails"), select(_D.id).where(under_way).exists().label("on_its_way")
    )
    row = connection.execute(chosen).one()
    return Lately(mails=row.mails, is_under_way=row.on_its_way)
