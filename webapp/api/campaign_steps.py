"""What a person asks of a campaign: schedule, pause, resume, end. Each needs a token that may send."""

from __future__ import annotations

from datetime import timedelta

from preferences.links import Kind
from preferences.store import schedules
from preferences.store.campaigns import CampaignRow, campaign
from preferences.store.counts import counts
from preferences.store.publications import publication
from preferences.store.tokens import TokenScope
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, writes
from webapp.api.compiling import check_ready
from webapp.api.schemas.campaigns import CampaignDocument, When
from webapp.api.schemas.common import ById
from webapp.api.told.campaigns import told_campaign


@api.post("/campaigns/<id>/schedule", responses={200: CampaignDocument})
@writes(TokenScope.SEND)
def schedule_campaign(call: Call, path: ById, body: When) -> Answer:
    """Schedule it for an instant, for now, or for a local time, each reader's own; at once, or spread from there on."""
    number = call.number(Kind.CAMPAIGN, path.id)
    found = campaign(call.connection, call.publication_id, number)
    owner = publication(call.connection, call.publication_id)
    schedules.may_be_scheduled(call.connection, owner, found)
    check_ready(call.connection, owner, found.values)
    at = body.local or (call.now if body.at is None or body.at == "now" else body.at)
    spread = timedelta(minutes=body.spread_minutes)
    row = schedules.schedule(call.connection, call.publication_id, number, at, call.by, call.now, spread=spread)
    return _told(call, row)


@api.post("/campaigns/<id>/pause", responses={200: CampaignDocument})
@writes(TokenScope.SEND)
def pause_campaign(call: Call, path: ById) -> Answer:
    """Hold back what has not begun to be handed over."""
    number = call.number(Kind.CAMPAIGN, path.id)
    return _told(call, schedules.pause(call.connection, call.publication_id, number, call.by, call.now))


@api.post("/campaigns/<id>/resume", responses={200: CampaignDocument})
@writes(TokenScope.SEND)
def resume_campaign(call: Call, path: ById) -> Answer:
    """Let a paused campaign go on."""
    number = call.number(Kind.CAMPAIGN, path.id)
    return _told(call, schedules.resume(call.connection, call.publication_id, number, call.by, call.now))


@api.post("/campaigns/<id>/end", responses={200: CampaignDocument})
@writes(TokenScope.SEND)
def end_campaign(call: Call, path: ById) -> Answer:
    """End it for good: what has not begun to be handed over is not sent."""
    number = call.number(Kind.CAMPAIGN, path.id)
    return _told(call, schedules.end(call.connection, call.publication_id, number, call.by, call.now))


def _told(call: Call, row: CampaignRow) -> Answer:
    call.afterwards.append(call.site.wake)
    return Answer(body=told_campaign(call, row, counts(call.connection, row.id)))
