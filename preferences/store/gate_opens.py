"""Whether anything may be decided at this moment: lease, clock, planning, sender. Asked before every group, at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from preferences.delivery import CampaignStatus
from preferences.errors import AnyDoubt
from preferences.store.clock import check_clock
from preferences.store.leases import BEGINS_WITHIN
from preferences.store.tables import CAMPAIGN, COUNTED, LEASE, PUBLICATION, UNCOUNTED

_C = COUNTED.c


def may_decide(connection: Connection, publication_id: int, lease_id: int, now: datetime, real_now: datetime) -> bool:
    """Whether something may be decided for a publication, under a lease that is kept from ending until the transaction ends.

    False as long as a campaign that is due is not planned, or the publication has no sender or no postal address. Raises
    `AnyDoubt` where the lease is no longer one's own or a clock disagrees. `real_now` is the machine's clock.
    """
    about = {"lease": lease_id, "publication": publication_id, "now": now}
    row = connection.execute(_OPENS, about).first()
    if row is None or row.until is None or row.until <= real_now + BEGINS_WITHIN:
        raise AnyDoubt(f"lease {lease_id} has ended: another process may have taken over")
    if row.newest is not None and row.newest > now:
        check_newest_count(connection, now)
    return not row.to_plan and bool(row.sender and row.postal_address)


def _opens() -> Select[Any]:
    # By attempt, of which there is an index: in the order of its own key all would be read and sorted, where few are known.
    counted = select(_C.counted_at).where(_C.attempt_id.is_not(None))
    newest = counted.order_by(_C.attempt_id.desc()).limit(1).scalar_subquery()
    of = CAMPAIGN.c
    to_plan = select(of.id).where(
        (of.status == CampaignStatus.SCHEDULED.value)
        & (of.publication_id == bindparam("publication"))
        & (of.scheduled_at <= bindparam("now", type_=of.scheduled_at.type))
    )
    statement = (
        select(
            LEASE.c.until,
            newest.label("newest"),
            to_plan.exists().label("to_plan"),
            PUBLICATION.c.sender,
            PUBLICATION.c.postal_address,
        )
        .join(PUBLICATION, PUBLICATION.c.id == bindparam("publication"))
        .where((LEASE.c.id == bindparam("lease")) & LEASE.c.ended_at.is_(None))
    )
    # Weaker than what an UPDATE of other columns than keys takes, so that the lease can be renewed meanwhile by many
    # groups' process, and stronger than nothing to who ends it FOR UPDATE.
    return statement.with_for_update(read=True, key_share=True, of=LEASE)


# Writing the statement takes longer than running it.
_OPENS = _opens()


def check_newest_count(connection: Connection, now: datetime) -> None:
    """Raise `AnyDoubt` where the newest counted instant lies more than 30 s ahead of the clock."""
    newest: datetime | None = connection.execute(
        select(_C.counted_at)
        .outerjoin(UNCOUNTED, UNCOUNTED.c.counted_id == _C.id)
        .where(_C.attempt_id.is_not(None) & UNCOUNTED.c.counted_id.is_(None))
        .order_by(_C.attempt_id.desc())
        .limit(1)
    ).scalar()
    if newest is not None and newest > now:
        check_clock(now, newest, "the newest counted mail")
