"""The publication and its topics."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from webapp.api.schemas.common import Asked, Cap, Told

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class PublicationDocument(Told):
    """The publication of the token."""

    id: str
    slug: str
    name: str
    sender: str | None
    reply_to: str | None
    postal_address: str | None
    zone: str
    language: str
    ledger_days: int | None = Field(description="For how many days the ledger is kept in detail; null is for ever")
    may_send: bool = Field(description="Whether anything may leave: sender and address are set")


class PublicationChanges(Asked):
    """What changes; null clears a sender, a reply-to or an address, and keeps the ledger for ever."""

    name: str | None = None
    sender: str | None = None
    reply_to: str | None = None
    postal_address: str | None = None
    zone: str | None = None
    language: str | None = None
    ledger_days: int | None = Field(default=None, description="Days, from 400 to 36500; null is for ever")


class CadenceDocument(Asked):
    """How often a topic's sender writes: at most, at least, on its usual days."""

    at_most: Cap
    at_least: Annotated[int, Field(ge=1, le=1000)] | None = None
    days: list[Day] = Field(default_factory=list)


class NewTopic(Asked):
    """A topic to make; `notice` marks one for what cannot wait, whose only cadence is a number a year."""

    slug: str
    name: str
    description: str = Field(default="", max_length=5000)
    sender: str | None = None
    reply_to: str | None = None
    notice: bool = False
    cadence: CadenceDocument


class TopicChanges(Asked):
    """What changes; another cadence is a new version of it."""

    name: str | None = None
    description: Annotated[str, Field(max_length=5000)] | None = None
    sender: str | None = None
    reply_to: str | None = None
    cadence: CadenceDocument | None = None


class TopicDocument(Told):
    """A topic with its current cadence."""

    slug: str
    name: str
    description: str
    sender: str | None
    reply_to: str | None
    notice: bool
    cadence: CadenceDocument
    cadence_version: int


class TopicList(Told):
    """All topics, oldest first."""

    items: list[TopicDocument]
    next: str | None
