"""What follows from planning a campaign at an instant: when and with what it reaches each reader, whose promise binds,
and which mails it pushes out. Every reader is played through in memory with the law itself, with the campaign and
without it. It is the truth as far as it can be known, and changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from preferences.cadence import Cap, Whose
from preferences.calendar import as_instant, local_date, zone_named
from preferences.decision import Decision, Outcome, Reason
from preferences.spread import NO_SPREAD
from preferences.store.open_deliveries import Situation, situations
from preferences.store.planning.audience import Audience
from preferences.store.planning.question import Question, question_unlocked, still_to_plan
from preferences.store.planning.rehearsal import Rehearsal, decision_about, is_in_audience, reader_at
from preferences.store.planning.witness import Arrival, Mail, Witness
from preferences.store.prospects import schedule_of
from preferences.store.publications import publication
from preferences.store.tables import EXPECTATION

# A week is what is promised to be told; what is planned later is looked at as far as this.
SHORTEST = timedelta(days=8)
LONGEST = timedelta(days=35)
# Beyond it nobody waits for a page to play everybody through.
MOST_READERS = 5_000
_CHUNK = 500
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What holds a reader back at first: the reason, and for a cap which one, by whose wish."""

    reason: Reason
    cap: Cap | None = None
    whose: Whose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How it reaches somebody: the date in the publication's zone, and the mail it travels in; its own where that is
    the campaign's."""

    on: date
    mail: Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is played through until `until`, exclusively. Each count is of readers.

    `at_once` leave at the very instant; `later` reach their reader after it, in the order of their dates; `bound` says
    what held those who are not reached at once, without those who read on the web; `open` are still on their way at
    the end, `not_sent` do not get it. `pushed_out` are mails that would have left by then without this campaign, and
    leave later or not at all with it; what comes along in it is not pushed out. Those whose expectation cannot be read
    are in none of them.
    """

    until: datetime
    at_once: int
    later: Mapping[Reach, int]
    bound: Mapping[Bound, int]
    open: int
    not_sent: int
    pushed_out: Mapping[Mail, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fate:
    """One reader's part of it."""

    is_at_once: bool = False
    later: Reach | None = None
    bound: Bound | None = None
    is_open: bool = False
    is_not_sent: bool = False
    pushed_out: Collection[Mail] = ()


def outlook(
    connection: Connection,
    publication_id: int,
    campaign_id: int,
    at: datetime,
    now: datetime,
    *,
    local_at: datetime | None = None,
    spread: timedelta = NO_SPREAD,
) -> Outlook | None:
    """What follows from planning a campaign at `at` (or `now`, if that is later); None for more than `MOST_READERS`.

    `local_at` and `spread` are as `forecast` has them: each reader's own instant is then what is *at once*.

    Until the end every mail that may leave is taken to be accepted, nobody to change their mind, and nothing to be
    scheduled besides. Raises `NotFound`, and ValueError for a naive instant.
    """
    at = max(as_instant(at, "the instant of an outlook"), now)
    found = question_unlocked(connection, publication_id, campaign_id)
    asked = replace(found, scheduled_at=at, local_at=local_at, spread=spread)
    others = [other for other in still_to_plan(connection, publication_id) if other.id != asked.id]
    members = _members(connection, asked)
    if len(members) > MOST_READERS:
        return None
    play = _Play(connection, asked, others, now)
    fates: list[_Fate] = []
    for first in range(0, len(members), _CHUNK):
        some = situations(connection, publication_id, members[first : first + _CHUNK], now)
        fates += [play.fate(situation) for situation in some.values()]
    return _summed(fates, play.until)


def _members(connection: Connection, asked: Question) -> Sequence[int]:
    if not asked.topics:
        return ()
    chosen = Audience(asked, connection.dialect.name).members().order_by(EXPECTATION.c.subscriber_id)
    return connection.execute(select(*chosen.subquery().c)).scalars().all()


