"""What holds mails back that their readers want: a slowed destination, its ceiling, and the warm-up of a new sender.

Asked by the gate for subscribers whose locks it holds. Nothing is decided about who is held back: it is looked at again
when there is room.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, bindparam, exists, select, update

from preferences.store.came import STAYS_COUNTED, Result
from preferences.store.destinations import domain_of, slow_down
from preferences.store.hand_overs import HandOver
from preferences.store.holding import hold
from preferences.store.judging import mails_at_most
from preferences.store.notes import Notes
from preferences.store.open_deliveries import Situation
from preferences.store.tables import DESTINATION, WARM_UP
from preferences.store.warm_up import WarmUp, count_mails, give_room_back, locked_warm_up

_D = DESTINATION.c
_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class _Ceiling:
    """At most `per_hour` mails in the hour that began at `since`; `counted` so far."""

    per_hour: int
    since: datetime
    counted: int
    new: int = 0

    def has_room(self, mails: int) -> bool:
        return self.counted + self.new + mails <= self.per_hour


@dataclass(slots=True, kw_only=True)
class Restraint:
    """What holds back the subscribers of one group; `count` what leaves before the transaction ends."""

    now: datetime
    warm_up: WarmUp | None
    slowed: Mapping[str, datetime]
    ceilings: Mapping[str, _Ceiling]
    _seen: int = field(default=0)

    def lets_go(self, situation: Situation, mails: Mapping[int, HandOver], notes: Notes) -> bool:
        """Whether to decide about a subscriber now; who is held back is noted to be looked at later.

        `mails` are those of this group so far, in the order in which they were decided.
        """
        self._tally(mails)
        most = mails_at_most(situation, self.now)
        domain = domain_of(situation.subscriber.address_normalised)
        slow_until = self.slowed.get(domain)
        ceiling = self.ceilings.get(domain)
        if slow_until is not None:
            hold(situation, notes, lambda _: slow_until)
        elif ceiling is not None and not ceiling.has_room(most):
            later = ceiling.since + _HOUR
            hold(situation, notes, lambda _: later)
        elif self.warm_up is not None and self.warm_up.room is not None and self._seen + most > self.warm_up.room:
            tomorrow = self.warm_up.ends_at
            hold(situation, notes, lambda scheduled_at: _same_time(tomorrow, scheduled_at))
        else:
            return True
        return False

    def count(self, connection: Connection, mails: Mapping[int, HandOver]) -> None:
        """Count what leaves."""
        self._tally(mails)
        if self.warm_up is not None and mails:
            count_mails(connection, self.warm_up, len(mails))
        for domain, one in self.ceilings.items():
            if one.new:
                values = {"hour_at": one.since, "in_hour": one.counted + one.new}
                connection.execute(update(DESTINATION).where(_D.domain == domain).values(**values))

    def _tally(self, mails: Mapping[int, HandOver]) -> None:
        for mail in islice(mails.values(), self._seen, None):
            ceiling = self.ceilings.get(domain_of(mail.subscriber.address_normalised))
            if ceiling is not None:
                ceiling.new += 1
        self._seen = max(self._seen, len(mails))


def restraint_of(connection: Connection, situations: Collection[Situation], now: datetime) -> Restraint | None:
    """What holds back these subscribers, whose locks are held; None where nothing can.

    Ceilings and the warm-up are locked until the transaction ends, so that no two workers use the same room.
    """
    if not connection.execute(_IS_ANYTHING_HELD, {"now": now}).scalar():
        return None
    found = locked_warm_up(connection, now)
    domains = sorted({domain_of(one.subscriber.address_normalised) for one in situations})
    here = _D.domain.in_(domains)
    limited = connection.execute(
        select(DESTINATION).where(here & _D.per_hour.is_not(None)).order_by(_D.domain).with_for_update()
    ).mappings()
    ceilings = {row["domain"]: _ceiling(row["per_hour"], row["hour_at"], row["in_hour"], now) for row in limited}
    slow = select(_D.domain, _D.slow_until).where(here & (_D.slow_until > now)).order_by(_D.domain)
    slowed = {row.domain: row.slow_until for row in connection.execute(slow)}
    return Restraint(now=now, warm_up=found, slowed=slowed, ceilings=ceilings)


_PACED = (_D.slow_until > bindparam("now")) | _D.per_hour.is_not(None)
# Asked for each group, and writing the statement takes longer than running it.
_IS_ANYTHING_HELD = select(exists(select(WARM_UP.c.id)) | exists().where(_PACED))


def note_results(connection: Connection, results: Sequence[Result], now: datetime) -> None:
    """What came of hand-overs, whose subscribers are locked: room that was not used, and destinations that are slowed."""
    unbegun = [one.attempt_id for one in results if one.came not in STAYS_COUNTED and one.begun_at is None]
    if unbegun:
        give_room_back(connection, unbegun, now)
    slow_down(connection, results, now)


def _ceiling(per_hour: int, hour_at: datetime | None, in_hour: int, now: datetime) -> _Ceiling:
    is_over = hour_at is None or now >= hour_at + _HOUR
    return _Ceiling(per_hour, now if hour_at is None or is_over else hour_at, 0 if is_over else in_hour)


def _same_time(since: datetime, scheduled_at: datetime) -> datetime:
    """The first instant from `since` on at the time of day at which something was scheduled."""
    return since + (scheduled_at - since) % timedelta(days=1)
