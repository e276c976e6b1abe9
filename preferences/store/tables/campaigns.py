"""Campaigns, their content as versions, and one delivery for each member of the audience."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from preferences.campaign import ExpiryBasis
from preferences.decision import Reason
from preferences.delivery import CampaignStatus, State
from preferences.expectation import DIGESTS
from preferences.look import Look
from preferences.store.columns import Key, derived, key, number, of_publication, one_of, refers


class Campaign(SQLModel, table=True):
    """One message a marketer wants to send. `local_at` is a naive local time, for each reader's own zone; over
    `spread_minutes` its readers are spread."""

    __tablename__ = "campaign"
    __table_args__ = (
        of_publication("campaign"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_campaign_publication"),
        Index("ix_campaign_status", "publication_id", "status", "scheduled_at"),
        one_of("campaign", "status", CampaignStatus),
    )

    id: int | None = key()
    publication_id: int = number()
    name: str
    status: str = CampaignStatus.DRAFT.value
    priority: int = 0
    scheduled_at: datetime | None = None
    local_at: str | None = None
    spread_minutes: int | None = None
    expires_at: datetime | None = None
    segment: str | None = Field(default=None, sa_type=Text)
    sender: str | None = None
    reply_to: str | None = None
    revision: int = 1
    audience: int | None = None
    planned_at: datetime | None = None
    finished_at: datetime | None = None
    held_because: str | None = None
    created_at: datetime


class CampaignTopic(SQLModel, table=True):
    """The topics of a campaign, in its own order."""

    __tablename__ = "campaign_topic"
    __table_args__ = (
        refers("campaign_topic", "campaign_id", "campaign"),
        refers("campaign_topic", "topic_id", "topic"),
        UniqueConstraint("campaign_id", "position", name="uq_campaign_topic_position"),
        Index("ix_campaign_topic_topic", "topic_id"),
    )

    campaign_id: int = Field(primary_key=True, sa_type=Key)
    topic_id: int = Field(primary_key=True, sa_type=Key)
    publication_id: int = number()
    position: int


class CampaignContent(SQLModel, table=True):
    """One revision of a campaign's content; never edited. `event` is what stands in the card of an event, as JSON.

    `question` is what its readers are asked under it.
    """

    __tablename__ = "campaign_content"
    __table_args__ = (
        of_publication("campaign_content"),
        refers("campaign_content", "campaign_id", "campaign"),
        UniqueConstraint("campaign_id", "revision", name="uq_campaign_content_revision"),
        CheckConstraint("(mjml IS NULL) <> (markdown IS NULL)", name="ck_campaign_content_source"),
        one_of("campaign_content", "look", Look),
    )

    id: int | None = key()
    publication_id: int = number()
    campaign_id: int = number()
    revision: int
    subject: str
    preheader: str = ""
    title: str = ""
    summary: str = Field(default="", sa_type=Text)
    mjml: str | None = Field(default=None, sa_type=Text)
    markdown: str | None = Field(default=None, sa_type=Text)
    text: str | None = Field(default=None, sa_type=Text)
    look: str = Look.LETTER.value
    event: str | None = Field(default=None, sa_type=Text)
    question: str = Field(default="", sa_type=Text)
    made_by: str
    recorded_at: datetime


_RHYTHMS = ", ".join(f"'{rhythm.value}'" for rhythm in sorted(DIGESTS))
_OPEN_STATES = "state IN ('waiting', 'digest_to_come', 'deferred', 'handing_over', 'due')"
_IS_DIGEST, _WAKES = text("rhythm IS NOT NULL"), text("wakes_at IS NOT NULL")


class Delivery(SQLModel, table=True):
    """One campaign for one subscriber, unique for ever; or one digest for one subscriber and slot, unique.

    `wakes_at` is when to look at it again; `carrier_id` the delivery it travels in, `has_waited` whether a cap or a
    pause held it, `digest_stopped` whether its digest was stopped. Nobody sets `lease_id` any more: the attempt has it.

    While it is handed over by itself it keeps its `wakes_at`, and `is_open` stays what it was: PostgreSQL writes into no
    index where no column changes that an index names, be it as a condition.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        of_publication("delivery"),
        refers("delivery", "subscriber_id", "subscriber"),
        refers("delivery", "campaign_id", "campaign"),
        refers("delivery", "carrier_id", "delivery"),
        UniqueConstraint("campaign_id", "subscriber_id", name="uq_delivery_campaign_subscriber"),
        Index(
            "uq_delivery_digest_slot",
            *("subscriber_id", "rhythm", "slot_on"),
            unique=True,
            sqlite_where=_IS_DIGEST,
            postgresql_where=_IS_DIGEST,
        ),
        CheckConstraint(
            "(campaign_id IS NULL) = (rhythm IS NOT NULL AND slot_on IS NOT NULL)", name="ck_delivery_kind"
        ),
        CheckConstraint(f"rhythm IN ({_RHYTHMS})", name="ck_delivery_rhythm"),
        Index("ix_delivery_wakes", "wakes_at", sqlite_where=_WAKES, postgresql_where=_WAKES),
        Index("ix_delivery_open", "subscriber_id", sqlite_where=text("is_open = 1"), postgresql_where=text("is_open")),
        Index(
            "ix_delivery_carrier",
            "carrier_id",
            sqlite_where=text("carrier_id IS NOT NULL"),
            postgresql_where=text("carrier_id IS NOT NULL"),
        ),
        Index(
            "ix_delivery_in_doubt",
            "publication_id",
            sqlite_where=text("is_in_doubt = 1"),
            postgresql_where=text("is_in_doubt"),
        ),
        one_of("delivery", "state", State),
        one_of("delivery", "reason", Reason),
        one_of("delivery", "expiry", ExpiryBasis),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    campaign_id: int | None = number(null=True)
    rhythm: str | None = None
    slot_on: date | None = None
    state: str
    reason: str
    topic_id: int | None = number(null=True)
    carrier_id: int | None = number(null=True)
    scheduled_at: datetime
    wakes_at: datetime | None = None
    opens_at: datetime | None = None
    expires_at: datetime | None = None
    expiry: str = ExpiryBasis.DEFAULT.value
    has_waited: bool = False
    digest_stopped: bool = False
    tries: int = 0
    revision: int = 1
    lease_id: int | None = number(null=True)
    is_open: bool | None = derived(_OPEN_STATES)
    is_in_doubt: bool | None = derived("state = 'in_doubt'")
