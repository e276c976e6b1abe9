"""Leases of processes: who holds one may hand over; whose ended gives back what it had not begun.

Leases run on the machine's clock even where the mails run on a driven one; where several machines meet in one database,
all of them set theirs by the database's (`clock.AgreedClock`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from preferences.errors import AnyDoubt
from preferences.store.rows import inserted_key
from preferences.store.tables import LEASE

# The purpose of a process that serves pages and sends nothing.
WEB = "web"
LASTS = timedelta(seconds=15)
# Nothing begins on the wire later than this after the commit that counted it; a lease must outlast it.
BEGINS_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Who holds a lease: what for, where it runs, and where it answers how it is.

    `threads` is how many of it may hand over at once; who `schedules` may plan, sweep and write tickets, one at a time.
    """

    purpose: str
    host: str = ""
    number: int = 0
    listens: str = ""
    threads: int = 0
    schedules: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """One lease as it stands. `did` is what its process last did, "" where nothing yet; instants in UTC."""

    id: int
    process: Process
    until: datetime
    did: str
    did_at: datetime | None
    ended_at: datetime | None
    created_at: datetime

    def is_living(self, now: datetime) -> bool:
        """Whether its process is there, as far as anybody knows."""
        return self.ended_at is None and self.until > now


def begin_lease(connection: Connection, purpose: str | Process, now: datetime, *, lasts: timedelta = LASTS) -> int:
    """A new lease; its number fences: it is never used again."""
    process = purpose if isinstance(purpose, Process) else Process(purpose=purpose)
    values = {
        "purpose": process.purpose,
        "host": process.host,
        "process": process.number,
        "listens": process.listens,
        "threads": process.threads,
        "schedules": process.schedules,
        "did": "",
    }
    return inserted_key(connection.execute(insert(LEASE).values(until=now + lasts, created_at=now, **values)))


def renew_lease(
    connection: Connection,
    lease_id: int,
    now: datetime,
    *,
    lasts: timedelta = LASTS,
    did: str = "",
    did_at: datetime | None = None,
) -> bool:
    """Renew a lease; False where it was ended meanwhile, and whatever was claimed under it is no longer one's own.

    What the process last did is noted with it, where it did anything.
    """
    values: dict[str, object] = {"until": now + lasts}
    if did_at is not None:
        values |= {"did": did, "did_at": did_at}
    holds = (LEASE.c.id == lease_id) & LEASE.c.ended_at.is_(None)
    return connection.execute(update(LEASE).where(holds).values(**values)).rowcount == 1


def leader(connection: Connection, now: datetime) -> int | None:
    """The lease whose process plans, sweeps and writes tickets: of those that may, the oldest that lives.

    So the lead changes hands only when its holder ends, or is not heard of until its lease is over.
    """
    living = LEASE.c.schedules & LEASE.c.ended_at.is_(None) & (LEASE.c.until > now)
    number: int | None = connection.execute(select(func.min(LEASE.c.id)).where(living)).scalar()
    return number


def check_lead(connection: Connection, lease_id: int, now: datetime) -> None:
    """Raise `AnyDoubt` where another process leads by now; ask it in each transaction of whoever leads."""
    if leader(connection, now) != lease_id:
        raise AnyDoubt(f"lease {lease_id} does not lead any more: another process plans and sweeps")


def threads_at_work(connection: Connection, now: datetime) -> int:
    """How many threads of all living processes may hand over at once."""
    living = LEASE.c.ended_at.is_(None) & (LEASE.c.until > now)
    number: int = connection.execute(select(func.coalesce(func.sum(LEASE.c.threads), 0)).where(living)).scalar_one()
    return number


def processes(connection: Connection, now: datetime, *, ended_within: timedelta) -> list[LeaseRow]:
    """The living leases, and those that were not ended in order or ended lately; oldest first, at most 200."""
    lately = LEASE.c.ended_at.is_(None) | (LEASE.c.ended_at > now - ended_within)
    rows = connection.execute(select(LEASE).where(lately).order_by(LEASE.c.id.desc()).limit(200)).mappings()
    return [_row(row) for row in reversed(rows.all())]


def lease_named(connection: Connection, lease_id: int) -> LeaseRow | None:
    """The lease of that number, None where there is none."""
    row = connection.execute(select(LEASE).where(LEASE.c.id == lease_id)).mappings().first()
    return None if row is None else _row(row)


def _row(row: RowMapping) -> LeaseRow:
    process = Process(
        purpose=row["purpose"],
        host=row["host"],
        number=row["process"],
        listens=row["listens"],
        threads=row["threads"],
        schedules=row["schedules"],
    )
    return LeaseRow(
        id=row["id"],
        process=process,
        until=row["until"],
        did=row["did"],
        did_at=row["did_at"],
        ended_at=row["ended_at"],
        created_at=row["created_at"],
    )


def end_lease(connection: Connection, lease_id: int, now: datetime) -> None:
    """End a lease that one holds, once nothing is being decided under it."""
    _end(connection, LEASE.c.id == lease_id, now, skip_locked=False)


def expire_leases(connection: Connection, now: datetime) -> list[int]:
    """End every lease that nobody renewed; answers their numbers.

    One under which something is being decided at this moment is ended at the next time: its holder may have been
    stopped in the middle of a transaction, and is to hold up nobody else.
    """
    return _end(connection, LEASE.c.until < now, now, skip_locked=True)


def _end(connection: Connection, chosen: ColumnElement[bool], now: datetime, *, skip_locked: bool = False) -> list[int]:
    """End those of the chosen leases that have not ended, after who decides under them; answers their numbers."""
    of = LEASE.c
    locked = select(of.id).where(chosen & of.ended_at.is_(None)).order_by(of.id)
    ids = connection.execute(locked.with_for_update(skip_locked=skip_locked)).scalars().all()
    if not ids:
        return []
    ended = update(LEASE).where(of.id.in_(ids) & chosen & of.ended_at.is_(None)).values(ended_at=now)
    return list(connection.execute(ended.returning(of.id)).scalars())
