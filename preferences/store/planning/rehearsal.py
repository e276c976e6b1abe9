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
    rehearsal = _Rehearsal(asked, others, schedule_of(connection, asked.publication_id), now)
    found = situations(connection, asked.publication_id, subscriber_ids, now)
    for subscriber in subscriber_ids:
        yield rehearsal.answer(found[subscriber]) if subscriber in found else _IN_DOUBT


class _Rehearsal:
    """The campaigns in the order of their planning, and what is scheduled after some of them were planned."""

    def __init__(self, asked: Question, others: Sequence[Question], schedule: Schedule, now: datetime) -> None:
        assert asked.scheduled_at is not None  # a forecast is about an instant
        self.asked = asked
        self.at = asked.scheduled_at
        self.now = now
        self._unplanned = sorted([asked, *others], key=lambda one: (one.scheduled_at or self.at, one.id))
        self._last_at = schedule.last_at
        self._schedules: dict[int, Schedule] = {}

    def answer(self, situation: Situation) -> Answer:
        """Play everything before the instant of the forecast, and decide then."""
        earlier = [one for one in self._unplanned if self._plans_at(one) < self.at and _is_in_audience(one, situation)]
        stage = Stage(situation, self.now)
        for instant in self._instants(stage, earlier):
            stage.now = instant
            for campaign in earlier:
                if self._plans_at(campaign) == instant:
                    stage.plan(campaign)
            judge(stage.situation, self._schedule_at(instant), stage)
        decision = self._decision(stage.situation)
        reached_at = self.at if decision.outcome is Outcome.SEND else None
        if decision.outcome in (Outcome.WAIT, Outcome.DIGEST):
            reached_at = decision.opens_at
        counts_on = frozenset(campaign.id for campaign in earlier)
        return Answer(
            outcome=decision.outcome.value, reason=decision.reason.value, reached_at=reached_at, counts_on=counts_on
        )

    def _plans_at(self, campaign: Question) -> datetime:
        return max(self.now, campaign.scheduled_at or self.at)

    def _instants(self, stage: Stage, earlier: Sequence[Question]) -> Iterator[datetime]:
        """Each instant before the forecast's at which something happens, in order, as what happened before leads to."""
        planned = [self._plans_at(campaign) for campaign in earlier]
        instant: datetime | None = None
        while True:
            wakes = [max(self.now, one.wakes_at) for one in stage.situation.open if one.wakes_at is not None]
            later = [one for one in (*planned, *wakes) if one < self.at and (instant is None or one > instant)]
            if not later:
                return
            instant = min(later)
            yield instant

    def _schedule_at(self, instant: datetime) -> Schedule:
        """What the publication plans once everything scheduled until then is planned."""
        left = [one for one in self._unplanned if self._plans_at(one) > instant]
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
            )
            for one in left
            if one.scheduled_at is not None
        ]
        return Schedule(scheduled=tuple(scheduled), last_at=last_at)

    def _decision(self, situation: Situation) -> Decision:
        candidate = self.asked.candidate(0, situation.terms.zone)
        return decide(situation.subscriber.standing, situation.terms, situation.history, candidate, self.at)


def _is_in_audience(campaign: Question, situation: Situation) -> bool:
    names_one = any(topic.id in situation.terms.topics for topic in campaign.topics)
    return names_one and is_within(campaign.segment, situation.subscriber.fields)