def _summed(fates: Collection[_Fate], until: datetime) -> Outlook:
    later = Counter(fate.later for fate in fates if fate.later is not None)
    return Outlook(
        until=until,
        at_once=sum(fate.is_at_once for fate in fates),
        later=dict(sorted(later.items(), key=lambda one: (one[0].on, -one[1]))),
        bound=dict(Counter(fate.bound for fate in fates if fate.bound is not None).most_common()),
        open=sum(fate.is_open for fate in fates),
        not_sent=sum(fate.is_not_sent for fate in fates),
        pushed_out=dict(Counter(mail for fate in fates for mail in fate.pushed_out).most_common()),
    )


class _Play:
    """The same story told twice for each reader: with the campaign, and without it."""

    def __init__(self, connection: Connection, asked: Question, others: Sequence[Question], now: datetime) -> None:
        assert asked.scheduled_at is not None  # an outlook is about an instant
        self._asked = asked
        self._others = others
        self._at = asked.scheduled_at
        planned = [other.scheduled_at for other in others if other.scheduled_at is not None]
        last_at = max(self._at, asked.last_at)
        last = max([*planned, last_at]) + timedelta(days=1)
        self.until = min(max(last_at + SHORTEST, last), last_at + LONGEST)
        schedule = schedule_of(connection, asked.publication_id)
        self._with = Rehearsal([asked, *others], schedule, now)
        self._without = Rehearsal(others, schedule, now)
        self._zone = zone_named(publication(connection, asked.publication_id).zone)

    def fate(self, situation: Situation) -> _Fate:
        """What becomes of it, and of everything else, for one reader."""
        others = [one for one in self._others if is_in_audience(one, situation)]
        stage = Witness(situation, self._with.now)
        self._with.play(stage, others, self._at)
        own_at = reader_at(self._asked, situation)
        decision = decision_about(self._asked, stage.situation, own_at)
        if decision.outcome is Outcome.WEB:
            return _Fate()
        if decision.outcome is Outcome.NOT_SENT:
            return _Fate(bound=_bound(decision), is_not_sent=True)
        to_come = [one for one in others if self._with.plans_at(one) >= self._at]
        if decision.outcome is Outcome.SEND and not stage.situation.open and not to_come:
            return _Fate(is_at_once=True)
        self._with.play(stage, [self._asked, *to_come], self.until, since=self._at - _MOMENT)
        fate = self._reached(stage, decision, own_at)
        return replace(fate, pushed_out=self._pushed_out(situation, others, stage))

    def _reached(self, stage: Witness, decision: Decision, own_at: datetime) -> _Fate:
        arrival = stage.arrived.get(self._asked.id)
        own = Mail(campaign=self._asked.id)
        if arrival == Arrival(at=own_at, mail=own):
            return _Fate(is_at_once=True)
        bound = _bound(decision) if decision.outcome is not Outcome.SEND else Bound(reason=Reason.RANKED_LOWER)
        if arrival is not None:
            return _Fate(bound=bound, later=Reach(on=local_date(self._zone, arrival.at), mail=arrival.mail))
        is_open = any(one.campaign_id == self._asked.id for one in stage.situation.open)
        return _Fate(bound=bound, is_open=is_open, is_not_sent=not is_open)

    def _pushed_out(self, situation: Situation, others: Sequence[Question], stage: Witness) -> Collection[Mail]:
        """What left without the campaign, and with it has not reached them by then, in whatever mail."""
        without = Witness(situation, self._without.now)
        self._without.play(without, others, self.until)
        return [mail for mail, at in without.left.items() if not _is_had(stage, _carried_by(without, mail), at)]


def _carried_by(witness: Witness, mail: Mail) -> Collection[int]:
    """The campaigns that make up a mail: its own, or all that stand in a digest."""
    if mail.campaign is not None:
        return [mail.campaign]
    return [campaign for campaign, arrival in witness.arrived.items() if arrival.mail == mail]


def _is_had(witness: Witness, campaigns: Collection[int], at: datetime) -> bool:
    arrivals = (witness.arrived.get(campaign) for campaign in campaigns)
    return all(arrival is not None and arrival.at <= at for arrival in arrivals)


def _bound(decision: Decision) -> Bound:
    if decision.evidence is None:
        return Bound(reason=decision.reason)
    return Bound(reason=decision.reason, cap=decision.evidence.cap, whose=decision.evidence.whose)
