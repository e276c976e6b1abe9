"""Writing a campaign: a form that keeps every word, and says what cannot be sent with the line it stands in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response as Answer

from preferences.delivery import CampaignStatus
from preferences.errors import FieldProblem, Invalid, Stale
from preferences.links import Kind
from preferences.look import EventCard, Look
from preferences.store.campaign_values import CampaignValues, checked_campaign
from preferences.store.campaigns import CHANGEABLE, CampaignRow, campaign, create_campaign, revise_campaign
from preferences.store.field_names import field_names
from preferences.store.topics import TopicRow, topics
from webapp.api.compiling import check_content
from webapp.console.campaigns import found
from webapp.console.desk import Desk, Pages, instant_typed
from webapp.forms import Filled

_FORMATS = ("markdown", "mjml")
_CARD = tuple(EventCard.__dataclass_fields__)
_LINES = ("name", "subject", "preheader", "title", "summary", "question", "sender", "reply_to")


def add_routes(pages: Pages) -> None:
    """A new campaign, and changing one."""
    pages.form("campaigns/new", "new_campaign", show_new, create)
    pages.form("campaigns/<campaign_id>/edit", "edit_campaign", show_edit, revise)


def _seen(row: CampaignRow) -> str:
    """What stands in a campaign, as short as a form can carry it: who changed anything of it has changed this."""
    return hashlib.sha256(repr(row.values).encode()).hexdigest()[:16]


def show_new(desk: Desk) -> Answer:
    """An empty form; with one topic, it is chosen."""
    there = topics(desk.connection, desk.owner.id)
    first = [(f"order-{there[0].slug}", "1")] if len(there) == 1 else []
    filled = desk.filled if desk.is_typed else Filled([("format", "markdown"), ("priority", "0"), *first])
    return _form(desk, there, filled)


def _form(
    desk: Desk, there: list[TopicRow], filled: Filled, row: CampaignRow | None = None, campaign_id: str = ""
) -> Answer:
    seen = "" if row is None else _seen(row)
    return desk.page(
        "writing.html",
        topics=there,
        filled=filled,
        campaign=row,
        campaign_id=campaign_id,
        seen=seen,
        field_names=field_names(desk.connection, desk.owner.id),
    )


def create(desk: Desk) -> Answer:
    """Make a draft of it."""
    values = checked_campaign(CampaignValues(**_values(desk)))
    _check_expiry(desk, values.expires_at, None)
    check_content(desk.connection, desk.owner, values)
    number = create_campaign(desk.connection, desk.owner.id, values, desk.by, desk.now)
    return desk.see(f"campaigns/{desk.id(Kind.CAMPAIGN, number)}/preview")


def _check_expiry(desk: Desk, expires_at: datetime | None, scheduled_at: datetime | None) -> None:
    """Refuse a campaign that would be over before it begins."""
    if expires_at is None:
        return
    if expires_at <= desk.now:
        raise Invalid.one("expires_at", f"this is past: it is {desk.when(desk.now)} in {desk.owner.zone}")
    if scheduled_at is not None and expires_at <= scheduled_at:
        raise Invalid.one("expires_at", f"it is scheduled for {desk.when(scheduled_at)}: say a later time, or none")


def _values(desk: Desk) -> dict[str, Any]:
    """What the form says. Raises `Invalid` with the form's fields."""
    filled = desk.filled
    problems: list[FieldProblem] = []
    values: dict[str, Any] = {name: filled.one(name) for name in _LINES}
    values["sender"], values["reply_to"] = filled.one("sender") or None, filled.one("reply_to") or None
    values["text"] = filled.one("text") or None
    chosen = filled.one("format", "markdown")
    if chosen not in _FORMATS:
        raise Invalid.one("format", "must be markdown or mjml")
    values |= {name: filled.one("source") if name == chosen else None for name in _FORMATS}
    values["look"], values["event"] = _look(filled), _card(filled)
    if not filled.one("source"):
        problems.append(FieldProblem(field="source", message="write what readers will read"))
    for name, read in (("topics", _topics_in), ("expires_at", _expires_at), ("priority", _priority)):
        try:
            values[name] = read(desk)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)
    return values


