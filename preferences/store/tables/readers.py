"""What readers give back: answers, votes, other readers; and the way from one address to another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from preferences.store.columns import key, number, of_publication, one_of, refers
from preferences.vote import Vote


class AnswerRow(SQLModel, table=True):
    """What a reader answered to the question under an issue, with the question as it was asked. Erasure empties `words`."""

    __tablename__ = "answer"
    __table_args__ = (
        of_publication("answer"),
        refers("answer", "subscriber_id", "subscriber"),
        refers("answer", "campaign_id", "campaign"),
        refers("answer", "delivery_id", "delivery"),
        Index("ix_answer_campaign", "campaign_id"),
        Index("ix_answer_subscriber", "subscriber_id"),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    campaign_id: int = number()
    delivery_id: int | None = number(null=True)
    question: str = Field(sa_type=Text)
    words: str = Field(sa_type=Text)
    may_write_back: bool = False
    occurred_at: datetime
    recorded_at: datetime


class VoteRow(SQLModel, table=True):
    """One vote on one delivery; the newest counts. `share` is the chance with which it was asked for, as the attempt has it."""

    __tablename__ = "vote"
    __table_args__ = (
        of_publication("vote"),
        refers("vote", "subscriber_id", "subscriber"),
        refers("vote", "delivery_id", "delivery"),
        refers("vote", "topic_id", "topic"),
        Index("ix_vote_delivery", "delivery_id"),
        Index("ix_vote_subscriber", "subscriber_id"),
        one_of("vote", "said", Vote),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    delivery_id: int = number()
    topic_id: int | None = number(null=True)
    said: str
    share: float | None = None
    occurred_at: datetime
    recorded_at: datetime


class Referral(SQLModel, table=True):
    """A sign-up that a reader brought, by passing on an issue or a link; it counts from `confirmed_at` on.

    Without a request where a program stated both the consent and who brought it.
    """

    __tablename__ = "referral"
    __table_args__ = (
        of_publication("referral"),
        refers("referral", "request_id", "sign_up_request"),
        refers("referral", "brought_by", "subscriber"),
        refers("referral", "campaign_id", "campaign"),
        refers("referral", "subscriber_id", "subscriber"),
        UniqueConstraint("request_id", name="uq_referral_request"),
        Index("ix_referral_brought_by", "brought_by"),
        Index("ix_referral_campaign", "campaign_id"),
    )

    id: int | None = key()
    publication_id: int = number()
    request_id: int | None = number(null=True)
    brought_by: int = number()
    campaign_id: int | None = number(null=True)
    subscriber_id: int | None = number(null=True)
    made_at: datetime
    confirmed_at: datetime | None = None


class AddressChange(SQLModel, table=True):
    """A reader's way from one address to another: both ends agree by a link, then it is done. Erasure empties the address."""

    __tablename__ = "address_change"
    __table_args__ = (
        of_publication("address_change"),
        refers("address_change", "subscriber_id", "subscriber"),
        Index("ix_address_change_subscriber", "subscriber_id"),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int = number()
    address: str | None = None
    address_normalised: str | None = None
    asked_at: datetime
    new_confirmed_at: datetime | None = None
    old_confirmed_at: datetime | None = None
    done_at: datetime | None = None
    ended_at: datetime | None = None
