"""The forecast, in words first, and scheduling: what it says happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from werkzeug.wrappers import Response as Answer

from preferences.calendar import first_instant, local_date
from preferences.decision import Outcome
from preferences.delivery import CampaignStatus
from preferences.errors import Invalid
from preferences.store import schedules
from preferences.store.campaigns import CampaignRow
from webapp.api.compiling import check_ready
from webapp.console.campaigns import found
from webapp.console.desk import Desk, Pages, local_time
from webapp.console.forecasting import Moment, Told, best_of, nearby, told
from webapp.console.lacking import lacks
from webapp.console.words import STATUSES, people
from webapp.forms import Filled, beside
from webapp.pages.words import when as when_in_words

HOWS = {"now": "Now", "at": "At a time", "local": "At each reader’s own time"}
_FURTHEST = timedelta(days=366)
_GRACE = timedelta(minutes=1)
_COMPARED_DAYS = 6
_SCHEDULABLE = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.PAUSED)


def add_routes(pages: Pages) -> None:
    """Forecast and schedule."""
    pages.form("campaigns/<campaign_id>/schedule", "schedule", show, save)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """When a campaign is to go out: `at` is an instant or a naive local time; `starts_at` is judged by the forecast."""

    how: str
    at: datetime
    starts_at: datetime
    in_words: str


def slot_of(desk: Desk, row: CampaignRow, filled: Filled) -> Slot:
    """The slot that was chosen for a campaign. Raises `Invalid`, also where it would be over before it begins."""
    slot = slot_in(desk, filled)
    expires_at = row.values.expires_at
    if expires_at is not None and expires_at <= slot.starts_at:
        over = (
            f"it is not worth sending after {desk.when(expires_at)}, as it says: choose an earlier time, or change that"
        )
        raise Invalid.one("at" if slot.how != "now" else "how", over)
    return slot


def slot_in(desk: Desk, filled: Filled) -> Slot:
    """The slot that was chosen. Raises `Invalid` for what is no time, past, or too far ahead."""
    how = filled.one("how", "now")
    if how == "now":
        return Slot(how=how, at=desk.now, starts_at=desk.now, in_words="now")
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
        return Slot(how=how, at=local, starts_at=starts_at, in_words=f"{said}, each reader’s own time")
    return Slot(how=how, at=starts_at, starts_at=starts_at, in_words=f"{said} in {desk.owner.zone}")


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
    seen = None if slot is None else told(desk, row, slot.starts_at)
    wants_all = filled.one("compare") == "yes"
    moments = [] if slot is None or seen is None else _moments(desk, row, slot, seen, wants_all=wants_all)
    return desk.page(
        "schedule.html",
        campaign=row,
        campaign_id=campaign_id,
        filled=filled if desk.is_typed else _usual(desk, filled),
        hows=HOWS,
        slot=slot,
        told=seen,
        lacks=lacks(desk, row),
        best=best_of(moments) if moments else None,
        moments=moments if wants_all else [],
        people=people,
        statuses=STATUSES,
        can_be_scheduled=row.planned_at is None and row.status in _SCHEDULABLE,
    )


def _moments(desk: Desk, row: CampaignRow, slot: Slot, seen: Told, *, wants_all: bool) -> list[Moment]:
    """Other moments, where somebody asks for all or something holds readers back that may not hold them then."""
    if wants_all:
        return nearby(desk, row, slot.starts_at, _COMPARED_DAYS)
    return nearby(desk, row, slot.starts_at) if seen.forecast.by_outcome[Outcome.WAIT] else []


def _usual(desk: Desk, filled: Filled) -> Filled:
    """What was chosen; where no time was, tomorrow at nine stands ready."""
    tomorrow = local_date(desk.zone, desk.now) + timedelta(days=1)
    at = filled.one("at") or f"{tomorrow.isoformat()}T09:00"
    return Filled([("how", filled.one("how", "now")), ("at", at)])


def save(desk: Desk, campaign_id: str) -> Answer:
    """Schedule it."""
    row = found(desk, campaign_id)
    schedules.may_be_scheduled(desk.connection, desk.owner, row)
    slot = slot_of(desk, row, desk.filled)
    check_ready(desk.connection, desk.owner, row.values)
    try:
        schedules.schedule(desk.connection, desk.owner.id, row.id, slot.at, desk.by, desk.now)
    except Invalid as error:
        renamed = (replace(one, field="at" if one.field == "local" else one.field) for one in error.problems)
        raise Invalid(renamed) from error
    return desk.see(f"campaigns/{campaign_id}")
