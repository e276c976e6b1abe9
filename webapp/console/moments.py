"""Other moments for a campaign: the days after, and which of them reaches most readers at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from preferences.calendar import first_instant
from preferences.decision import Outcome
from preferences.store.campaigns import CampaignRow
from preferences.store.planning import planned_instants
from webapp.console.desk import Desk
from webapp.console.forecasting import WEEK, Start, forecast_of, outlook_of, planned_for
from webapp.pages.words import when as when_in_words

# How many of the next days are looked at for a better moment by itself; forecasting takes its time.
_DAYS_NEARBY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Another moment for it: how many would get it then at once. `typed` is it as a field for a time holds it."""

    at: datetime
    typed: str
    in_words: str
    at_once: int
    within: int


def nearby(desk: Desk, row: CampaignRow, start: Start, days: int = _DAYS_NEARBY) -> list[Moment]:
    """The moment itself and the same hour on the days after; for right now, nine o'clock on the days after."""
    local = start.local_at or start.at.astimezone(desk.zone).replace(tzinfo=None)
    is_now = start.at <= desk.now and start.local_at is None
    hour = time(9) if is_now else local.time()
    moments = [_moment(desk, row, start, local.date())]
    for later in range(1, days + 1):
        on = local.date() + timedelta(days=later)
        at = first_instant(desk.zone, on, hour)
        local_at = None if start.local_at is None else datetime.combine(on, hour)
        moments.append(_moment(desk, row, replace(start, at=at, local_at=local_at), local.date()))
    return moments


def _moment(desk: Desk, row: CampaignRow, start: Start, week_from: date) -> Moment:
    at = start.at
    seen = forecast_of(desk, row, start)
    within = sum(count for on, count in seen.reach_by if on <= week_from + WEEK)
    said = "now" if at <= desk.now else when_in_words(at, desk.zone, desk.now, "en")
    at_once = seen.by_outcome[Outcome.SEND]
    # Planning does not see what leaves at the very same instant; who gets which of the two, only playing it tells.
    is_met = planned_for(desk, start) in planned_instants(desk.connection, desk.owner.id, row.id)
    ahead = outlook_of(desk, row, start) if is_met else None
    typed = desk.input_time(at) if start.local_at is None else f"{start.local_at:%Y-%m-%dT%H:%M}"
    counted = at_once if ahead is None else ahead.at_once
    return Moment(at=at, typed=typed, in_words=said, at_once=counted, within=within)


def best_of(moments: list[Moment]) -> Moment | None:
    """The moment with the most readers at once, where that is another than the first; of several the earliest."""
    best = max(moments, key=lambda one: (one.at_once, -one.at.timestamp()))
    return best if best.at_once > moments[0].at_once else None
