"""The gate: decide again and count. One short transaction claims subscribers, locks them, reads, decides and counts.

Two campaigns, two workers or two machines cannot both take the last opening: whoever holds the subscriber's lock reads
the history after the lock, and counts before it is released. Nothing is rendered or sent in here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, bindparam, select

from preferences.store import openings
from preferences.store.agenda import due_by_subscriber, subscribers_due
from preferences.store.among import among_named
from preferences.store.gate_opens import may_decide
from preferences.store.gate_rows import Writes
from preferences.store.hand_overs import HandOver
from preferences.store.judging import judge
from preferences.store.leases import BEGINS_WITHIN
from preferences.store.open_deliveries import Situation, situations
from preferences.store.prospects import ScheduleWhenAsked
from preferences.store.restraint import Restraint, restraint_of
from preferences.store.tables import DELIVERY, SUBSCRIBER
from preferences.store.turnstile import go_through
from preferences.store.unreadable import hold_unreadable
from preferences.store.usual_mails import UsualMails


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one transaction decided: the mails to hand over, and the subscriber after whom to go on.

    `begins_until` is the instant of the machine's clock, the one leases run on, after which none of them may begin.
    """

    mails: tuple[HandOver, ...]
    begins_until: datetime
    last_subscriber: int
    claimed: int


_S = SUBSCRIBER.c
# Up to so many deliveries are found by their instant; among more, the next subscribers by number have some.
_FEW = 2000


def decide_group(
    connection: Connection,
    publication_id: int,
    lease_id: int,
    now: datetime,
    real_now: datetime,
    *,
    limit: int,
    after: int = 0,
    until: int | None = None,
) -> Group | None:
    """Claim up to `limit` subscribers with something due, decide everything due for them, and count what leaves.

    Of those whose number is greater than `after`, and not greater than `until` where that is given.

    None where nobody of them is due whom nobody else holds, as long as a campaign that is due is not planned (it is
    before any of it is claimed), and as long as the publication has no sender or no postal address. Raises `AnyDoubt`
    where the lease is no longer one's own or a clock disagrees; then nothing is counted and nothing leaves.
    """
    go_through(connection, publication_id)
    if not may_decide(connection, publication_id, lease_id, now, real_now):
        return None
    claimed = claim_subscribers(connection, publication_id, now, limit=limit, after=after, until=until)
    if not claimed:
        return None
    found = situations(connection, publication_id, claimed, now)
    hold_unreadable(connection, publication_id, set(claimed) - set(found), now)
    writes = Writes(connection, publication_id, lease_id, now)
    restraint = restraint_of(connection, found.values(), now)
    _decide(found.values(), ScheduleWhenAsked(connection, publication_id), restraint, writes)
    mails = writes.write()
    if restraint is not None:
        restraint.count(connection, writes.mails)
    openings.store(connection, publication_id, writes.counted(found), now)
    return Group(
        mails=tuple(mails),
        begins_until=real_now + BEGINS_WITHIN,
        last_subscriber=max(claimed),
        claimed=len(claimed),
    )


def _decide(
    found: Collection[Situation], schedule: ScheduleWhenAsked, restraint: Restraint | None, writes: Writes
) -> None:
    """Note in `writes` what is decided about each of these, in their order, but for whom something holds back."""
    usual = UsualMails(writes)
    for situation in found:
        held = restraint is not None and not restraint.lets_go(situation, writes.mails, writes)
        if not (held or usual.takes(situation)):
            judge(situation, schedule, writes)


def claim_subscribers(
    connection: Connection,
    publication_id: int,
    now: datetime,
    *,
    limit: int,
    after: int = 0,
    until: int | None = None,
) -> list[int]:
    """Lock up to `limit` subscribers for whom something is to be decided now, in number order, passing over held ones.

    What is read afterwards, in statements of their own, is what is true: the row that was locked is not looked at.
    """
    if until is None:
        few = subscribers_due(connection, publication_id, now, limit=_FEW)
        if len(few) < _FEW:
            return _first_locked(connection, sorted({one for one in few if one > after}), limit)
    among_whom = {"publication": publication_id, "now": now, "after": after, "limit": limit}
    if until is None:
        return list(connection.execute(_ANY_DUE, among_whom).scalars())
    return list(connection.execute(_DUE_UNTIL, {**among_whom, "until": until}).scalars())


def _first_locked(connection: Connection, ids: Sequence[int], limit: int) -> list[int]:
    """Of these in their order, the first group of which anybody can be locked."""
    groups = (ids[start : start + limit] for start in range(0, len(ids), limit))
    locked = (list(connection.execute(_NAMED, {"numbers": group, "limit": limit}).scalars()) for group in groups)
    return next((claimed for claimed in locked if claimed), [])


def _locking(chosen: ColumnElement[bool]) -> Select[Any]:
    # On SQLite the write transaction is the lock, and nothing of this is said.
    statement = select(_S.id).where(chosen).order_by(_S.id).limit(bindparam("limit", type_=Integer))
    return statement.with_for_update(of=SUBSCRIBER, skip_locked=True)


def _with_something_due() -> ColumnElement[bool]:
    # With an offset it is asked for each subscriber by itself. Joined, all that is due would be read for each group: right
    # after planning the database does not know yet how much that is.
    now = bindparam("now", type_=DELIVERY.c.wakes_at.type)
    some = due_by_subscriber(DELIVERY.c.id, now).where(DELIVERY.c.subscriber_id == _S.id).offset(0)
    here = _S.publication_id == bindparam("publication")
    return here & some.correlate(SUBSCRIBER).exists() & (_S.id > bindparam("after"))


# Asked for each group, and writing a statement takes longer than running it.
_NAMED = _locking(among_named(_S.id, "numbers"))
_ANY_DUE = _locking(_with_something_due())
_DUE_UNTIL = _locking(_with_something_due() & (_S.id <= bindparam("until")))
