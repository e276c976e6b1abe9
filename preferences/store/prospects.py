"""What may be coming for a subscriber: what is scheduled, digests with something in them, expected issues.

The store only says what is planned; `preferences.coming` asks whether caps, pause, days and hours allow it then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection, func, select

from preferences.calendar import first_instant
from preferences.coming import Prospect, expected_issue, first_coming
from preferences.decision import charged_topic
from preferences.delivery import CampaignStatus, State
from preferences.digest import next_slot
from preferences.expectation import DIGESTS, Arrives, Terms
from preferences.spread import NO_SPREAD, delay_of, slot_of
from preferences.store.open_deliveries import OpenDelivery, Situation, campaign_topics
from preferences.store.tables import CAMPAIGN, CAMPAIGN_TOPIC

_MOMENT = timedelta(minutes=1)
_PAST = (CampaignStatus.SENDING.value, CampaignStatus.WAITING.value, CampaignStatus.FINISHED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A campaign that was not planned yet; `local_at` is a naive local time where each reader has an own instant, and
    within `spread` each has one, too."""

    topics: tuple[int, ...]
    scheduled_at: datetime
    local_at: datetime | None
    id: int = 0
    spread: timedelta = NO_SPREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What a publication plans: its scheduled campaigns, and the instant of each topic's last campaign."""

    scheduled: tuple[Scheduled, ...]
    last_at: Mapping[int, datetime]


class ScheduleWhenAsked:
    """The same, read when it is first asked for: only what has waited asks."""

    def __init__(self, connection: Connection, publication_id: int) -> None:
        self._connection = connection
        self._publication_id = publication_id

    @property
    def scheduled(self) -> tuple[Scheduled, ...]:
        """The campaigns that were not planned yet."""
        return self._read.scheduled

    @property
    def last_at(self) -> Mapping[int, datetime]:
        """The instant of each topic's last campaign."""
        return self._read.last_at

    @cached_property
    def _read(self) -> Schedule:
        return schedule_of(self._connection, self._publication_id)


AnySchedule = Schedule | ScheduleWhenAsked


def schedule_of(connection: Connection, publication_id: int) -> Schedule:
    """What the publication plans."""
    campaigns = connection.execute(
        select(CAMPAIGN.c.id, CAMPAIGN.c.scheduled_at, CAMPAIGN.c.local_at, CAMPAIGN.c.spread_minutes).where(
            (CAMPAIGN.c.publication_id == publication_id)
            & (CAMPAIGN.c.status == CampaignStatus.SCHEDULED.value)
            & CAMPAIGN.c.scheduled_at.is_not(None)
        )
    ).all()
    topics = campaign_topics(connection, [row.id for row in campaigns])
    last = connection.execute(
        select(CAMPAIGN_TOPIC.c.topic_id, func.max(CAMPAIGN.c.scheduled_at))
        .join(CAMPAIGN, CAMPAIGN.c.id == CAMPAIGN_TOPIC.c.campaign_id)
        .where((CAMPAIGN.c.publication_id == publication_id) & CAMPAIGN.c.status.in_(_PAST))
        .group_by(CAMPAIGN_TOPIC.c.topic_id)
    ).all()
    return Schedule(
        scheduled=tuple(
            Scheduled(
                topics=topics.get(row.id, ()),
                scheduled_at=row.scheduled_at,
                local_at=None if row.local_at is None else datetime.fromisoformat(row.local_at),
                id=row.id,
                spread=timedelta(minutes=row.spread_minutes or 0),
            )
            for row in campaigns
        ),
        last_at=dict(last),
    )


def coming_for(situation: Situation, schedule: AnySchedule, delivery: OpenDelivery, now: datetime) -> datetime | None:
    """When the next mail is coming that could carry what waits, before it expires; None where none is."""
    prospects = prospects_of(situation, schedule, now, leave_out=delivery.id)
    return first_coming(situation.terms, situation.history, prospects, now, delivery.expires_at)


def prospects_of(
    situation: Situation, schedule: AnySchedule, now: datetime, *, leave_out: int | None = None
) -> list[Prospect]:
    """Everything that is planned for this subscriber, allowed or not."""
    terms = situation.terms
    running = [delivery for delivery in situation.open if not delivery.is_paused]
    reader = situation.subscriber.id
    found = [one for campaign in schedule.scheduled if (one := _scheduled(terms, campaign, reader, now)) is not None]
    others = (_on_its_way(terms, delivery, now) for delivery in running if delivery.id != leave_out)
    found += [one for one in others if one is not None]
    for rhythm in _rhythms_with_items(running, terms):
        slot_at = next_slot(terms, rhythm, now).at
        found.append(Prospect(rhythm=rhythm, since=slot_at, until=slot_at + _MOMENT))
    for topic in terms.topics.values():
        last_at = schedule.last_at.get(topic.topic)
        if last_at is not None and topic.arrives is Arrives.EACH and not topic.notice:
            found.append(expected_issue(terms, topic.cadences.current, topic.topic, last_at))
    return found


def _scheduled(terms: Terms, campaign: Scheduled, subscriber_id: int, now: datetime) -> Prospect | None:
    topic = charged_topic(terms, campaign.topics)
    if topic is None or topic.arrives is not Arrives.EACH or topic.notice:
        return None
    at = campaign.scheduled_at
    if campaign.local_at is not None:
        at = first_instant(terms.zone, campaign.local_at.date(), campaign.local_at.time())
    if campaign.spread:
        at += delay_of(campaign.spread, slot_of(campaign.id, subscriber_id))
    return Prospect(topic=topic.topic, since=at, until=max(at, now) + _MOMENT)


def _on_its_way(terms: Terms, delivery: OpenDelivery, now: datetime) -> Prospect | None:
    """A delivery that leaves by itself: due, or waiting for days or hours only. Digests are prospects by their items."""
    leaves = delivery.state in (State.DUE, State.DEFERRED, State.WAITING) and not delivery.has_waited
    topic = charged_topic(terms, delivery.topics) if delivery.topics else None
    if not leaves or delivery.wakes_at is None or topic is None or topic.arrives is not Arrives.EACH or topic.notice:
        return None
    return Prospect(topic=topic.topic, since=delivery.wakes_at, until=max(delivery.wakes_at, now) + _MOMENT)


def _rhythms_with_items(deliveries: Collection[OpenDelivery], terms: Terms) -> list[Arrives]:
    rhythms = set()
    for delivery in deliveries:
        if delivery.state is State.DIGEST_TO_COME:
            topic = charged_topic(terms, delivery.topics)
            if topic is not None and topic.arrives in DIGESTS:
                rhythms.add(topic.arrives)
    return sorted(rhythms)
