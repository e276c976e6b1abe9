"""The ceiling of a new sender: so many campaigns and digests a day, twice as many each day, until there is none.

A mailbox provider that does not know a sender takes much from it at once for spam. Days are those of UTC. Service mails are
not counted: a person waits for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from preferences.errors import Conflict, Invalid, Said
from preferences.store.among import among
from preferences.store.tables import ATTEMPT, WARM_UP

# Fewer would keep who has several mails due at once waiting for ever.
SMALLEST_FIRST = 10
USUAL_LAST = 100_000
_DAY = timedelta(days=1)
_W = WARM_UP.c


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """How far a warm-up has come: `counted` mails left on `day`, of at most `ceiling`; None for no ceiling any more."""

    day: date
    number: int
    first: int
    last: int
    ceiling: int | None
    counted: int

    @property
    def room(self) -> int | None:
        """How many more may leave on this day; None for any number."""
        return None if self.ceiling is None else max(0, self.ceiling - self.counted)

    @property
    def ends_at(self) -> datetime:
        """When the day is over."""
        return datetime.combine(self.day + _DAY, time(), UTC)


def ceiling_of(day: int, first: int, last: int) -> int | None:
    """How many mails may leave on a day, counted from 0; None once that would be more than `last`."""
    ceiling = first * 2 ** min(max(day, 0), 40)
    return None if ceiling > last else ceiling


def warm_up(connection: Connection, now: datetime) -> WarmUp | None:
    """The warm-up as it stands; None where there is none."""
    row = connection.execute(select(WARM_UP).order_by(_W.id).limit(1)).mappings().first()
    return None if row is None else _as_of(row, now)


def locked_warm_up(connection: Connection, now: datetime) -> WarmUp | None:
    """The same, held until the transaction ends, so that nobody else counts meanwhile."""
    chosen = select(WARM_UP).order_by(_W.id).limit(1).with_for_update()
    row = connection.execute(chosen).mappings().first()
    return None if row is None else _as_of(row, now)


def begin_warm_up(connection: Connection, first: int, last: int, now: datetime) -> None:
    """Begin today with at most `first` mails. Raises `Invalid`, and `Conflict` where one has begun."""
    if first < SMALLEST_FIRST or last < first:
        said = f"the first day needs at least {SMALLEST_FIRST} mails, and the last ceiling as many as the first or more"
        raise Invalid.one("first", Said(said))
    if warm_up(connection, now) is not None:
        raise Conflict("a warm-up has begun already: end it first")
    today = now.astimezone(UTC).date()
    connection.execute(insert(WARM_UP).values(id=1, began_on=today, first=first, last=last, counted=0))


def end_warm_up(connection: Connection) -> bool:
    """No ceiling any more; answers whether there was one. What waits for tomorrow goes tomorrow."""
    return bool(connection.execute(delete(WARM_UP)).rowcount)


def count_mails(connection: Connection, found: WarmUp, number: int) -> None:
    """Count so many mails more on the day of a warm-up that is held."""
    connection.execute(update(WARM_UP).values(counted_on=found.day, counted=found.counted + number))


def give_room_back(connection: Connection, attempt_ids: list[int], now: datetime) -> None:
    """What was counted today and has not begun does not use the day up."""
    found = locked_warm_up(connection, now)
    if found is None or not found.counted:
        return
    of = ATTEMPT.c
    today = (of.committed_at >= found.ends_at - _DAY) & (of.committed_at < found.ends_at)
    chosen = select(func.count()).select_from(ATTEMPT).where(among(connection, of.id, attempt_ids) & today)
    count_mails(connection, found, -min(connection.execute(chosen).scalar_one(), found.counted))


def _as_of(row: RowMapping, now: datetime) -> WarmUp:
    today: date = now.astimezone(UTC).date()
    # A clock that was set back counts on: any doubt waits.
    day = max(today, row["counted_on"] or today)
    number = (day - row["began_on"]).days
    return WarmUp(
        day=day,
        number=number + 1,
        first=row["first"],
        last=row["last"],
        ceiling=ceiling_of(number, row["first"], row["last"]),
        counted=row["counted"] if row["counted_on"] == day else 0,
    )
