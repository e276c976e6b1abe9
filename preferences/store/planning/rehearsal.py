"""What will have happened to some readers before a campaign is planned, played through in memory with the law itself.

At every instant at which something is due for a reader the same judgement is passed as when mails are handed over
(`judging.judge`); what that would write is kept in memory, and every mail that leaves is taken to be accepted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from preferences.decision import Decision, Outcome, Reason, decide
from preferences.store.judging import judge
from preferences.store.open_deliveries import Situation, situations
from preferences.store.planning.question import Question, is_within
from preferences.store.planning.stage import Stage
from preferences.store.prospects import Schedule, Scheduled, schedule_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of the campaign for one reader; `counts_on` are the campaigns that are planned for them before."""

    outcome: str
    reason: str
    reached_at: datetime | None
    counts_on: frozenset[int]


# Somebody whose expectation cannot be read.
_IN_DOUBT = Answer(
    outcome=Outcome.WAIT.value, reason=Reason.ANY_DOUBT.value, reached_at=None, counts_on=frozenset[int]()
)


def rehearse(
    connection: Connection, asked: Question, others: Sequence[Question], subscriber_ids: Collection[int], now: datetime
) -> Iterator[Answer]:
    """What becomes of `asked`, planned at its scheduled instant, for each of these, when everything before has happened.

    `others` are all other campaigns that are still to be planned.
    """
    rehearsal = Rehearsal([asked, *others], schedule_of(connection, asked.publication_id), now)
    found = situations(connection, asked.publication_id, subscriber_ids, now)
    for subscriber in subscriber_ids:
        yield _answer(rehearsal, asked, others, found[subscriber]) if subscriber in found else _IN_DOUBT


def _answer(rehearsal: Rehearsal, asked: Question, others: Sequence[Question], situation: Situation) -> Answer:
    """Play everything before the instant of the forecast, which may be the reader's own, and decide then."""
    at = reader_at(asked, situation)
    earlier = [one for one in others if rehearsal.plans_at(one) < at and is_in_audience(one, situation)]
    stage = Stage(situation, rehearsal.now)
    rehearsal.play(stage, earlier, at)
    decision = decision_about(asked, stage.situation, at)
    reached_at = at if decision.outcome is Outcome.SEND else None
    if decision.outcome in (Outcome.WAIT, Outcome.DIGEST):
        reached_at = decision.opens_at
    counts_on = frozenset(campaign.id for campaign in earlier)
    return Answer(
        outcome=decision.outcome.value, reason=decision.reason.value, reached_at=reached_at, counts_on=counts_on
    )


def is_in_audience(campaign: Question, situation: Situation) -> bool:
    """Whether somebody will be in the audience of a campaign, as they stand."""
    names_one = any(topic.id in situation.terms.topics for topic in campaign.topics)
    return names_one and is_within(campaign.segment, situation.subscriber.fields)


def reader_at(asked: Question, situation: Situation) -> datetime:
    """When a campaign is to leave for one reader: at the earliest when it is planned."""
    own = asked.for_reader(situation.subscriber.id, situation.terms)
    at = own.scheduled_in(situation.terms.zone)
    return at if asked.scheduled_at is None else max(at, asked.scheduled_at)


def decision_about(asked: Question, situation: Situation, at: datetime) -> Decision:
    """What planning decides about a campaign for one reader, as they stand then."""
    candidate = asked.for_reader(situation.subscriber.id, situation.terms).candidate(0, situation.terms.zone)
    return decide(situation.subscriber.standing, situation.terms, situation.history, candidate, at)


class Rehearsal:
    """The campaigns that are still to be planned, in that order, and what is scheduled after some of them were."""

    def __init__(self, unplanned: Sequence[Question], schedule: Schedule, now: datetime) -> None:
        self.now = now
        self._unplanned = sorted(unplanned, key=lambda one: (self.plans_at(one), one.id))
        self._last_at = schedule.last_at
        self._schedules: dict[int, Schedule] = {}

    def plans_at(self, campaign: Question) -> datetime:
        """When it is planned."""
        return max(self.now, campaign.scheduled_at or self.now)

    def play(self, stage: Stage, campaigns: Sequence[Question], until: datetime, since: datetime | None = None) -> None:
        """Live through every instant before `until` (and after `since`) at which something happens to one reader.

        `campaigns` are those of which they are in the audience.
        """
        for instant in self._instants(stage, campaigns, until, since):
            stage.now = instant
            for campaign in campaigns:
                if self.plans_at(campaign) == instant:
                    stage.plan(campaign)
            judge(stage.situation, self._schedule_at(instant), stage)

    def _instants(
        self, stage: Stage, campaigns: Sequence[Question], until: datetime, instant: datetime | None
    ) -> Iterator[datetime]:
        """In order, as what happened before leads to."""
        planned = [self.plans_at(campaign) for campaign in campaigns]
        while True:
            wakes = [max(self.now, one.wakes_at) for one in stage.situation.open if one.wakes_at is not None]
            later = [one for one in (*planned, *wakes) if one < until and (instant is None or one > instant)]
            if not later:
                return
            instant = min(later)
            yield instant

    def _schedule_at(self, instant: datetime) -> Schedule:
        """What the publication plans once everything scheduled until then is planned."""
        left = [one for one in self._unplanned if self.plans_at(one) > instant]
        if len(left) not in self._schedules:
            self._schedules[len(left)] = self._schedule(left)
        return self._schedules[len(left)]

    def _schedule(self, left: Sequence[Question]) -> Schedule:
        last_at = dict(self._last_at)
        for campaign in self._unplanned:
            if campaign not in left and campaign.scheduled_at is not None:
                for topic in campaign.topics:
                    last_at[topic.id] = max(campaign.scheduled_at, last_at.get(topic.id, campaign.scheduled_at))
        scheduled = [
            Scheduled(
                topics=tuple(topic.id for topic in one.topics),
                scheduled_at=one.scheduled_at,
                local_at=one.local_at,
                id=one.id,
                spread=one.spread,
            )
            for one in left
            if one.scheduled_at is not None
        ]
        return Schedule(scheduled=tuple(scheduled), last_at=last_at)
