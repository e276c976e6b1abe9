"""Asking for less, or for more: what differs between two expectations of one reader.

A link that was forwarded may only ask for less, and asking for less while staying is recorded as an opt-down. Both
follow from the same comparison. Digest times that must move because days or hours were narrowed are no change of mind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from preferences.asked import Asked, AskedTopic
from preferences.cadence import LONGEST_DAYS, BoundCap, Cap, Period, Whose
from preferences.expectation import Arrives, Overflow
from preferences.promise import implies
from preferences.quiet import Hours, Pause


class OptDown(StrEnum):
    """The ways of asking for less while staying."""

    TOPIC_OFF = "topic_off"
    SLOWER_RHYTHM = "slower_rhythm"
    WEB_ONLY = "web_only"
    PAUSE = "pause"
    LOWER_CAP = "lower_cap"
    FEWER_DAYS = "fewer_days"
    FEWER_HOURS = "fewer_hours"
    LEAVE_OUT = "leave_out"


class More(StrEnum):
    """The ways of asking for more, or for something else."""

    TOPIC = "topic"
    FASTER_RHYTHM = "faster_rhythm"
    CAP = "cap"
    PAUSE = "pause"
    DAYS = "days"
    HOURS = "hours"
    COME_ALONG = "come_along"
    DIGEST_TIMES = "digest_times"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way in which less is asked for; `topic` is a slug, None where it is about everything."""

    kind: OptDown
    topic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one expectation asks for less, and for more or else, than the one before; in the order of the form."""

    less: tuple[Step, ...]
    more: tuple[More, ...]

    @property
    def is_only_less(self) -> bool:
        """Whether nothing but less is asked for; true also where nothing differs."""
        return not self.more


# From the liveliest to the quietest; a step to the right is less.
_RHYTHMS = (Arrives.EACH, Arrives.DAILY, Arrives.WEEKLY, Arrives.MONTHLY, Arrives.WEB)
_PERIOD_OF = {Arrives.DAILY: Period.DAY, Arrives.WEEKLY: Period.WEEK, Arrives.MONTHLY: Period.MONTH}


def compare(before: Asked, after: Asked, today: date) -> Comparison:
    """How `after` differs from `before`; `today` is the reader's local date, for a pause that is over is none."""
    less: list[Step] = []
    more: list[More] = []
    for step in _differences(before, after, today):
        (less if isinstance(step, Step) else more).append(step)  # type: ignore[arg-type]
    return Comparison(less=tuple(less), more=tuple(dict.fromkeys(more)))


def _differences(before: Asked, after: Asked, today: date) -> Iterator[Step | More]:
    yield from _topics(before, after)
    yield from _cap(before.at_most, after.at_most, None)
    if before.days - after.days:
        yield Step(kind=OptDown.FEWER_DAYS)
    if after.days - before.days:
        yield More.DAYS
    if _minutes(before.hours) - _minutes(after.hours):
        yield Step(kind=OptDown.FEWER_HOURS)
    if _minutes(after.hours) - _minutes(before.hours):
        yield More.HOURS
    yield from _pause(before.paused, after.paused, today)
    if before.overflow is not after.overflow:
        yield Step(kind=OptDown.LEAVE_OUT) if after.overflow is Overflow.LEAVE_OUT else More.COME_ALONG
    if _has_digest(after) and before.digest_times != after.digest_times and _still_fits(before, after):
        yield More.DIGEST_TIMES


def _topics(before: Asked, after: Asked) -> Iterator[Step | More]:
    then = {topic.topic: topic for topic in before.topics}
    now = {topic.topic: topic for topic in after.topics}
    for slug in then:
        if slug not in now:
            yield Step(kind=OptDown.TOPIC_OFF, topic=slug)
    for slug, topic in now.items():
        if slug not in then:
            yield More.TOPIC
        elif topic.arrives is then[slug].arrives:
            yield from _cap(then[slug].at_most, topic.at_most, slug)
        else:
            yield from _rhythm(then[slug], topic)


