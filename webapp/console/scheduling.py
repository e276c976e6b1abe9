"""The forecast, in words first, and scheduling: what it says happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from werkzeug.wrappers import Response as Answer

from preferences.calendar import first_instant, local_date
from preferences.decision import Outcome
from preferences.delivery import CampaignStatus
from preferences.errors import Invalid
from preferences.spread import LONGEST_SPREAD
from preferences.store import schedules
from preferences.store.campaigns import CampaignRow
from webapp.api.compiling import check_ready
from webapp.console.campaigns import found
from webapp.console.desk import Desk, Pages, local_time
from webapp.console.forecasting import Start, Told, told
from webapp.console.lacking import lacks
from webapp.console.moments import Moment, best_of, nearby
from webapp.console.words import STATUSES, people, span_in_words
from webapp.forms import Filled, beside
from webapp.pages.words import when as when_in_words

HOWS = {"now": "Now", "at": "At a time", "local": "At each reader’s own time"}
_FURTHEST = timedelta(days=366)
_GRACE = timedelta(minutes=1)
ONE_MINUTE = timedelta(minutes=1)
_COMPARED_DAYS = 6
# Minutes.
_SPREADS = (15, 30, 60, 120, 240, 480, 1440)
_FIELDS = {"local": "at", "spread_minutes": "spread"}
_SCHEDULABLE = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.PAUSED)


def add_routes(pages: Pages) -> None:
    """Forecast and schedule."""
    pages.form("campaigns/<campaign_id>/schedule", "schedule", show, save)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """When a campaign is to go out: `at` is an instant or a naive local time; `start` is judged by the forecast."""

    how: str
    at: datetime
    start: Start
    in_words: str


def slot_of(desk: Desk, row: CampaignRow, filled: Filled) -> Slot:
    """The slot that was chosen for a campaign. Raises `Invalid`, also where it would be over before it begins."""
    slot = slot_in(desk, filled)
    expires_at = row.values.expires_at
    if expires_at is not None and expires_at <= slot.start.at + slot.start.spread:
        over = (
            f"it is not worth sending after {desk.when(expires_at)}, as it says: choose an earlier time, or change that"
        )
        raise Invalid.one("at" if slot.how != "now" else "how", over)
    return slot


def slot_in(desk: Desk, filled: Filled) -> Slot:
    """The slot that was chosen. Raises `Invalid` for what is no time, past, or too far ahead."""
    how, spread = filled.one("how", "now"), _spread_in(filled)
    over = f", spread over {span_in_words(int(filled.one('spread')))}" if spread else ""
    if how == "now":
        return Slot(how=how, at=desk.now, start=Start(at=desk.now, spread=spread), in_words=f"now{over}")
    if how not in HOWS:
        raise Invalid.one("how", "choose one of the three")
    local = local_time(filled.one("at"), "at")
    if local is None:
        raise Invalid.one("at", "say when")
    starts_at = first_instant(desk.zone, local.date(), local.time())
    if starts_at < desk.now - _GRACE:
        raise Invalid.one("at", f"this is past: it is {desk.when(desk.now)} in {desk.owner.zone}")
    if starts_at > desk.now + _FURTHEST:
        raise Invalid.one("at", f"must lie within {_FURTHEST.days} days from now")
    said = when_in_words(starts_at, desk.zone, desk.now, "en")
    if how == "local":
        start = Start(at=starts_at, local_at=local, spread=spread)
        return Slot(how=how, at=local, start=start, in_words=f"{said}, each reader’s own time{over}")
    start = Start(at=starts_at, spread=spread)
    return Slot(how=how, at=starts_at, start=start, in_words=f"{said} in {desk.owner.zone}{over}")


def _spread_in(filled: Filled) -> timedelta:
    """How long the send is to take. Raises `Invalid`."""
    text = filled.one("spread")
    minutes = filled.number("spread") if text else 0
    if minutes is None or minutes > LONGEST_SPREAD // ONE_MINUTE:
        raise Invalid.one("spread", "choose one of the list")
    return timedelta(minutes=minutes)


def show(desk: Desk, campaign_id: str) -> Answer:
    """The choice of a time, and the forecast for the one in the address; without one, for now."""
    row = found(desk, campaign_id)
    filled = desk.filled if desk.is_typed else desk.query
    slot: Slot | None = None
    if not desk.is_typed:
        try:
            slot = slot_of(desk, row, filled)
        except Invalid as error:
            desk = replace(desk, problems=beside(error.problems))
    seen = None if slot is None else told(desk, row, slot.start)
    wants_all = filled.one("compare") == "yes"
    moments = [] if slot is None or seen is None else _moments(desk, row, slot, seen, wants_all=wants_all)
    return desk.page(
        "schedule.html",
        campaign=row,
        campaign_id=campaign_id,
        filled=filled if desk.is_typed else _usual(desk, filled),
        hows=HOWS,
        slot=slot,
        spreads=[("", "All at once"), *((str(one), f"Over {span_in_words(one)}") for one in _SPREADS)],
        told=seen,
        lacks=lacks(desk, row),
        best=best_of(moments) if moments else None,
        moments=moments if wants_all else [],
        people=people,
        statuses=STATUSES,
        can_be_scheduled=row.planned_at is None and row.status in _SCHEDULABLE,
    )


def _moments(desk: Desk, row: CampaignRow, slot: Slot, seen: Told, *, wants_all: bool) -> list[Moment]:
    """Other moments, where somebody asks for all or something holds readers back that may not hold them then.

    A spread send is forecast turn by turn, which takes several times as long: others only where they are asked for.
    """
    if wants_all:
        return nearby(desk, row, slot.start, _COMPARED_DAYS)
    if slot.start.spread:
        return []
    return nearby(desk, row, slot.start) if seen.forecast.by_outcome[Outcome.WAIT] else []


def _usual(desk: Desk, filled: Filled) -> Filled:
    """What was chosen; where no time was, tomorrow at nine stands ready."""
    tomorrow = local_date(desk.zone, desk.now) + timedelta(days=1)
    at = filled.one("at") or f"{tomorrow.isoformat()}T09:00"
    return Filled([("how", filled.one("how", "now")), ("at", at), ("spread", filled.one("spread"))])


def save(desk: Desk, campaign_id: str) -> Answer:
    """Schedule it."""
    row = found(desk, campaign_id)
    schedules.may_be_scheduled(desk.connection, desk.owner, row)
    slot = slot_of(desk, row, desk.filled)
    check_ready(desk.connection, desk.owner, row.values)
    try:
        spread = slot.start.spread
        schedules.schedule(desk.connection, desk.owner.id, row.id, slot.at, desk.by, desk.now, spread=spread)
    except Invalid as error:
        renamed = (replace(one, field=_FIELDS.get(one.field, one.field)) for one in error.problems)
        raise Invalid(renamed) from error
    return desk.see(f"campaigns/{campaign_id}")
