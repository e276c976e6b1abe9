"""What the properties draw from: zones, instants at which calendars are strange, readers, histories, candidates."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.campaign import Candidate, ExpiryBasis, Origin
from preferences.expectation import (
    Arrives,
    DigestTimes,
    Expectation,
    Overflow,
    Standing,
    Suppression,
    Terms,
    TopicCadences,
)
from preferences.expectation import TopicChoice as Choice
from preferences.history import CountedMail, History
from preferences.quiet import Hours, Pause
from tests.properties.page import ROLLING, Reader, transitions, zone_of

# How hard to look, by TROTH_TEST_PROFILE: `make test` looks quickly, `make check` as written, thorough ten times as hard.
EFFORT = {"quick": 0.15, "thorough": 10.0}.get(os.environ.get("TROTH_TEST_PROFILE", ""), 1.0)


def effort(count: int) -> int:
    """How many examples that is at the effort asked for."""
    return max(2, round(count * EFFORT))


def examples(count: int) -> Callable[..., Any]:
    """As many examples, fewer or more by the effort asked for."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink)  # explaining takes minutes
    calm = (HealthCheck.too_slow, HealthCheck.data_too_large)
    return settings(max_examples=effort(count), deadline=None, phases=phases, suppress_health_check=calm)


# From -12 to +14; half hours; clocks changed at midnight, by half an hour, in the southern summer, or not at all.
ZONES = (
    "Etc/GMT+12", "Pacific/Pago_Pago", "Pacific/Marquesas", "America/New_York", "America/Havana", "America/Asuncion",
    "America/St_Johns", "America/Nuuk", "Atlantic/Azores", "UTC", "Europe/London", "Africa/Casablanca",
    "Europe/Berlin", "Africa/Cairo", "Asia/Beirut", "Asia/Gaza", "Asia/Tehran", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "America/Santiago",
)  # fmt: skip
STRANGE_DATES = (
    date(2011, 12, 30), date(2012, 2, 29), date(2023, 12, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 10, 27),
    date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 1), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5),
    date(2026, 10, 25), date(2026, 11, 1), date(2027, 1, 31), date(2028, 2, 28), date(2028, 12, 31),
)  # fmt: skip
MOMENT = timedelta(microseconds=1)

zones: st.SearchStrategy[str] = st.sampled_from(ZONES)
wobbles = st.sampled_from(
    [timedelta(0), MOMENT, -MOMENT, timedelta(seconds=1), timedelta(minutes=29), timedelta(hours=-1)]
)


@st.composite
def instants(draw: st.DrawFn, zone: str) -> datetime:
    """An instant since 2012, often at a midnight, a change of clocks, or the end of a month, quarter, year."""
    on = draw(st.sampled_from(STRANGE_DATES) | st.dates(date(2012, 1, 2), date(2036, 12, 31)))
    on += timedelta(days=draw(st.integers(-1, 1)))
    changes = transitions(zone, on)
    near_them: bool = draw(st.booleans())
    if changes and near_them:
        return changes[0] + draw(wobbles)
    clock: time = draw(st.sampled_from([time(0), time(9), time(23, 59, 59, 999999)]) | st.times())
    return datetime.combine(on, clock, zone_of(zone)).astimezone(UTC) + draw(wobbles)


periods = st.sampled_from(list(Period))
weekdays = st.frozensets(st.sampled_from(list(Weekday)), min_size=1)
caps = st.builds(Cap, count=st.integers(1, 3), per=periods)
clocks = st.sampled_from([time(0), time(0, 30), time(2), time(2, 30), time(7), time(9), time(18, 15), time(23, 30)])


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    since, until = draw(st.lists(clocks, min_size=2, max_size=2, unique=True))
    return Hours(since=since, until=until)


@st.composite
def cadences(draw: st.DrawFn, number: int, *, notice: bool = False) -> Cadence:
    at_most = draw(st.builds(Cap, count=st.integers(1, 3), per=st.just(Period.YEAR)) if notice else caps)
    return Cadence(id=number, at_most=at_most, days=draw(st.frozensets(st.sampled_from(list(Weekday)), max_size=3)))


@st.composite
def topic_cadences(draw: st.DrawFn, topic: int, *, notice: bool = False) -> TopicCadences:
    accepted = draw(cadences(topic * 10, notice=notice))
    current = draw(st.just(accepted) | cadences(topic * 10 + 1, notice=notice))
    return TopicCadences(accepted=accepted, current=current, notice=notice)


WAYS = st.sampled_from([Arrives.EACH] * 4 + list(Arrives))
NOTICES = 4
TOPICS = (1, 2, 3, NOTICES)


@st.composite
def readers(draw: st.DrawFn, *, ways: st.SearchStrategy[Arrives] = WAYS) -> tuple[Reader, datetime]:
    """A reader of some of four topics (the last is for notices), with a history, and an instant to decide at."""
    zone = draw(zones)
    now = draw(instants(zone))
    stated = {topic: draw(topic_cadences(topic, notice=topic == NOTICES)) for topic in TOPICS}
    choices = []
    for topic in sorted({1, *draw(st.lists(st.sampled_from(TOPICS), max_size=4))}):
        way = Arrives.EACH if topic == NOTICES else draw(ways)
        own = draw(st.none() | caps) if way is Arrives.EACH and topic != NOTICES else None
        choices.append(Choice(topic=topic, arrives=way, accepted=stated[topic].accepted.id, at_most=own))
    asked = Expectation(
        id=draw(st.integers(1, 99)),
        zone=zone,
        topics=tuple(choices),
        total=draw(st.none() | caps),
        days=draw(st.just(frozenset(Weekday)) | weekdays),
        hours=draw(st.none() | st.none() | hours()),
        paused=draw(pauses(now.astimezone(zone_of(zone)).date())) if draw(st.integers(0, 5)) == 5 else None,
        overflow=draw(st.sampled_from([Overflow.COME_ALONG, Overflow.COME_ALONG, Overflow.LEAVE_OUT])),
    )
    asked = draw(st.just(asked) | with_digest_times(asked))
    mails = draw(st.lists(counted_mails(zone, now), max_size=7))
    return Reader(asked, stated, tuple(mails), draw(st.sampled_from([frozenset[int](), frozenset({7})]))), now