def _rhythm(before: AskedTopic, after: AskedTopic) -> Iterator[Step | More]:
    """A slower rhythm; one that is faster than the own cap that it replaces is more."""
    if _RHYTHMS.index(after.arrives) < _RHYTHMS.index(before.arrives):
        yield More.FASTER_RHYTHM
    elif after.arrives is Arrives.WEB:
        yield Step(kind=OptDown.WEB_ONLY, topic=after.topic)
    elif before.at_most is not None and not _is_within(Cap(count=1, per=_PERIOD_OF[after.arrives]), before.at_most):
        yield More.FASTER_RHYTHM
    else:
        yield Step(kind=OptDown.SLOWER_RHYTHM, topic=after.topic)


def _cap(before: Cap | None, after: Cap | None, topic: str | None) -> Iterator[Step | More]:
    if before == after:
        return
    if after is not None and (before is None or _is_within(after, before)):
        yield Step(kind=OptDown.LOWER_CAP, topic=topic)
    else:
        yield More.CAP


def _is_within(one: Cap, other: Cap) -> bool:
    """Whether `one` is less than `other`, or the same: no more in a longer period, or whoever keeps it keeps both."""
    if one.count <= other.count and LONGEST_DAYS[one.per] >= LONGEST_DAYS[other.per]:
        return True
    return implies(BoundCap.of(Whose.TOTAL, one), BoundCap.of(Whose.TOTAL, other))


def _minutes(hours: Hours | None) -> frozenset[int]:
    every = range(24 * 60)
    if hours is None:
        return frozenset(every)
    return frozenset(minute for minute in every if hours.has(time(minute // 60, minute % 60)))


def _pause(before: Pause | None, after: Pause | None, today: date) -> Iterator[Step | More]:
    then, now = _days_to_come(before, today), _days_to_come(after, today)
    if then == now:
        return
    if now is not None and (then is None or (now[0] <= then[0] and now[1] >= then[1])):
        yield Step(kind=OptDown.PAUSE)
    else:
        yield More.PAUSE


def _days_to_come(pause: Pause | None, today: date) -> tuple[date, date] | None:
    if pause is None or pause.until <= today:
        return None
    return max(pause.since, today), pause.until


def _has_digest(asked: Asked) -> bool:
    return any(topic.arrives in _PERIOD_OF for topic in asked.topics)


def _still_fits(before: Asked, after: Asked) -> bool:
    times = before.digest_times
    return _has_digest(before) and times.weekday in after.days and (after.hours is None or after.hours.has(times.hour))


def once_a_week(asked: Asked, notices: frozenset[str]) -> Asked:
    """The same with all in one mail a week: what comes oftener becomes a weekly digest, and what is slower stays.

    `notices` are the slugs of topics for what cannot wait, which always arrive as each message.
    """
    return _with_topics(asked, tuple(_weekly(topic, notices) for topic in asked.topics))


def _weekly(topic: AskedTopic, notices: frozenset[str]) -> AskedTopic:
    if topic.topic in notices or topic.arrives not in (Arrives.EACH, Arrives.DAILY):
        return topic
    weekly = Cap(count=1, per=Period.WEEK)
    if topic.at_most is not None and not _is_within(weekly, topic.at_most):
        monthly = Cap(count=1, per=Period.MONTH)
        # Who asked for less than a mail a week about it gets no more than that.
        return AskedTopic(topic=topic.topic, arrives=Arrives.MONTHLY) if _is_within(monthly, topic.at_most) else topic
    return AskedTopic(topic=topic.topic, arrives=Arrives.WEEKLY)


def _with_topics(asked: Asked, topics: tuple[AskedTopic, ...], paused: Pause | None = None) -> Asked:
    return Asked(
        topics=topics,
        at_most=asked.at_most,
        days=asked.days,
        hours=asked.hours,
        paused=paused or asked.paused,
        digest=asked.digest,
        overflow=asked.overflow,
    )


def paused_for_a_month(asked: Asked, today: date) -> Asked:
    """The same with a pause of 30 days from the reader's local date on; one that ends later stays."""
    until = today + timedelta(days=30)
    running = asked.paused
    if running is not None and running.until >= until and running.since <= today:
        return asked
    if running is not None and running.until > today:
        until = max(until, running.until)
    return _with_topics(asked, asked.topics, Pause(since=today, until=until))


def without_topic(asked: Asked, slug: str) -> Asked:
    """The same without one topic."""
    return _with_topics(asked, tuple(topic for topic in asked.topics if topic.topic != slug))
