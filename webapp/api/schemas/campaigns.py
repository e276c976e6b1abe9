"""Campaigns: what a marketer writes, how one stands, and what became of it for each reader."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from preferences.calendar import FIRST_YEAR, LAST_YEAR
from preferences.decision import Reason
from preferences.delivery import CampaignStatus, State
from preferences.look import Look
from preferences.spread import LONGEST_SPREAD
from webapp.api.schemas.common import Asked, Instant, Page, Scalar, Told, ToldInstant, instant
from webapp.api.schemas.decisions import DecisionDocument

Segment = dict[str, Scalar]
LONGEST_SPREAD_MINUTES = LONGEST_SPREAD // timedelta(minutes=1)


class EventDocument(Asked):
    """What stands in the card of an event, in the author's words; a button has words and a link, or there is none."""

    date: str
    time: str = ""
    place: str = ""
    button: str = ""
    url: str = ""


class NewCampaign(Asked):
    """A draft: exactly one of `mjml` and `markdown`; topics in order; `segment` names fields a subscriber must have.

    `look` is how Markdown is set; MJML has its own. The look of an event shows `event` before the text.
    `question` is what its readers are asked under it, in plain words; empty asks nothing.
    """

    name: str
    subject: str
    preheader: str = ""
    title: str = ""
    summary: str = ""
    topics: list[str]
    mjml: str | None = None
    markdown: str | None = None
    text: str | None = None
    look: Annotated[Look, Field(strict=False)] = Look.LETTER
    event: EventDocument | None = None
    question: str = ""
    sender: str | None = None
    reply_to: str | None = None
    expires_at: Instant | None = None
    priority: int = 0
    segment: Segment | None = None


class CampaignChanges(Asked):
    """What changes, of a draft or a paused campaign; other content is a new revision, for all still to come."""

    name: str | None = None
    subject: str | None = None
    preheader: str | None = None
    title: str | None = None
    summary: str | None = None
    topics: list[str] | None = None
    mjml: str | None = None
    markdown: str | None = None
    text: str | None = None
    look: Annotated[Look, Field(strict=False)] | None = None
    event: EventDocument | None = None
    question: str | None = None
    sender: str | None = None
    reply_to: str | None = None
    expires_at: Instant | None = None
    priority: int | None = None
    segment: Segment | None = None


class CampaignSummary(Told):
    """A campaign in a list."""

    id: str
    name: str
    subject: str
    title: str
    summary: str
    topics: list[str]
    status: CampaignStatus
    scheduled_at: ToldInstant | None
    local: str | None
    spread_minutes: int
    audience: int | None
    held_because: str | None
    created_at: ToldInstant
    finished_at: ToldInstant | None


class CampaignList(Told):
    """Campaigns, newest first."""

    items: list[CampaignSummary]
    next: str | None


class WaitingDocument(Told):
    """How many wait, for what, and until when at the latest."""

    count: int
    by_reason: dict[str, int]
    until: ToldInstant | None


class LeftDocument(Told):
    """Who left over it, by cause; `accepted` is the denominator."""

    by_cause: dict[str, int]
    unstated: int
    accepted: int


class CampaignDocument(CampaignSummary):
    """A campaign with its content and its counts, which add up to the audience."""

    preheader: str
    mjml: str | None
    markdown: str | None
    text: str | None
    look: Look
    event: EventDocument | None
    question: str
    sender: str | None
    reply_to: str | None
    expires_at: ToldInstant | None
    priority: int
    segment: Segment | None
    revision: int
    planned_at: ToldInstant | None
    outcomes: dict[State, int]
    by_reason: dict[Reason, int]
    waiting: WaitingDocument
    unsubscribes: LeftDocument


def _now_or_instant(value: Any) -> datetime | Literal["now"]:
    return "now" if value == "now" else instant(value)


_LOCAL = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$", re.ASCII)


def _local(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and _LOCAL.match(value) else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR < found.year < LAST_YEAR:
        raise ValueError("must be a local time without an offset, such as 2027-03-01T09:00")
    return found


At = Annotated[
    datetime | Literal["now"],
    BeforeValidator(_now_or_instant),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"const": "now"}]}),
]
Local = Annotated[
    datetime, BeforeValidator(_local), WithJsonSchema({"type": "string", "examples": ["2027-03-01T09:00"]})
]


class When(Asked):
    """An instant or "now"; or a local time, each reader's own. Over `spread_minutes` each reader has an own turn."""

    at: At | None = None
    local: Local | None = None
    spread_minutes: Annotated[int, Field(ge=0, le=LONGEST_SPREAD_MINUTES)] = 0

    @model_validator(mode="after")
    def _one_of_them(self) -> When:
        if (self.at is None) == (self.local is None):
            raise ValueError("give either at or local")
        return self


class ReachDocument(Told):
    """How many have it by the end of a date of the publication's zone."""

    on: str
    count: int


class ForecastDocument(Told):
    """What would become of a campaign that is planned then; nothing is changed."""

    audience: int
    send: int
    wait: int
    digest: int
    web: int
    not_sent: int
    by_reason: dict[str, int]
    reach_by: list[ReachDocument]
    counts_on: list[str] = Field(description="Campaigns that are scheduled before, and are counted on")
    sent_from: ToldInstant | None = Field(description="When the first of those who are sent it are sent it")
    sent_until: ToldInstant | None = Field(
        description="When the last of them are; later than the first where it is spread"
    )


class DeliveriesPage(Page):
    """Which deliveries: of one state, for one reason, or all."""

    state: Annotated[State, Field(strict=False)] | None = None
    reason: Annotated[Reason, Field(strict=False)] | None = None


class ReplyDocument(Told):
    """What the next server said."""

    code: int | None
    text: str | None


class DeliveryDocument(Told):
    """One delivery. `carrier` is the delivery whose mail it travels in.

    `next_try_at` is when what is *deferred* is decided and tried again; `expires_at` until when it is worth sending.
    """

    id: str
    subscriber: str
    state: State
    decision: DecisionDocument | None
    carrier: str | None
    handed_over_at: ToldInstant | None
    reply: ReplyDocument | None
    message_id: str | None
    revision: int
    next_try_at: ToldInstant | None
    expires_at: ToldInstant | None


class DeliveryList(Told):
    """Deliveries, in the order in which they were planned."""

    items: list[DeliveryDocument]
    next: str | None
