"""The ledger: decisions, attempts, what was counted, events and unsubscribes. Append rather than update.

What is written for every mail refers to what it is about, and by that belongs to one publication; the database is not
asked about what it merely names besides: topic, expectation, and who it was counted for. The audit asks.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field, SQLModel

from preferences.decision import Outcome, Reason
from preferences.delivery import AttemptOutcome, MadeBy
from preferences.expectation import DIGESTS
from preferences.store.columns import Key, key, number, of_publication, one_of, refers
from preferences.unsubscribe import Attribution, Cause, Route, Scope

# A mail is handed over for good at most once, and by the index of these the attempt of a delivery is found.
_STANDS = "{0} IS NULL OR {0} IN ('accepted', 'in_doubt')"
# For statements, word for word as the index has it: with values bound to them instead they would read every attempt.
ATTEMPT_STANDS = text(f"({_STANDS.format('attempt.outcome')})")
_RHYTHMS = ", ".join(f"'{rhythm.value}'" for rhythm in sorted(DIGESTS))


class Decided(SQLModel, table=True):
    """One decision about one delivery, with what is needed to decide again (`basis`, JSON) and its evidence (JSON).

    `attempt_id` is the hand-over that it began or came along in: on a clock that stands still, two may share an instant.
    """

    __tablename__ = "decision"
    __table_args__ = (
        refers("decision", "delivery_id", "delivery"),
        Index("ix_decision_delivery", "delivery_id"),
        one_of("decision", "outcome", Outcome),
        one_of("decision", "reason", Reason),
    )

    id: int | None = key()
    publication_id: int = number()
    delivery_id: int = number()
    decided_at: datetime
    outcome: str
    reason: str
    topic_id: int | None = number(null=True)
    opens_at: datetime | None = None
    expectation_id: int | None = number(null=True)
    attempt_id: int | None = number(null=True)
    evidence: str | None = Field(default=None, sa_type=Text)
    basis: str = Field(sa_type=Text)


class Attempt(SQLModel, table=True):
    """One try to hand a delivery over. `committed_at` is the decision's instant, `begun_at` the first byte's.

    `outcome` is null while handing over. At most one attempt of a delivery is accepted, in doubt or under way.
    `vote_share` is the chance with which this mail had a line to vote by; null where it was not drawn for. `relay` is
    the mail server that was talked to, where several are set.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        of_publication("attempt"),
        refers("attempt", "delivery_id", "delivery"),
        Index(
            "uq_attempt_standing",
            "delivery_id",
            unique=True,
            sqlite_where=text(_STANDS.format("outcome")),
            postgresql_where=text(_STANDS.format("outcome")),
        ),
        Index(
            "ix_attempt_under_way",
            "lease_id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        one_of("attempt", "outcome", AttemptOutcome),
    )

    id: int | None = key()
    publication_id: int = number()
    delivery_id: int = number()
    lease_id: int = number()
    revision: int = 1
    committed_at: datetime
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    code: int | None = None
    reply: str | None = Field(default=None, sa_type=Text)
    vote_share: float | None = None
    relay: str | None = None


