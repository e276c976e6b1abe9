"""The forecast, in words first, and scheduling: what it says happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from werkzeug.wrappers import Response as Answer

from preferences.calendar import first_instant, local_date
from preferences.decision import Outcome, Reason
from preferences.errors import Invalid
from preferences.links import Kind
from preferences.store import schedules
from preferences.store.campaigns import CampaignRow, campaign
from preferences.store.planning import forecast
from preferences.store.planning.forecast import Forecast
from webapp.api.compiling import check_content
from webapp.console.campaigns import found
from webapp.console.desk import Desk, Pages, local_time
from webapp.console.words import REASONS, people
from webapp.forms import Filled, beside
from webapp.pages.words import when as when_in_words

HOWS = {"now": "Now", "at": "At a time", "local": "At each reader’s own time"}
_FURTHEST = timedelta(days=366)
_GRACE = timedelta(minutes=1)
_WEEK = timedelta(days=7)
_COMPARED_DAYS = 6


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
    """The choice of a time, and the forecast for the one in the address."""
    row = found(desk, campaign_id)
    filled = desk.filled if desk.is_typed else desk.query
    slot: Slot | None = None
    if not desk.is_typed and filled.one("how"):
        try:
            slot = slot_in(desk, filled)
        except Invalid as error:
            desk = replace(desk, problems=beside(error.problems))
    seen = None if slot is None else forecast(desk.connection, desk.owner.id, row.id, slot.starts_at, desk.now)
    return desk.page(
        "schedule.html",
        campaign=row,
        campaign_id=campaign_id,
        filled=filled if desk.is_typed else _usual(desk, filled),
        hows=HOWS,
        slot=slot,
        forecast=seen,
        said=None if slot is None or seen is None else in_words(desk, slot, seen),
        whys=() if seen is None else _whys(seen),
        counts_on=() if seen is None else _named(desk, seen.counts_on),
        compared=_compared(desk, row, slot) if slot is not None and filled.one("compare") == "yes" else None,
        people=people,
        outcomes=Outcome,
    )


def _usual(desk: Desk, filled: Filled) -> Filled:
    """What was chosen; where no time was, tomorrow at nine stands ready."""
    tomorrow = local_date(desk.zone, desk.now) + timedelta(days=1)
    at = filled.one("at") or f"{tomorrow.isoformat()}T09:00"
    return Filled([("how", filled.one("how", "now")), ("at", at)])


def in_words(desk: Desk, slot: Slot, seen: Forecast) -> list[str]:
    """The forecast as sentences, the most important first."""
    if not seen.audience:
        return ["Nobody expects one of its topics yet, so nobody would get it."]
    moment = "now" if slot.how == "now" else "then"
    week_ends = local_date(desk.zone, slot.starts_at) + _WEEK
    within = sum(count for on, count in seen.reach_by if on < week_ends)
    at_once = seen.by_outcome[Outcome.SEND]
    said = [f"{people(at_once)} of {seen.audience:,} {'gets' if at_once == 1 else 'get'} it {moment}."]
    said.append(f"It reaches {people(within)} within a week.")
    for outcome, (one, several) in _LATER.items():
        count = seen.by_outcome[outcome]
        if count:
            said.append(f"{people(count)} {one if count == 1 else several}.")
    return said


_ALONG = "for what was asked for: it comes along in another mail, or on a day of their own"
_LATER = {
    Outcome.WAIT: (f"waits {_ALONG}", f"wait {_ALONG}"),
    Outcome.DIGEST: ("finds it in a digest", "find it in their digests"),
    Outcome.WEB: ("reads it on the web, as asked", "read it on the web, as they asked"),
    Outcome.NOT_SENT: ("does not get it", "do not get it"),
}


def _whys(seen: Forecast) -> list[tuple[str, int]]:
    """Whose promise binds: for how many of them what stands against it now, most first."""
    counted = [(REASONS[why], count) for why, count in seen.by_reason.items() if why is not Reason.EXPECTED]
    return sorted(counted, key=lambda one: (-one[1], one[0]))


def _named(desk: Desk, numbers: tuple[int, ...]) -> list[tuple[str, str]]:
    """The campaigns of these numbers: id and name."""
    rows = [campaign(desk.connection, desk.owner.id, number) for number in numbers]
    return [(desk.id(Kind.CAMPAIGN, row.id), row.values.name) for row in rows]


def _compared(desk: Desk, row: CampaignRow, slot: Slot) -> list[Mapping[str, object]]:
    """The same hour on the days after, and how many it would reach at once and within a week from the first."""
    slots: list[Mapping[str, object]] = []
    start = slot.starts_at.astimezone(desk.zone)
    week_ends = start.date() + _WEEK
    for days in range(_COMPARED_DAYS + 1):
        at = first_instant(desk.zone, start.date() + timedelta(days=days), start.time().replace(tzinfo=None))
        seen = forecast(desk.connection, desk.owner.id, row.id, at, desk.now)
        within = sum(count for on, count in seen.reach_by if on < week_ends)
        slots.append({"at": at, "send": seen.by_outcome[Outcome.SEND], "within": within})
    return slots


def save(desk: Desk, campaign_id: str) -> Answer:
    """Schedule it."""
    row = found(desk, campaign_id)
    slot = slot_in(desk, desk.filled)
    schedules.may_be_scheduled(desk.connection, desk.owner, row)
    check_content(desk.owner, row.values)
    try:
        schedules.schedule(desk.connection, desk.owner.id, row.id, slot.at, desk.by, desk.now)
    except Invalid as error:
        renamed = (replace(one, field="at" if one.field == "local" else one.field) for one in error.problems)
        raise Invalid(renamed) from error
    return desk.see(f"campaigns/{campaign_id}")
