"""What planning asks about: one campaign as its row and its topics say, and when it is scheduled for a reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, select

from preferences.calendar import first_instant
from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import DEFAULT_EXPIRY, charged_topic
from preferences.delivery import CampaignStatus
from preferences.errors import NotFound
from preferences.expectation import Arrives, Terms
from preferences.spread import NO_SPREAD, SLOTS, delay_of, slot_of
from preferences.store.tables import CAMPAIGN, CAMPAIGN_TOPIC
from preferences.store.topics import topics

Scalar = str | int | float | bool | None
# The last zone to reach a local time is twelve hours behind UTC (Etc/GMT+12); a day that lacks it takes an hour more.
FURTHEST_BEHIND = timedelta(hours=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicAsked:
    """One topic of a campaign, with its current cadence."""

    id: int
    current_id: int
    is_notice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A campaign whose audience is asked for.

    `topics` are in the campaign's own order. Either `scheduled_at` is set, or `local_at`, a naive local time for each
    reader's own zone. `spread` is how long the send takes, and `delay` how long after its beginning a reader's own turn
    is, once the reader or the slot is known. `expires_at` is the marketer's; None stands for the default. `segment` narrows the audience to
    those whose fields have all of these values.
    """

    id: int
    publication_id: int
    status: CampaignStatus
    topics: tuple[TopicAsked, ...]
    scheduled_at: datetime | None
    local_at: datetime | None
    expires_at: datetime | None
    priority: int
    revision: int
    segment: Mapping[str, Scalar]
    audience: int | None
    spread: timedelta = NO_SPREAD
    delay: timedelta = NO_SPREAD

    @property
    def expiry(self) -> ExpiryBasis:
        """Where the expiry comes from at first."""
        return ExpiryBasis.DEFAULT if self.expires_at is None else ExpiryBasis.MARKETER

    @property
    def currents(self) -> dict[int, int]:
        """The current cadence of each topic."""
        return {topic.id: topic.current_id for topic in self.topics}

    def for_reader(self, subscriber_id: int, terms: Terms) -> Question:
        """The same with this reader's own turn, where it comes to them by itself."""
        if not self.spread:
            return self
        charged = charged_topic(terms, [topic.id for topic in self.topics])
        leaves_alone = charged is not None and charged.arrives is Arrives.EACH
        return self.in_slot(slot_of(self.id, subscriber_id) if leaves_alone else 0)

    def in_slot(self, slot: int) -> Question:
        """The same for the readers of one slot."""
        return replace(self, delay=delay_of(self.spread, slot))

    @property
    def slots(self) -> range:
        """The slots that there are: one where nothing is spread."""
        return range(SLOTS if self.spread else 1)

    @property
    def last_at(self) -> datetime:
        """An instant that is not earlier than any reader's own. Raises ValueError for a campaign without one."""
        if self.local_at is not None:
            return self.local_at.replace(tzinfo=UTC) + FURTHEST_BEHIND + self.spread
        return self.scheduled_in(UTC) + self.spread

    def scheduled_in(self, zone: tzinfo) -> datetime:
        """The scheduled instant for a reader in a zone, in UTC. Raises ValueError for a campaign without one."""
        if self.local_at is not None:
            return first_instant(zone, self.local_at.date(), self.local_at.time()) + self.delay
        if self.scheduled_at is None:
            raise ValueError(f"campaign {self.id} has no scheduled instant")
        return self.scheduled_at + self.delay

    def candidate(self, delivery_id: int, zone: tzinfo) -> Candidate:
        """The campaign as the law sees it when it is planned for a reader in a zone."""
        scheduled_at = self.scheduled_in(zone)
        return Candidate(
            id=delivery_id,
            campaign=self.id,
            topics=tuple(topic.id for topic in self.topics),
            scheduled_at=scheduled_at,
            expires_at=self.expires_after(scheduled_at),
            expiry=self.expiry,
            priority=self.priority,
        )

    def expires_after(self, scheduled_at: datetime) -> datetime:
        """The expiry before any cap has held it, for a reader's scheduled instant."""
        return scheduled_at + DEFAULT_EXPIRY if self.expires_at is None else self.expires_at


def is_within(segment: Mapping[str, Scalar], fields: Mapping[str, Scalar]) -> bool:
    """Whether a subscriber's fields have all of these values; a text is no number, and true is neither."""
    return all(name in fields and _same(fields[name], value) for name, value in segment.items())


def _same(one: Scalar, other: Scalar) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def question(connection: Connection, campaign_id: int) -> Question:
    """The campaign of that number; its row is locked until the transaction ends. Raises `NotFound`."""
    statement = select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id).with_for_update()
    return _question(connection, connection.execute(statement).mappings().first())


def question_unlocked(connection: Connection, publication_id: int, campaign_id: int) -> Question:
    """The same without a lock, of this publication only. Raises `NotFound`."""
    of = CAMPAIGN.c
    statement = select(CAMPAIGN).where((of.id == campaign_id) & (of.publication_id == publication_id))
    return _question(connection, connection.execute(statement).mappings().first())


def still_to_plan(connection: Connection, publication_id: int) -> list[Question]:
    """The scheduled campaigns of a publication that were not planned yet, in the order in which they will be."""
    of = CAMPAIGN.c
    scheduled = (of.status == CampaignStatus.SCHEDULED.value) & of.scheduled_at.is_not(None)
    statement = select(CAMPAIGN).where((of.publication_id == publication_id) & scheduled)
    rows = connection.execute(statement.order_by(of.scheduled_at, of.id)).mappings().all()
    return [_question(connection, row) for row in rows]


def planned_instants(connection: Connection, publication_id: int, leave_out: int) -> frozenset[datetime]:
    """When the scheduled campaigns of a publication will be planned, but for one of them."""
    planned = still_to_plan(connection, publication_id)
    return frozenset(one.scheduled_at for one in planned if one.scheduled_at is not None and one.id != leave_out)


def _question(connection: Connection, row: Mapping[Any, Any] | None) -> Question:
    if row is None:
        raise NotFound("there is no such campaign in this publication")
    values = dict(row)
    local_at, segment = values["local_at"], values["segment"]
    return Question(
        **{name: values[name] for name in _PLAIN},
        status=CampaignStatus(values["status"]),
        topics=_topics(connection, values["id"], values["publication_id"]),
        local_at=None if local_at is None else datetime.fromisoformat(local_at),
        segment={} if segment is None else json.loads(segment),
        spread=timedelta(minutes=values["spread_minutes"] or 0),
    )


_PLAIN = ("id", "publication_id", "scheduled_at", "expires_at", "priority", "revision", "audience")


def _topics(connection: Connection, campaign_id: int, publication_id: int) -> tuple[TopicAsked, ...]:
    known = {topic.id: topic for topic in topics(connection, publication_id)}
    of = CAMPAIGN_TOPIC.c
    ids = connection.execute(select(of.topic_id).where(of.campaign_id == campaign_id).order_by(of.position)).scalars()
    return tuple(
        TopicAsked(id=topic, current_id=known[topic].cadence.id, is_notice=known[topic].is_notice) for topic in ids
    )
