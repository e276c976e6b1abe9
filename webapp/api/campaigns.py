"""Campaigns: writing them, what would become of them, and what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from preferences.decision import Outcome
from preferences.errors import FieldProblem, Invalid
from preferences.links import Kind
from preferences.look import EventCard
from preferences.store.campaign_values import CampaignValues, checked_campaign
from preferences.store.campaigns import campaign, campaigns, create_campaign, revise_campaign
from preferences.store.counts import counts
from preferences.store.deliveries import deliveries
from preferences.store.planning import forecast
from preferences.store.publications import publication
from preferences.store.schedules import planned_at
from preferences.store.tokens import TokenScope
from preferences.store.topics import topics
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, reads, writes
from webapp.api.compiling import check_content
from webapp.api.lists import number_after, page_answer
from webapp.api.schemas.campaigns import (
    CampaignChanges,
    CampaignDocument,
    CampaignList,
    DeliveriesPage,
    DeliveryList,
    EventDocument,
    ForecastDocument,
    NewCampaign,
    When,
)
from webapp.api.schemas.common import ById, Page, instant_or_none
from webapp.api.told.campaigns import DeliveriesTold, told_campaign, told_summary

# Terms and schedules further ahead are nobody's plans yet.
FURTHEST_FORECAST = timedelta(days=366)


@api.get("/campaigns", responses={200: CampaignList})
@reads()
def list_campaigns(call: Call, query: Page) -> Answer:
    """All campaigns, newest first."""
    before = number_after(call, query, Kind.CAMPAIGN)
    rows = campaigns(call.connection, call.publication_id, query.limit + 1, before)
    return page_answer(query, rows, lambda row: told_summary(call, row), lambda row: call.id(Kind.CAMPAIGN, row.id))


@api.post("/campaigns", responses={201: CampaignDocument})
@writes(TokenScope.WRITE)
def post_campaign(call: Call, body: NewCampaign) -> Answer:
    """Make a draft. What does not compile is refused with its lines."""
    written = {**dict(body), "topics": tuple(body.topics), "event": _card(body.event)}
    values = checked_campaign(CampaignValues(**written))
    check_content(call.connection, publication(call.connection, call.publication_id), values)
    number = create_campaign(call.connection, call.publication_id, values, call.by, call.now)
    return Answer(body=_told(call, number), status=201)


def _card(event: EventDocument | None) -> EventCard | None:
    return None if event is None else EventCard(**dict(event))


def _told(call: Call, number: int) -> dict[str, Any]:
    row = campaign(call.connection, call.publication_id, number)
    return told_campaign(call, row, counts(call.connection, number))


@api.get("/campaigns/<id>", responses={200: CampaignDocument})
@reads()
def show_campaign(call: Call, path: ById) -> Answer:
    """One campaign, with counts that add up to its audience."""
    return Answer(body=_told(call, call.number(Kind.CAMPAIGN, path.id)))


@api.patch("/campaigns/<id>", responses={200: CampaignDocument})
@writes(TokenScope.WRITE)
def patch_campaign(call: Call, path: ById, body: CampaignChanges) -> Answer:
    """Change a draft or a paused campaign; what was handed over stays as it was."""
    number = call.number(Kind.CAMPAIGN, path.id)
    revise_campaign(call.connection, call.publication_id, number, _changes(body), call.by, call.now)
    owner = publication(call.connection, call.publication_id)
    check_content(call.connection, owner, campaign(call.connection, call.publication_id, number).values)
    return Answer(body=_told(call, number))


_ALWAYS_THERE = ("name", "subject", "topics", "look", "priority")


def _changes(body: CampaignChanges) -> dict[str, Any]:
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    missing = [name for name in _ALWAYS_THERE if name in changes and changes[name] is None]
    if missing:
        raise Invalid(FieldProblem(field=name, message="must not be null") for name in missing)
    if "topics" in changes:
        changes["topics"] = tuple(changes["topics"])
    if "event" in changes:
        changes["event"] = _card(changes["event"])
    return {name: "" if value is None and name in _TEXTS else value for name, value in changes.items()}


_TEXTS = ("preheader", "title", "summary", "question")


@api.post("/campaigns/<id>/forecast", responses={200: ForecastDocument})
@reads()
def post_forecast(call: Call, path: ById, body: When) -> Answer:
    """What would become of it if it were scheduled so. Changes nothing."""
    number = call.number(Kind.CAMPAIGN, path.id)
    at = _planned_at(call, body)
    if at > call.now + FURTHEST_FORECAST:
        raise Invalid.one("at", f"must lie within {FURTHEST_FORECAST.days} days from now")
    spread = timedelta(minutes=body.spread_minutes)
    found = forecast(call.connection, call.publication_id, number, at, call.now, local_at=body.local, spread=spread)
    told = {
        "audience": found.audience,
        **{outcome.value: found.by_outcome[outcome] for outcome in Outcome},
        "by_reason": {reason.value: count for reason, count in found.by_reason.items()},
        "reach_by": [{"on": on.isoformat(), "count": count} for on, count in found.reach_by],
        "counts_on": [call.id(Kind.CAMPAIGN, one) for one in found.counts_on],
        "sent_from": instant_or_none(found.sent_from),
        "sent_until": instant_or_none(found.sent_until),
    }
    return Answer(body=told)


def _planned_at(call: Call, body: When) -> datetime:
    """When it would be planned; what is past is now, as it was before, for an instant only."""
    if body.local is not None:
        return planned_at(body.local, publication(call.connection, call.publication_id), call.now)
    return call.now if body.at is None or body.at == "now" else body.at


@api.get("/campaigns/<id>/deliveries", responses={200: DeliveryList})
@reads()
def list_deliveries(call: Call, path: ById, query: DeliveriesPage) -> Answer:
    """What became of it for each reader."""
    row = campaign(call.connection, call.publication_id, call.number(Kind.CAMPAIGN, path.id))
    known = {topic.id: topic for topic in topics(call.connection, call.publication_id)}
    rows = deliveries(
        call.connection,
        row.id,
        query.limit + 1,
        after=number_after(call, query, Kind.DELIVERY) or 0,
        state=query.state,
        reason=query.reason,
    )
    telling = DeliveriesTold(call, row, known)
    return page_answer(query, rows, telling.delivery, lambda one: call.id(Kind.DELIVERY, one.id))
