"""What would become of a campaign that is planned at an instant. It is the truth as far as it can be known, and
changes nothing: the same statement as planning, and for whom something else comes first a rehearsal in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, case, func, select

from preferences.calendar import as_instant, local_date, zone_named
from preferences.decision import Outcome, Reason
from preferences.spread import NO_SPREAD
from preferences.store.database import read_whole_tables
from preferences.store.planning.affected import IS_AFFECTED, affected
from preferences.store.planning.audience import Audience
from preferences.store.planning.moments import moments
from preferences.store.planning.question import Question, question_unlocked, still_to_plan
from preferences.store.planning.rehearsal import rehearse
from preferences.store.planning.rules import answers
from preferences.store.planning.statistics import know_tables
from preferences.store.tables import EXPECTATION, PUBLICATION

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How many would get a campaign, when, and why the others would not.

    `by_outcome` (every outcome) and `by_reason` (those that occur) each add up to `audience`. `reach_by` are local
    dates of the publication's zone in order, with how many are reached on each: those who are sent it, those who wait
    on the date at which they may get it first, and those with a digest on that of its next slot. `counts_on` are the
    numbers of the campaigns scheduled before whose mails were taken into account, in the order of their planning.
    Those who are sent it are sent it from `sent_from` to `sent_until`; both None where nobody is.
    """

    audience: int
    by_outcome: Mapping[Outcome, int]
    by_reason: Mapping[Reason, int]
    reach_by: tuple[tuple[date, int], ...]
    counts_on: tuple[int, ...]
    sent_from: datetime | None = None
    sent_until: datetime | None = None


# Outcome, reason, the instant at which it is reached where it is, and how many.
Tally = Counter[tuple[str, str, datetime | None]]


def forecast(
    connection: Connection,
    publication_id: int,
    campaign_id: int,
    at: datetime,
    now: datetime,
    *,
    local_at: datetime | None = None,
    spread: timedelta = NO_SPREAD,
) -> Forecast:
    """What becomes of a campaign that is planned at `at` (or `now`, if that is later), as everything stands at `now`.

    With a naive `local_at` each reader is reached at that time in their own zone; with a `spread` at an instant of
    their own within it. Until then every mail that may leave is taken to be accepted, and nobody to change their mind. Raises `NotFound`,
    and ValueError for a naive instant. A transaction that reads is enough: all tables it makes are temporary.
    """
    at = max(as_instant(at, "the instant of a forecast"), now)
    read_whole_tables(connection)
    found = question_unlocked(connection, publication_id, campaign_id)
    asked = replace(found, scheduled_at=at, local_at=local_at, spread=spread)
    others = [other for other in still_to_plan(connection, publication_id) if other.id != asked.id]
    last_at = max(at, asked.last_at)
    earlier = [other for other in others if other.scheduled_at is not None and other.scheduled_at < last_at]
    if not asked.topics:
        return _forecast(connection, asked, Counter(), ())
    know_tables(connection)
    audience = Audience(asked, connection.dialect.name)
    with moments(connection, asked, at), affected(connection, asked, earlier, last_at):
        tally = _planned(connection, audience)
        members = audience.members().where(IS_AFFECTED).order_by(EXPECTATION.c.subscriber_id)
        ids = connection.execute(members).scalars().all()
    counts_on: set[int] = set()
    for first in range(0, len(ids), _CHUNK):
        for answer in rehearse(connection, asked, others, ids[first : first + _CHUNK], now):
            tally[answer.outcome, answer.reason, answer.reached_at] += 1
            counts_on |= answer.counts_on
    return _forecast(connection, asked, tally, tuple(other.id for other in earlier if other.id in counts_on))


def _planned(connection: Connection, audience: Audience) -> Tally:
    """The answers for everybody to whom nothing happens before."""
    decided = answers(audience, only=~IS_AFFECTED).subquery().c
    reached_at = case(
        (decided.outcome == Outcome.SEND.value, decided.judged_at),
        (decided.outcome.in_((Outcome.WAIT.value, Outcome.DIGEST.value)), decided.opens_at),
    )
    columns = (decided.outcome, decided.reason, reached_at)
    rows = connection.execute(select(*columns, func.count()).group_by(*columns))
    return Counter({(outcome, reason, reached): count for outcome, reason, reached, count in rows})


def _forecast(connection: Connection, asked: Question, tally: Tally, counts_on: tuple[int, ...]) -> Forecast:
    zone_name: str = connection.execute(
        select(PUBLICATION.c.zone).where(PUBLICATION.c.id == asked.publication_id)
    ).scalar_one()
    zone = zone_named(zone_name)
    reached = _summed((local_date(zone, at), count) for (_, _, at), count in tally.items() if at is not None)
    sent = [at for outcome, _, at in tally if outcome == Outcome.SEND.value and at is not None]
    outcomes = _summed((Outcome(outcome), count) for (outcome, _, _), count in tally.items())
    return Forecast(
        audience=tally.total(),
        by_outcome={outcome: outcomes[outcome] for outcome in Outcome},
        by_reason=dict(_summed((Reason(reason), count) for (_, reason, _), count in tally.items())),
        reach_by=tuple(sorted(reached.items())),
        counts_on=counts_on,
        sent_from=min(sent, default=None),
        sent_until=max(sent, default=None),
    )


_Key = TypeVar("_Key")


def _summed(counts: Iterable[tuple[_Key, int]]) -> Counter[_Key]:
    total: Counter[_Key] = Counter()
    for key, number in counts:
        total[key] += number
    return total