def _topics_in(desk: Desk) -> tuple[str, ...]:
    """The topics that have a place, in the order of their places."""
    placed = []
    for topic in topics(desk.connection, desk.owner.id):
        text = desk.filled.one(f"order-{topic.slug}")
        place = desk.filled.number(f"order-{topic.slug}")
        if text and place is None:
            raise Invalid.one("topics", f"the place of {topic.name} must be a whole number, or empty")
        if place is not None:
            placed.append((place, topic.slug))
    if not placed:
        raise Invalid.one("topics", "give at least one topic a place, such as 1")
    return tuple(slug for _, slug in sorted(placed))


def _look(filled: Filled) -> Look:
    try:
        return Look(filled.one("look", Look.LETTER.value))
    except ValueError as error:
        raise Invalid.one("look", "must be letter or event") from error


def _card(filled: Filled) -> EventCard | None:
    """What was typed about an event; it is kept for a letter, too, in case it is to be an event again."""
    typed = {name: filled.one(f"event.{name}") for name in _CARD}
    return EventCard(**typed) if any(typed.values()) else None


def _expires_at(desk: Desk) -> datetime | None:
    return instant_typed(desk, "expires_at")


def _priority(desk: Desk) -> int:
    text = desk.filled.one("priority") or "0"
    if not text.removeprefix("-").isdecimal() or len(text) > 4:
        raise Invalid.one("priority", "must be a whole number from -100 to 100; 0 is usual")
    return int(text)


def show_edit(desk: Desk, campaign_id: str) -> Answer:
    """The form with what stands in the campaign, or with what was typed."""
    row = found(desk, campaign_id)
    if row.status not in CHANGEABLE and not desk.is_typed:
        return desk.see(f"campaigns/{campaign_id}")
    filled = desk.filled if desk.is_typed else Filled(_pairs(desk, row))
    return _form(desk, topics(desk.connection, desk.owner.id), filled, row, campaign_id)


def _pairs(desk: Desk, row: CampaignRow) -> Iterable[tuple[str, str]]:
    values = row.values
    for name in (*_LINES, "text"):
        yield name, getattr(values, name) or ""
    yield "format", "mjml" if values.mjml is not None else "markdown"
    yield "source", values.mjml or values.markdown or ""
    yield "look", values.look.value
    if values.event is not None:
        yield from ((f"event.{name}", getattr(values.event, name)) for name in _CARD)
    yield from ((f"order-{slug}", str(place)) for place, slug in enumerate(values.topics, start=1))
    yield "expires_at", desk.input_time(values.expires_at)
    yield "priority", str(values.priority)


def revise(desk: Desk, campaign_id: str) -> Answer:
    """Save it; what was handed over before stays as it was."""
    row = found(desk, campaign_id)
    if desk.filled.number("revision") != row.revision or desk.filled.one("seen", _seen(row)) != _seen(row):
        raise Stale(
            "somebody has changed this campaign since you opened it. What you wrote stands below, unsaved:"
            " compare it with what stands there now, or save again to put yours in its place"
        )
    changes = _values(desk)
    if desk.filled.one("expires_at") == desk.input_time(row.values.expires_at):
        del changes["expires_at"]
    _check_expiry(desk, changes.get("expires_at"), row.scheduled_at if row.planned_at is None else None)
    revise_campaign(desk.connection, desk.owner.id, row.id, changes, desk.by, desk.now)
    check_content(desk.connection, desk.owner, campaign(desk.connection, desk.owner.id, row.id).values)
    paused = row.status is CampaignStatus.PAUSED
    return desk.see(f"campaigns/{campaign_id}" + ("" if paused else "/preview"))