@st.composite
def with_digest_times(draw: st.DrawFn, asked: Expectation) -> Expectation:
    hour = draw(
        clocks.filter(lambda clock: asked.hours is None or asked.hours.has(clock)) | st.just(asked.digest_times.hour)
    )
    weekday = draw(st.sampled_from(sorted(asked.days)))
    return replace(
        asked, digest=DigestTimes(hour=hour, weekday=weekday, day=draw(st.sampled_from([1, 15, 28, 29, 30, 31])))
    )


@st.composite
def pauses(draw: st.DrawFn, around: date) -> Pause:
    since = around + timedelta(days=draw(st.integers(-9, 3)))
    return Pause(since=since, until=since + timedelta(days=draw(st.integers(1, 20))))


LENGTHS = sorted({length for windows in ROLLING.values() for length, _ in windows})


@st.composite
def counted_instants(draw: st.DrawFn, zone: str, now: datetime) -> datetime:
    """Mostly in the past, often just where a window ends; sometimes a little in the future."""
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return now - draw(st.sampled_from(LENGTHS)) + draw(wobbles)
    if kind == 1:
        on = now.astimezone(zone_of(zone)).date() - timedelta(days=draw(st.integers(0, 40)))
        return datetime.combine(on, time(0), zone_of(zone)).astimezone(UTC) + draw(wobbles)
    if kind == 2:
        return now + timedelta(seconds=draw(st.integers(-40, 40)))
    most = 9 if kind == 3 else 400
    return now - timedelta(minutes=draw(st.integers(0, most * 24 * 60)))


@st.composite
def counted_mails(draw: st.DrawFn, zone: str, now: datetime) -> CountedMail:
    at = draw(counted_instants(zone, now))
    if draw(st.integers(0, 5)) == 0:
        rhythm = draw(st.sampled_from([Arrives.DAILY, Arrives.WEEKLY, Arrives.MONTHLY]))
        return CountedMail(at=at, topics=draw(st.frozensets(st.sampled_from(TOPICS[:3]), min_size=1)), rhythm=rhythm)
    topic = draw(st.sampled_from((1, 1, 1, 2, 3, NOTICES)))
    along = draw(st.frozensets(st.sampled_from(TOPICS[:3]), max_size=1)) if topic != NOTICES else frozenset[int]()
    return CountedMail(at=at, topics=frozenset({topic}), along=along, notice=topic == NOTICES)


@st.composite
def candidates(draw: st.DrawFn, now: datetime, *, id: int = 50) -> Candidate:  # noqa: A002  (the field's own name)
    scheduled_at = now - timedelta(minutes=draw(st.sampled_from([0, 0, 1, 60, 600]) | st.integers(0, 12 * 24 * 60)))
    expiry = draw(st.sampled_from([ExpiryBasis.DEFAULT, ExpiryBasis.DEFAULT, *ExpiryBasis]))
    expires_at: datetime | None = scheduled_at + timedelta(days=8)
    if expiry is not ExpiryBasis.DEFAULT:
        expires_at = draw(st.none() | st.just(now) | st.integers(-2, 40).map(lambda days: now + timedelta(days=days)))
    has_waited = draw(st.sampled_from([False, False, True]))
    coming = st.none() | st.integers(0, 200).map(lambda hour: now + timedelta(hours=hour))
    return Candidate(
        id=id,
        campaign=draw(st.sampled_from([8] * 9 + [7])) if id == 50 else id,
        topics=tuple(draw(st.lists(st.sampled_from((1, 1, *TOPICS)), min_size=1, max_size=3, unique=True))),
        scheduled_at=scheduled_at,
        expires_at=expires_at,
        expiry=expiry,
        priority=draw(st.integers(-1, 1)),
        relevance=draw(st.sampled_from([-1.0, 0.0, 0.0, 2.5])),
        has_waited=has_waited,
        coming_at=draw(coming) if has_waited else None,
        digest_stopped=draw(st.booleans()),
        origin=draw(st.sampled_from([Origin.TROTH] * 5 + [Origin.OTHER_SYSTEM])),
    )


@st.composite
def standings(draw: st.DrawFn, now: datetime) -> Standing:
    """Mostly good."""
    if draw(st.integers(0, 9)) < 9:
        return Standing(confirmed=True)
    return Standing(
        confirmed=draw(st.booleans()),
        unsubscribed=draw(st.booleans()),
        suppressed=draw(st.none() | st.sampled_from(list(Suppression))),
        consent_ends_at=draw(st.none() | st.sampled_from([now, now + MOMENT, now - MOMENT])),
    )


def terms_of(reader: Reader) -> Terms:
    return Terms(
        expectation=reader.asked,
        cadences={choice.topic: reader.cadences[choice.topic] for choice in reader.asked.topics},
    )


def history_of(reader: Reader) -> History:
    return History.of(reader.mails, reader.had)
