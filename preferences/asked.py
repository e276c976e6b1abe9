"""An expectation as people and programs write it: topics by their short names, plain words, JSON.

This is the shape of the HTTP contract; forms, imports and sign-up requests use it too. What is wrong comes back as one
problem per field. The store turns it into an `Expectation` with accepted cadences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any, TypeVar

from preferences.cadence import EVERY_DAY, Cap, Period, Weekday
from preferences.calendar import UnknownZone, zone_named
from preferences.errors import FieldProblem, Invalid, Said
from preferences.expectation import Arrives, DigestTimes, Overflow, default_digest_times
from preferences.quiet import Hours, Pause

DAY_NAMES = {day.name.lower(): day for day in Weekday}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTopic:
    """One topic by its slug: how it arrives, and an own cap."""

    topic: str
    arrives: Arrives = Arrives.EACH
    at_most: Cap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; `digest` None means the default times that fit the days and hours."""

    topics: tuple[AskedTopic, ...]
    at_most: Cap | None = None
    days: frozenset[Weekday] = EVERY_DAY
    hours: Hours | None = None
    paused: Pause | None = None
    digest: DigestTimes | None = None
    overflow: Overflow = Overflow.COME_ALONG

    @property
    def digest_times(self) -> DigestTimes:
        """When digests come, the default where nothing was asked."""
        return self.digest or default_digest_times(self.days, self.hours)


class _Reader:
    """Reads one JSON object and collects what is wrong with it."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.problems: list[FieldProblem] = []

    def wrong(self, field: str, message: str) -> None:
        self.problems.append(FieldProblem(field=f"{self.prefix}{field}", message=message))

    def known(self, where: str, given: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        for name in given:
            if name not in allowed:
                self.wrong(f"{where}{name}", f"unknown field; known are {', '.join(allowed)}")

    def object(self, field: str, value: Any) -> Mapping[str, Any] | None:
        if value is None or isinstance(value, Mapping):
            return value
        self.wrong(field, "must be an object")
        return None


def asked_from_json(data: Any, prefix: str = "") -> Asked:
    """The expectation in a JSON object. Raises `Invalid` with every problem; `prefix` goes before each field's name."""
    read = _Reader(prefix)
    if not isinstance(data, Mapping):
        raise Invalid.one(prefix.rstrip(".") or "expectation", "must be an object with at least topics")
    read.known("", data, ("topics", "at_most", "days", "hours", "paused", "digest", "overflow"))
    topics = _topics(read, data.get("topics"))
    total = cap_from_json(read, "at_most", data.get("at_most"))
    days, hours = _days(read, data.get("days")), _hours(read, data.get("hours"))
    paused = _paused(read, data.get("paused"))
    digest = _digest(read, data.get("digest"), days, hours)
    overflow = _choice(read, "overflow", data.get("overflow", Overflow.COME_ALONG.value), Overflow)
    if read.problems or overflow is None:
        raise Invalid(read.problems)
    return Asked(topics=topics, at_most=total, days=days, hours=hours, paused=paused, digest=digest, overflow=overflow)


_Choice = TypeVar("_Choice", bound=StrEnum)


def _choice(read: _Reader, field: str, value: Any, kind: type[_Choice]) -> _Choice | None:
    try:
        return kind(value)
    except ValueError:
        read.wrong(field, Said("must be one of {known}", known=", ".join(kind)))
        return None


def _topics(read: _Reader, value: Any) -> tuple[AskedTopic, ...]:
    if not isinstance(value, list):
        read.wrong("topics", 'must be a list of topics, such as [{"topic": "letter", "arrives": "each"}]')
        return ()
    topics: list[AskedTopic] = []
    for index, item in enumerate(value):
        topic = _topic(read, f"topics[{index}]", item)
        if topic is not None and topic.topic in {other.topic for other in topics}:
            read.wrong(f"topics[{index}].topic", Said("this topic stands in the list already"))
        elif topic is not None:
            topics.append(topic)
    return tuple(topics)


def _topic(read: _Reader, where: str, item: Any) -> AskedTopic | None:
    given = read.object(where, item)
    if given is None:
        return None
    read.known(f"{where}.", given, ("topic", "arrives", "at_most"))
    slug = given.get("topic")
    if not isinstance(slug, str) or not slug:
        read.wrong(f"{where}.topic", Said("name a topic by its slug"))
        return None
    arrives = _choice(read, f"{where}.arrives", given.get("arrives", Arrives.EACH.value), Arrives)
    cap = cap_from_json(read, f"{where}.at_most", given.get("at_most"))
    if cap is not None and arrives is not None and arrives is not Arrives.EACH:
        read.wrong(f"{where}.at_most", Said("an own cap goes with a topic that arrives as each message only"))
        return None
    return None if arrives is None else AskedTopic(topic=slug, arrives=arrives, at_most=cap)


