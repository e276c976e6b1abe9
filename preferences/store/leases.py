"""Leases of processes: who holds one may hand over; whose ended gives back what it had not begun.

Leases run on the machine's clock even where the mails run on a driven one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from preferences.store.rows import inserted_key
from preferences.store.tables import LEASE

LASTS = timedelta(seconds=15)
# Nothing begins on the wire later than this after the commit that counted it; a lease must outlast it.
BEGINS_WITHIN = timedelta(seconds=5)


def begin_lease(connection: Connection, purpose: str, now: datetime) -> int:
    """A new lease; its number fences: it is never used again."""
    result = connection.execute(insert(LEASE).values(purpose=purpose, until=now + LASTS, created_at=now))
    return inserted_key(result)


def renew_lease(connection: Connection, lease_id: int, now: datetime) -> bool:
    """Renew a lease; False where it was ended meanwhile, and whatever was claimed under it is no longer one's own."""
    result = connection.execute(
        update(LEASE).where((LEASE.c.id == lease_id) & LEASE.c.ended_at.is_(None)).values(until=now + LASTS)
    )
    return result.rowcount == 1


def end_lease(connection: Connection, lease_id: int, now: datetime) -> None:
    """End a lease that one holds."""
    connection.execute(update(LEASE).where((LEASE.c.id == lease_id) & LEASE.c.ended_at.is_(None)).values(ended_at=now))


def holds_lease(connection: Connection, lease_id: int, now: datetime) -> bool:
    """Whether a lease goes on long enough for what is begun now; kept from being ended until the transaction ends."""
    statement = select(LEASE.c.until).where((LEASE.c.id == lease_id) & LEASE.c.ended_at.is_(None))
    if connection.dialect.name == "postgresql":
        statement = statement.with_for_update(read=True)
    until = connection.execute(statement).scalar()
    return until is not None and until > now + BEGINS_WITHIN


def expire_leases(connection: Connection, now: datetime) -> list[int]:
    """End every lease that nobody renewed; answers their numbers."""
    expired = (LEASE.c.until < now) & LEASE.c.ended_at.is_(None)
    return list(connection.execute(update(LEASE).where(expired).values(ended_at=now).returning(LEASE.c.id)).scalars())
