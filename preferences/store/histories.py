"""What was counted, read from the ledger: the history that the law judges by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, select

from preferences.expectation import Arrives
from preferences.history import EMPTY_HISTORY, History
from preferences.store.among import among_named
from preferences.store.tables import COUNTED, UNCOUNTED

# A year cap looks back at most a leap year; a day more for zones.
LOOKS_BACK = timedelta(days=368)

_C, _U = COUNTED.c, UNCOUNTED.c


def histories_of(connection: Connection, subscriber_ids: Collection[int], now: datetime) -> dict[int, History]:
    """The histories of these subscribers as far as any cap looks back from `now`; everybody asked for is answered."""
    rows = connection.execute(_COUNTED_SINCE, {"numbers": subscriber_ids, "since": now - LOOKS_BACK}).all()
    counted = {subscriber: _history(mine) for subscriber, mine in groupby(rows, itemgetter(0))}
    return {subscriber: counted.get(subscriber, EMPTY_HISTORY) for subscriber in subscriber_ids}


# Asked for each group, and writing the statement takes longer than running it.
_COUNTED_SINCE = (
    select(_C.subscriber_id, _C.topic_id, _C.counted_at, _C.in_total, _C.along, _C.rhythm)
    .outerjoin(UNCOUNTED, _U.counted_id == _C.id)
    .where(among_named(_C.subscriber_id, "numbers") & (_C.counted_at > bindparam("since")) & _U.counted_id.is_(None))
    .order_by(_C.subscriber_id, _C.counted_at.desc(), _C.id.desc())
)


def _history(rows: Iterable[Sequence[Any]]) -> History:
    """The history in rows of one subscriber, newest first."""
    total: list[datetime] = []
    charged: dict[int, list[datetime]] = {}
    along: dict[int, list[datetime]] = {}
    digests: dict[Arrives, list[datetime]] = {}
    for _, topic, at, in_total, came_along, rhythm in rows:
        if in_total:
            total.append(at)
        if in_total and rhythm is not None:
            digests.setdefault(Arrives(rhythm), []).append(at)
        if topic is not None:
            along.setdefault(topic, []).append(at)
            if not came_along:
                charged.setdefault(topic, []).append(at)
    return History(
        total=tuple(total),
        charged={topic: tuple(instants) for topic, instants in charged.items()},
        along={topic: tuple(instants) for topic, instants in along.items()},
        digests={rhythm: tuple(instants) for rhythm, instants in digests.items()},
    )