def cap_from_json(read: _Reader, field: str, value: Any) -> Cap | None:
    """A cap such as {"count": 2, "per": "week"}; None where it is absent or wrong."""
    given = read.object(field, value)
    if given is None:
        return None
    read.known(f"{field}.", given, ("count", "per"))
    per = _choice(read, f"{field}.per", given.get("per"), Period)
    try:
        return None if per is None else Cap(count=given.get("count"), per=per)  # type: ignore[arg-type]
    except ValueError as error:
        read.wrong(f"{field}.count", _why(error))
        return None


def _days(read: _Reader, value: Any) -> frozenset[Weekday]:
    if value is None:
        return EVERY_DAY
    if not isinstance(value, list) or not value or not all(isinstance(day, str) and day in DAY_NAMES for day in value):
        read.wrong("days", Said("must be a list of at least one of {known}", known=", ".join(DAY_NAMES)))
        return EVERY_DAY
    return frozenset(DAY_NAMES[day] for day in value)


def _time(read: _Reader, field: str, value: Any) -> time | None:
    if isinstance(value, str) and _CLOCK.match(value):
        return time(int(value[:2]), int(value[3:]))
    read.wrong(field, Said("must be a local time of day, such as 07:00"))
    return None


_CLOCK = re.compile(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", re.ASCII)


def _hours(read: _Reader, value: Any) -> Hours | None:
    given = read.object("hours", value)
    if given is None:
        return None
    read.known("hours.", given, ("from", "to"))
    since, until = _time(read, "hours.from", given.get("from")), _time(read, "hours.to", given.get("to"))
    try:
        return None if since is None or until is None else Hours(since=since, until=until)
    except ValueError as error:
        read.wrong("hours", _why(error))
        return None


def _date(read: _Reader, field: str, value: Any) -> date | None:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    read.wrong(field, Said("must be a date, such as 2027-01-04"))
    return None


def _paused(read: _Reader, value: Any) -> Pause | None:
    given = read.object("paused", value)
    if given is None:
        return None
    read.known("paused.", given, ("from", "until"))
    since, until = _date(read, "paused.from", given.get("from")), _date(read, "paused.until", given.get("until"))
    try:
        return None if since is None or until is None else Pause(since=since, until=until)
    except ValueError as error:
        read.wrong("paused", _why(error))
        return None


def _digest(read: _Reader, value: Any, days: frozenset[Weekday], hours: Hours | None) -> DigestTimes | None:
    given = read.object("digest", value)
    if given is None:
        return None
    read.known("digest.", given, ("hour", "weekday", "day"))
    usual = default_digest_times(days, hours)
    hour = _time(read, "digest.hour", given["hour"]) if "hour" in given else usual.hour
    weekday = DAY_NAMES.get(str(given["weekday"])) if "weekday" in given else usual.weekday
    day = given.get("day", usual.day)
    if weekday is None or weekday not in days:
        read.wrong("digest.weekday", Said("must be a weekday among the days on which mail may arrive"))
    if type(day) is not int or not 1 <= day <= 31:
        read.wrong("digest.day", Said("must be a day of the month from 1 to 31"))
    elif hour is not None and hours is not None and not hours.has(hour):
        read.wrong("digest.hour", Said("must lie within the hours in which mail may arrive"))
    elif hour is not None and weekday is not None:
        return DigestTimes(hour=hour, weekday=weekday, day=day)
    return None


def checked_zone(name: str, field: str = "zone") -> str:
    """The name of an IANA zone. Raises `Invalid` for anything else."""
    try:
        zone_named(name)
    except UnknownZone as error:
        raise Invalid.one(field, _why(error)) from error
    return name


def _why(error: ValueError) -> str:
    """What the law says, which may be said in other languages."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, str) else str(said)


def asked_to_json(asked: Asked) -> dict[str, Any]:
    """The JSON object of an expectation; absent fields are those without a restriction."""
    topics = []
    for topic in asked.topics:
        item: dict[str, Any] = {"topic": topic.topic, "arrives": topic.arrives.value}
        if topic.at_most is not None:
            item["at_most"] = cap_to_json(topic.at_most)
        topics.append(item)
    times = asked.digest_times
    data: dict[str, Any] = {"topics": topics}
    if asked.at_most is not None:
        data["at_most"] = cap_to_json(asked.at_most)
    if asked.days != EVERY_DAY:
        data["days"] = [day.name.lower() for day in sorted(asked.days)]
    if asked.hours is not None:
        data["hours"] = {"from": f"{asked.hours.since:%H:%M}", "to": f"{asked.hours.until:%H:%M}"}
    if asked.paused is not None:
        data["paused"] = {"from": asked.paused.since.isoformat(), "until": asked.paused.until.isoformat()}
    data["digest"] = {"hour": f"{times.hour:%H:%M}", "weekday": times.weekday.name.lower(), "day": times.day}
    data["overflow"] = asked.overflow.value
    return data


def cap_to_json(cap: Cap) -> dict[str, Any]:
    """The JSON object of a cap."""
    return {"count": cap.count, "per": cap.per.value}