class Counted(SQLModel, table=True):
    """What counts from a mail: one row for each topic it is charged to, contains, or that came along.

    `in_total` marks the one row by which the mail counts in total; `along` what counts only against what else would
    come along. A digest without counted topics has one row without a topic.
    """

    __tablename__ = "counted"
    __table_args__ = (
        of_publication("counted"),
        refers("counted", "attempt_id", "attempt"),
        refers("counted", "foreign_mail_id", "foreign_mail"),
        Index("ix_counted_subscriber", "subscriber_id", "counted_at"),
        Index("ix_counted_attempt", "attempt_id"),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    topic_id: int | None = number(null=True)
    attempt_id: int | None = number(null=True)
    foreign_mail_id: int | None = number(null=True)
    counted_at: datetime
    in_total: bool
    along: bool = False
    rhythm: str | None = None


class Uncounted(SQLModel, table=True):
    """The event that a counted row counts no longer."""

    __tablename__ = "uncounted"
    __table_args__ = (refers("uncounted", "counted_id", "counted"),)

    counted_id: int = Field(primary_key=True, sa_type=Key)
    publication_id: int = number()
    why: str
    occurred_at: datetime
    recorded_at: datetime


class ForeignMail(SQLModel, table=True):
    """A mail of another system: reserved by a decision, or reported after it was sent."""

    __tablename__ = "foreign_mail"
    __table_args__ = (
        of_publication("foreign_mail"),
        refers("foreign_mail", "subscriber_id", "subscriber"),
        Index("uq_foreign_mail_external", "publication_id", "external_id", unique=True),
        Index("ix_foreign_mail_topic", "publication_id", "topic_id", "occurred_at"),
        Index(
            "ix_foreign_mail_broken",
            "publication_id",
            "occurred_at",
            sqlite_where=text("broken = 1"),
            postgresql_where=text("broken"),
        ),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    external_id: str | None = None
    topics: str = Field(sa_type=Text)
    state: str
    outcome: str
    reason: str
    topic_id: int | None = number(null=True)
    expectation_id: int | None = number(null=True)
    evidence: str | None = Field(default=None, sa_type=Text)
    basis: str = Field(default="{}", sa_type=Text)
    broken: bool = False
    occurred_at: datetime
    recorded_at: datetime


class Event(SQLModel, table=True):
    """Anything else that happened, numbered per installation by its key. `details` is JSON."""

    __tablename__ = "event"
    __table_args__ = (
        of_publication("event"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_event_publication"),
        refers("event", "subscriber_id", "subscriber"),
        refers("event", "delivery_id", "delivery"),
        refers("event", "campaign_id", "campaign"),
        Index("ix_event_subscriber", "subscriber_id", "id"),
        Index("ix_event_delivery", "delivery_id"),
        Index("ix_event_kind", "publication_id", "kind", "occurred_at"),
        one_of("event", "made_by", MadeBy),
        one_of("event", "route", Route),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int | None = number(null=True)
    delivery_id: int | None = number(null=True)
    campaign_id: int | None = number(null=True)
    kind: str
    made_by: str
    route: str
    details: str = Field(default="{}", sa_type=Text)
    occurred_at: datetime
    recorded_at: datetime


class Unsubscribe(SQLModel, table=True):
    """Leaving a topic or everything: cause, route, and the delivery, topic and expectation it is attributed to."""

    __tablename__ = "unsubscribe"
    __table_args__ = (
        of_publication("unsubscribe"),
        refers("unsubscribe", "subscriber_id", "subscriber"),
        refers("unsubscribe", "topic_id", "topic"),
        refers("unsubscribe", "delivery_id", "delivery"),
        refers("unsubscribe", "charged_topic_id", "topic"),
        refers("unsubscribe", "expectation_id", "expectation"),
        Index("ix_unsubscribe_subscriber", "subscriber_id"),
        Index("ix_unsubscribe_delivery", "delivery_id"),
        one_of("unsubscribe", "scope", Scope),
        one_of("unsubscribe", "route", Route),
        one_of("unsubscribe", "cause", Cause),
        one_of("unsubscribe", "attribution", Attribution),
        one_of("unsubscribe", "made_by", MadeBy),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    scope: str
    topic_id: int | None = number(null=True)
    route: str
    made_by: str
    cause: str = Cause.UNSTATED.value
    cause_at: datetime | None = None
    shuffle: str = ""
    words: str = Field(default="", sa_type=Text)
    delivery_id: int | None = number(null=True)
    attribution: str
    charged_topic_id: int | None = number(null=True)
    digest_topics: str = ""
    expectation_id: int | None = number(null=True)
    counted_in_7_days: int = 0
    counted_in_28_days: int = 0
    broken_before: bool = False
    tenure_days: int = 0
    tenure_mails: int = 0
    undone_at: datetime | None = None
    occurred_at: datetime
    recorded_at: datetime


class Opening(SQLModel, table=True):
    """The stored copy of when a topic's caps (or, with topic 0, the total) allow one more mail, with its evidence.

    Derived: planning and forecasts read it, deciding again does not. `free_at` is the first instant from then on that
    pause, days and hours allow. `longest_days` is the longest period among the full caps until `longest_until`, then
    `next_days` until `next_until`, then `last_days` until `opens_at`. A row computed under another current cadence
    (`current_id`) is stale. `counted` are the newest counted instants that the caps look at, as a
    basis writes them.
    """

    __tablename__ = "opening"
    __table_args__ = (
        refers("opening", "subscriber_id", "subscriber"),
        Index("ix_opening_topic", "topic_key", "subscriber_id"),
    )

    subscriber_id: int = Field(primary_key=True, sa_type=Key)
    topic_key: int = Field(primary_key=True, sa_type=Key)
    publication_id: int = number()
    current_id: int | None = number(null=True)
    opens_at: datetime | None = None
    free_at: datetime | None = None
    longest_days: int | None = None
    longest_until: datetime | None = None
    next_days: int | None = None
    next_until: datetime | None = None
    last_days: int | None = None
    evidence: str | None = Field(default=None, sa_type=Text)
    counted: str = Field(default="[]", sa_type=Text)


class Observation(SQLModel, table=True):
    """What a GET may append: a read, a click. It never reaches a decision."""

    __tablename__ = "observation"
    __table_args__ = (
        refers("observation", "delivery_id", "delivery"),
        refers("observation", "campaign_id", "campaign"),
    )

    id: int | None = key()
    publication_id: int = number()
    delivery_id: int | None = number(null=True)
    campaign_id: int | None = number(null=True)
    kind: str
    occurred_at: datetime
    recorded_at: datetime
