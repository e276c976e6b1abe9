"""Subscribers, what they asked for, and the proof that they did."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from preferences.cadence import Period
from preferences.delivery import MadeBy
from preferences.expectation import Arrives, Overflow, Suppression
from preferences.store.columns import Key, key, number, of_publication, one_of, refers
from preferences.unsubscribe import Route


class Subscriber(SQLModel, table=True):
    """One person at one address of one publication. The standing columns are what the events last said.

    `version` counts every change of terms or standing (If-Match). Erasure empties the person; the number stays.
    Links to a private feed that are older than `feeds_since` are over.
    """

    __tablename__ = "subscriber"
    __table_args__ = (
        of_publication("subscriber"),
        UniqueConstraint("publication_id", "address_normalised", name="uq_subscriber_address"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_subscriber_publication"),
        refers("subscriber", "brought_by", "subscriber"),
        one_of("subscriber", "suppressed", Suppression),
    )

    id: int | None = key()
    publication_id: int = number()
    address: str | None = None
    address_normalised: str | None = None
    name: str = ""
    fields: str = Field(default="{}", sa_type=Text)
    language: str | None = None
    source: str = ""
    brought_by: int | None = number(null=True)
    confirmed_at: datetime | None = None
    consent_ends_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    suppressed: str | None = None
    suppressed_at: datetime | None = None
    erased_at: datetime | None = None
    feeds_since: datetime | None = None
    version: int = 1
    created_at: datetime


class Pattern(SQLModel, table=True):
    """A distinct set of zone, days, hours and digest times, so that planning asks the zone once for each of them."""

    __tablename__ = "pattern"
    __table_args__ = (
        of_publication("pattern"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_pattern_publication"),
        UniqueConstraint(
            "publication_id",
            "zone",
            "days",
            "hours",
            "digest_hour",
            "digest_weekday",
            "digest_day",
            name="uq_pattern",
        ),
    )

    id: int | None = key()
    publication_id: int = number()
    zone: str
    days: int
    hours: str = ""
    digest_hour: str
    digest_weekday: int
    digest_day: int


class ExpectationRow(SQLModel, table=True):
    """Everything one subscriber asked for, valid `[since, until)`; never edited but for `until`.

    `pause_*_at` are the pause as instants and the first allowed instant after it, so that SQL needs no zone.
    """

    __tablename__ = "expectation"
    __table_args__ = (
        of_publication("expectation"),
        refers("expectation", "subscriber_id", "subscriber"),
        refers("expectation", "pattern_id", "pattern"),
        Index(
            "uq_expectation_open",
            "subscriber_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_expectation_subscriber", "subscriber_id", "since"),
        CheckConstraint("(total_count IS NULL) = (total_per IS NULL)", name="ck_expectation_total"),
        CheckConstraint("until IS NULL OR until >= since", name="ck_expectation_interval"),
        one_of("expectation", "total_per", Period),
        one_of("expectation", "overflow", Overflow),
        one_of("expectation", "made_by", MadeBy),
        one_of("expectation", "route", Route),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    pattern_id: int = number()
    since: datetime
    until: datetime | None = None
    zone_assumed: bool = False
    total_count: int | None = None
    total_per: str | None = None
    overflow: str
    paused_since: date | None = None
    paused_until: date | None = None
    pause_since_at: datetime | None = None
    pause_until_at: datetime | None = None
    pause_free_at: datetime | None = None
    carried_over: bool = False
    made_by: str
    route: str
    recorded_at: datetime


class ExpectationTopic(SQLModel, table=True):
    """One topic of an expectation: how it arrives, an own cap, and the cadence that was accepted."""

    __tablename__ = "expectation_topic"
    __table_args__ = (
        refers("expectation_topic", "expectation_id", "expectation"),
        refers("expectation_topic", "topic_id", "topic"),
        refers("expectation_topic", "accepted_id", "cadence"),
        Index("ix_expectation_topic_topic", "topic_id", "expectation_id"),
        CheckConstraint("(own_count IS NULL) = (own_per IS NULL)", name="ck_expectation_topic_own"),
        one_of("expectation_topic", "arrives", Arrives),
        one_of("expectation_topic", "own_per", Period),
    )

    expectation_id: int = Field(primary_key=True, sa_type=Key)
    topic_id: int = Field(primary_key=True, sa_type=Key)
    publication_id: int = number()
    position: int
    arrives: str
    own_count: int | None = None
    own_per: str | None = None
    accepted_id: int = number()


class SignUpRequest(SQLModel, table=True):
    """A sign-up that is not confirmed yet, with the promise as it was shown. `asked` is the expectation as JSON.

    `accepted` are the cadences that were on the page, by the slugs of their topics (JSON); `wording` is what was agreed
    to where that was not a page of ours. `network` is what requests are limited by: for IPv6, a whole /64.
    """

    __tablename__ = "sign_up_request"
    __table_args__ = (
        of_publication("sign_up_request"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_sign_up_request_publication"),
        Index("ix_sign_up_request_address", "publication_id", "address_normalised"),
        Index("ix_sign_up_request_network", "publication_id", "network", "made_at"),
        Index(
            "ix_sign_up_request_open",
            "made_at",
            sqlite_where=text("confirmed_at IS NULL AND address_normalised IS NOT NULL"),
            postgresql_where=text("confirmed_at IS NULL AND address_normalised IS NOT NULL"),
        ),
        Index(
            "ix_sign_up_request_proof",
            "publication_id",
            "made_at",
            sqlite_where=text("network_address IS NOT NULL OR agent IS NOT NULL"),
            postgresql_where=text("network_address IS NOT NULL OR agent IS NOT NULL"),
        ),
        one_of("sign_up_request", "route", Route),
    )

    id: int | None = key()
    publication_id: int = number()
    address: str | None = None
    address_normalised: str | None = None
    name: str = ""
    fields: str = Field(default="{}", sa_type=Text)
    asked: str = Field(sa_type=Text)
    accepted: str = Field(default="{}", sa_type=Text)
    zone: str
    zone_assumed: bool = False
    promise: str = Field(sa_type=Text)
    sentence_version: int
    wording: str = Field(default="", sa_type=Text)
    language: str = "en"
    source: str = ""
    brought_by: int | None = number(null=True)
    url: str = ""
    network_address: str | None = None
    network: str | None = None
    agent: str | None = None
    route: str
    made_at: datetime
    confirmation_sent_at: datetime | None = None
    confirmed_at: datetime | None = None
    subscriber_id: int | None = number(null=True)


class Consent(SQLModel, table=True):
    """Proof of consent, append-only: what was agreed to, how, when, and its withdrawal."""

    __tablename__ = "consent"
    __table_args__ = (
        of_publication("consent"),
        refers("consent", "subscriber_id", "subscriber"),
        Index("ix_consent_subscriber", "subscriber_id"),
        Index(
            "ix_consent_proof",
            "publication_id",
            "recorded_at",
            sqlite_where=text("network_address IS NOT NULL OR agent IS NOT NULL"),
            postgresql_where=text("network_address IS NOT NULL OR agent IS NOT NULL"),
        ),
        one_of("consent", "route", Route),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    kind: str
    address_typed: str | None = None
    address_normalised: str | None = None
    topics: str = Field(default="[]", sa_type=Text)
    promise: str = Field(default="", sa_type=Text)
    sentence_version: int = 0
    method: str
    url: str = ""
    language: str = ""
    network_address: str | None = None
    agent: str | None = None
    jurisdiction: str = ""
    basis: str = ""
    wording: str = Field(default="", sa_type=Text)
    batch_id: int | None = number(null=True)
    file_hash: str | None = None
    confirmation_sent_at: datetime | None = None
    confirmation_pressed_at: datetime | None = None
    ends_at: datetime | None = None
    route: str
    occurred_at: datetime
    recorded_at: datetime


class Suppressed(SQLModel, table=True):
    """An address nothing is written to, as a keyed hash: it survives erasure and import."""

    __tablename__ = "suppressed"
    __table_args__ = (
        of_publication("suppressed"),
        UniqueConstraint("publication_id", "address_hash", name="uq_suppressed_address"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_suppressed_publication"),
        one_of("suppressed", "reason", Suppression),
    )

    id: int | None = key()
    publication_id: int = number()
    address_hash: bytes = Field(sa_type=LargeBinary)
    reason: str
    made_by: str
    route: str
    occurred_at: datetime
    recorded_at: datetime


class DeadAddress(SQLModel, table=True):
    """An address that does not exist: the one thing that crosses between publications."""

    __tablename__ = "dead_address"

    address_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    recorded_at: datetime
