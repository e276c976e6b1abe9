"""Domains that mail goes to, where they want less of it for a while, or may be sent so much an hour. Instants in UTC.

They are the whole installation's: a mailbox provider knows one sender, however many publications and machines there are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, select, update

from preferences.address import parse_domain
from preferences.errors import Invalid, NotFound, Said
from preferences.store.among import among
from preferences.store.came import Came, Result
from preferences.store.imports.statements import insert_ignoring
from preferences.store.open_deliveries import IS_UNDECIDED
from preferences.store.tables import DELIVERY, DESTINATION, SUBSCRIBER

# As the first retry of one mail (mail.md asks for at least 5 minutes), and as its longest.
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
# Fewer would keep who has several mails due at once waiting for ever.
SMALLEST_CEILING = 10
_LISTED = 200
_SAID = 200
_ADDRESS = re.compile(r"\S+@\S+")
_D = DESTINATION.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One domain as it stands: left alone until `slow_until`, because it `said` so; at most `per_hour` mails an hour."""

    domain: str
    slow_until: datetime | None
    said: str
    per_hour: int | None

    def is_slowed(self, now: datetime) -> bool:
        """Whether nothing goes there now."""
        return self.slow_until is not None and self.slow_until > now


def domain_of(address: str | None) -> str:
    """The domain of a normalised address; empty for who was erased."""
    return (address or "").rpartition("@")[2].lower()


def next_pause(last: timedelta, well: timedelta) -> timedelta:
    """How long a destination is left alone now: twice as long as last time, half as long for each such time it went well.

    Zero for `last` where it was never slowed.
    """
    if not last:
        return FIRST_PAUSE
    halved: timedelta = last * 2 / 2 ** min(max(well, timedelta()) // last, 30)
    return min(max(halved, FIRST_PAUSE), LONGEST_PAUSE)


def slow_down(connection: Connection, results: Sequence[Result], now: datetime) -> None:
    """Leave alone for a while what said that it gets too much from us; what is left alone already stays so as long.

    `results` are of subscribers whom the caller has locked.
    """
    slowed = [result for result in results if result.came is Came.SLOWED]
    if not slowed:
        return
    domains = _domains(connection, [result.subscriber_id for result in slowed])
    said = {domains[one.subscriber_id]: one for one in reversed(slowed) if domains.get(one.subscriber_id)}
    for domain in sorted(said):
        _ensure(connection, domain)
        row = connection.execute(select(DESTINATION).where(_D.domain == domain).with_for_update()).mappings().one()
        if row["slow_until"] is None or row["slow_until"] <= now:
            _leave_alone(connection, row, said[domain], now)


def slowed_until(connection: Connection, subscriber_id: int, now: datetime) -> datetime:
    """Until when nothing goes where this subscriber's mail goes; the shortest pause from now where nobody knows."""
    domain = _domains(connection, [subscriber_id]).get(subscriber_id, "")
    until: datetime | None = connection.execute(select(_D.slow_until).where(_D.domain == domain)).scalar()
    return now + FIRST_PAUSE if until is None else max(until, now)


def destinations(connection: Connection, now: datetime) -> list[Destination]:
    """Those that are slowed now or have a ceiling, by name; at most some hundreds."""
    chosen = select(DESTINATION).where((_D.slow_until > now) | _D.per_hour.is_not(None))
    rows = connection.execute(chosen.order_by(_D.domain).limit(_LISTED)).mappings()
    return [_destination(row) for row in rows]


def what_holds(connection: Connection, address: str | None, wakes_at: datetime | None) -> Destination | None:
    """The slowed destination of an address, where that is what a delivery waits for: it wakes at the very instant."""
    if wakes_at is None:
        return None
    chosen = (_D.domain == domain_of(address)) & (_D.slow_until == wakes_at)
    row = connection.execute(select(DESTINATION).where(chosen)).mappings().first()
    return None if row is None else _destination(row)


def limit_destination(connection: Connection, domain: str, per_hour: int | None) -> str:
    """At most so many mails an hour go to a domain, or as many as come; answers its name. Raises `Invalid`."""
    if per_hour is not None and per_hour < SMALLEST_CEILING:
        raise Invalid.one("per_hour", Said(f"at least {SMALLEST_CEILING} mails an hour, or none for no ceiling"))
    name = parse_domain(domain)
    _ensure(connection, name)
    connection.execute(update(DESTINATION).where(_D.domain == name).values(per_hour=per_hour))
    return name


def end_wait(connection: Connection, domain: str, now: datetime) -> str:
    """Go on at once where a domain is slowed; answers its name. Raises `NotFound` where it is not."""
    name = parse_domain(domain)
    slowed = select(_D.slow_until).where((_D.domain == name) & (_D.slow_until > now)).with_for_update()
    until: datetime | None = connection.execute(slowed).scalar()
    if until is None:
        raise NotFound(f"nothing waits for {name}: it is not slowed")
    connection.execute(update(DESTINATION).where(_D.domain == name).values(slow_until=now))
    # What waits for it wakes at that very instant; anything else that does is only looked at early.
    waits = IS_UNDECIDED & (DELIVERY.c.wakes_at == until)
    connection.execute(update(DELIVERY).where(waits).values(wakes_at=now))
    return name


def _leave_alone(connection: Connection, row: RowMapping, result: Result, now: datetime) -> None:
    well = timedelta() if row["slow_until"] is None else now - row["slow_until"]
    pause = next_pause(timedelta(seconds=row["pause_seconds"]), well)
    said = _ADDRESS.sub("…", result.reply)[:_SAID]
    values = {"slowed_at": now, "slow_until": now + pause, "pause_seconds": int(pause.total_seconds())}
    connection.execute(
        update(DESTINATION).where(_D.domain == row["domain"]).values(**values, code=result.code, said=said)
    )


def _ensure(connection: Connection, domain: str) -> None:
    row = {"domain": domain, "pause_seconds": 0, "said": "", "in_hour": 0}
    connection.execute(insert_ignoring(connection, DESTINATION).values(row))


def _domains(connection: Connection, subscriber_ids: Sequence[int]) -> dict[int, str]:
    of = SUBSCRIBER.c
    chosen = select(of.id, of.address_normalised).where(among(connection, of.id, subscriber_ids))
    return {row.id: domain_of(row.address_normalised) for row in connection.execute(chosen)}


def _destination(row: RowMapping) -> Destination:
    code = "" if row["code"] is None else f"{row['code']} "
    return Destination(
        domain=row["domain"],
        slow_until=row["slow_until"],
        said=f"{code}{row['said']}".strip(),
        per_hour=row["per_hour"],
    )
