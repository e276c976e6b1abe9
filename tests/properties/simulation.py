"""Half a year of one reader on a driven clock: what is scheduled, decided together, waits, comes along, leaves.

A driver over the public functions of the law and nothing else. What waits for a cap or a pause is decided again at
its own time of day from `opens_at` on; what waits for days or hours leaves at `opens_at`; the items of a digest that
was stopped come along until its next slot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from preferences.campaign import Candidate, DigestDue
from preferences.coming import Prospect, expected_issue, first_coming
from preferences.decision import HELD, Decision, Outcome, charged_topic, next_own_time
from preferences.digest import next_slot
from preferences.expectation import DIGESTS, GOOD_STANDING, Arrives, Terms
from preferences.history import EMPTY_HISTORY, CountedMail, History
from preferences.ranking import Verdict, decide_together

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Arrival:
    """What reached the reader: which campaign, when, and in whose mail where it came along."""

    campaign: int
    at: datetime
    carrier: int | None
    had_waited: bool


@dataclass
class Mailbox:
    """One reader's terms, what is to come, what waits, and what has arrived."""

    terms: Terms
    scheduled: list[Candidate]
    history: History = EMPTY_HISTORY
    waiting: dict[int, tuple[Candidate, datetime]] = field(default_factory=dict)
    items: dict[int, Candidate] = field(default_factory=dict)
    last_at: dict[int, datetime] = field(default_factory=dict)
    arrived: list[Arrival] = field(default_factory=list)
    not_sent: list[tuple[int, Decision]] = field(default_factory=list)
    stopped: list[datetime] = field(default_factory=list)

    def run(self, until: datetime) -> Mailbox:
        """Live from the first scheduled instant until `until`."""
        now: datetime | None = min(one.scheduled_at for one in self.scheduled)
        while now is not None and now < until:
            self._live(now)
            now = min((at for at in self._to_come(now) if at > now), default=None)
        return self

    def _to_come(self, after: datetime) -> Iterator[datetime]:
        yield from (one.scheduled_at for one in self.scheduled)
        yield from (wakes_at for _, wakes_at in self.waiting.values())
        yield from (next_slot(self.terms, rhythm, after + SECOND).at for rhythm in self._rhythms())

    def _rhythms(self) -> set[Arrives]:
        found = (charged_topic(self.terms, one.topics) for one in self.items.values())
        return {charged.arrives for charged in found if charged is not None}

    def _live(self, now: datetime) -> None:
        fresh = [one for one in self.scheduled if one.scheduled_at <= now]
        self.scheduled = [one for one in self.scheduled if one.scheduled_at > now]
        for one in fresh:
            charged = charged_topic(self.terms, one.topics)
            if charged is not None and charged.arrives is Arrives.EACH:
                self.last_at[charged.topic] = now
        woken = [one for one, wakes_at in self.waiting.values() if wakes_at <= now]
        prospects = [*self._prospects(), *self._due_now(fresh)]
        due: list[Candidate | DigestDue] = list(self._digests(now))
        prospects += [
            Prospect(since=now, until=now + SECOND, rhythm=one.rhythm) for one in due if isinstance(one, DigestDue)
        ]
        due += fresh
        due += [
            replace(one, coming_at=first_coming(self.terms, self.history, prospects, now, one.expires_at))
            for one in woken
        ]
        lines = [one for one, wakes_at in self.waiting.values() if wakes_at > now]
        verdicts = decide_together(GOOD_STANDING, self.terms, self.history, due, [*lines, *self.items.values()], now)
        for verdict in verdicts:
            self._apply(verdict, now)

    def _prospects(self) -> Iterator[Prospect]:
        for topic, last_at in self.last_at.items():
            yield expected_issue(self.terms, self.terms.topics[topic].cadences.current, topic, last_at)

    def _due_now(self, fresh: list[Candidate]) -> Iterator[Prospect]:
        for one in fresh:
            charged = charged_topic(self.terms, one.topics)
            if charged is not None and charged.arrives is Arrives.EACH:
                yield Prospect(since=one.scheduled_at, until=one.scheduled_at + SECOND, topic=charged.topic)

    def _digests(self, now: datetime) -> Iterator[DigestDue]:
        for rhythm in sorted(self._rhythms()):
            slot = next_slot(self.terms, rhythm, now)
            topics = {charged_topic(self.terms, one.topics) for one in self.items.values()}
            if slot.at == now:
                self.items = {key: replace(one, digest_stopped=False) for key, one in self.items.items()}
                mine = frozenset(one.topic for one in topics if one is not None and one.arrives is rhythm)
                yield DigestDue(id=9000 + len(self.stopped), rhythm=rhythm, slot_on=slot.on, slot_at=now, topics=mine)

    def _apply(self, verdict: Verdict, now: datetime) -> None:
        subject, decision = verdict.subject, verdict.decision
        if isinstance(subject, DigestDue):
            self._apply_digest(subject, decision, now)
            return
        self.waiting.pop(subject.id, None)
        if decision.outcome is Outcome.SEND:
            self.items.pop(subject.id, None)
            self.arrived.append(Arrival(subject.campaign, now, decision.carrier, subject.has_waited))
            self._count(subject, decision, now)
        elif decision.outcome is Outcome.WAIT and decision.opens_at is not None:
            held = decision.reason in HELD
            kept = replace(
                subject, has_waited=held, expires_at=decision.expires_at, expiry=decision.expiry, coming_at=None
            )
            wakes_at = next_own_time(self.terms, kept, decision.opens_at) if held else decision.opens_at
            self.waiting[subject.id] = (kept, wakes_at)
        elif decision.outcome is Outcome.DIGEST:
            self.items[subject.id] = replace(subject, expires_at=decision.expires_at)
        else:
            self.not_sent.append((subject.campaign, decision))

    def _count(self, subject: Candidate, decision: Decision, now: datetime) -> None:
        topic = decision.topic or 0
        if decision.carrier is not None:
            self.history = self.history.with_along(topic, now, [subject.campaign])
        else:
            notice = self.terms.topics[topic].notice
            counted = CountedMail(at=now, topics=frozenset({topic}), notice=notice)
            self.history = self.history.with_mail(counted, [subject.campaign])

    def _apply_digest(self, due: DigestDue, decision: Decision, now: datetime) -> None:
        self.stopped.append(now)
        mine = {key for key, one in self.items.items() if self._arrives(one) is due.rhythm}
        if decision.outcome is not Outcome.SEND:
            self.items |= {key: replace(self.items[key], digest_stopped=True) for key in mine}
            return
        counted = CountedMail(at=now, topics=due.topics, rhythm=due.rhythm)
        self.history = self.history.with_mail(counted, [self.items[key].campaign for key in mine])
        self.arrived += [Arrival(self.items.pop(key).campaign, now, due.id, had_waited=False) for key in sorted(mine)]

    def _arrives(self, one: Candidate) -> Arrives | None:
        charged = charged_topic(self.terms, one.topics)
        return None if charged is None or charged.arrives not in DIGESTS else charged.arrives
