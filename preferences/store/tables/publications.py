"""Publications, their topics, and how often the topics write."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from preferences.cadence import Period
from preferences.delivery import MadeBy
from preferences.store.columns import Key, key, number, of_publication, one_of, refers
from preferences.unsubscribe import Route


class Publication(SQLModel, table=True):
    """One sender as readers know it. Nothing leaves before `sender` and `postal_address` are set.

    `proof_days` is how long network addresses and agents stand in the proofs of consent; `vote_share` the share of
    mails with a line to vote by, from 0 to 1. `ledger_days` is how long the ledger is kept in detail; null is for ever.
    """

    __tablename__ = "publication"

    id: int | None = key()
    slug: str = Field(unique=True)
    name: str
    zone: str
    language: str = "en"
    sender: str | None = None
    reply_to: str | None = None
    postal_address: str | None = None
    one_click_ends: str = "all"
    proof_days: int = 1095
    ledger_days: int | None = None
    jurisdiction: str = ""
    legal_basis: str = "consent"
    vote_share: float = 0.1
    created_at: datetime


class Topic(SQLModel, table=True):
    """What a message is about. `is_notice` marks a topic for what cannot wait. The id is its number in List-Id.

    The archive of an unlisted one is for whoever knows its address.
    """

    __tablename__ = "topic"
    __table_args__ = (
        of_publication("topic"),
        UniqueConstraint("publication_id", "slug", name="uq_topic_slug"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_topic_publication"),
    )

    id: int | None = key()
    publication_id: int = number()
    slug: str
    name: str
    description: str = ""
    sender: str | None = None
    reply_to: str | None = None
    is_notice: bool = False
    is_unlisted: bool = False
    created_at: datetime


class CadenceRow(SQLModel, table=True):
    """One version of a topic's stated frequency; never edited, the highest version is current. `days` is a bit mask."""

    __tablename__ = "cadence"
    __table_args__ = (
        of_publication("cadence"),
        refers("cadence", "topic_id", "topic"),
        UniqueConstraint("topic_id", "version", name="uq_cadence_version"),
        CheckConstraint("count >= 1", name="ck_cadence_count"),
        one_of("cadence", "per", Period),
        one_of("cadence", "made_by", MadeBy),
        one_of("cadence", "route", Route),
    )

    id: int | None = key()
    publication_id: int = number()
    topic_id: int = number()
    version: int
    count: int
    per: str
    at_least: int | None = None
    days: int = 0
    made_by: str
    route: str
    occurred_at: datetime
    recorded_at: datetime


class TopicSample(SQLModel, table=True):
    """The issue that a topic shows to whoever thinks of signing up; the latest where none was chosen."""

    __tablename__ = "topic_sample"
    __table_args__ = (
        refers("topic_sample", "topic_id", "topic"),
        refers("topic_sample", "campaign_id", "campaign"),
    )

    topic_id: int = Field(primary_key=True, sa_type=Key)
    publication_id: int = number()
    campaign_id: int = number()


class Appearance(SQLModel, table=True):
    """What makes pages and mails a publication's own: a logo, and two colours as #rrggbb. Empty is the house's own.

    `version` grows with every change: addresses of what browsers keep have it.
    """

    __tablename__ = "appearance"
    __table_args__ = (ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_appearance_publication"),)

    publication_id: int = Field(primary_key=True, sa_type=Key)
    logo: bytes | None = Field(default=None, sa_type=LargeBinary)
    logo_type: str | None = None
    logo_width: int | None = None
    logo_height: int | None = None
    accent: str | None = None
    ground: str | None = None
    version: int = 1
    recorded_at: datetime
