"""How many mails a reader really got lately: what the sentence promised, beside what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, func, select

from preferences.delivery import State
from preferences.store.tables import COUNTED, DELIVERY, UNCOUNTED

_C, _D, _U = COUNTED.c, DELIVERY.c, UNCOUNTED.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """How many mails were counted in total, and whether one is being handed over now, which no change calls back."""

    mails: int
    is_under_way: bool


def _statement() -> Select[Any]:
    subscriber: BindParameter[int] = bindparam("subscriber")
    under_way = (_D.subscriber_id == subscriber) & (_D.state == State.HANDING_OVER.value)
    counted = (
        select(func.count())
        .select_from(COUNTED)
        .outerjoin(UNCOUNTED, _U.counted_id == _C.id)
        .where(
            (_C.subscriber_id == subscriber)
            & (_C.publication_id == bindparam("publication"))
            & _C.in_total
            & (_C.counted_at >= bindparam("since"))
            & _U.counted_id.is_(None)
        )
    )
    return select(
        counted.scalar_subquery().label("mails"), select(_D.id).where(under_way).exists().label("is_under_way")
    )


# Writing the statement takes longer than running it.
_LATELY = _statement()


def lately(connection: Connection, publication_id: int, subscriber_id: int, since: datetime) -> Lately:
    """What came to a subscriber from `since` on, in one statement."""
    about = {"publication": publication_id, "subscriber": subscriber_id, "since": since}
    row = connection.execute(_LATELY, about).one()
    return Lately(mails=row.mails, is_under_way=bool(row.is_under_way))
