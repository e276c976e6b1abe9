"""Invariant 8: the clauses of the sentence against what is enforced, which is read here from the ledger itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from preferences.audit.ledger import EACH, RHYTHMS, WEB, Cap, Expectation, Publication
from preferences.audit.terms import topic_caps, total_caps
from preferences.audit.windows import PERIOD_NAMES, ROLLING, calendar_windows
from preferences.promise import CapClause, Promise, TopicClause

_EVERY_DAY = frozenset(range(7))
_LONGEST_DAYS = {"date": 1, "month": 31, "quarter": 92, "year": 366}
_INSIDE = {("month", "quarter"), ("month", "year"), ("quarter", "year")}


def wrong_clauses(publication: Publication, expectation: Expectation, promise: Promise, at: datetime) -> Iterator[str]:
    """What the promise of these terms at an instant names without being enforced, or leaves out though it is."""
    ways: dict[str, list[int]] = {}
    for choice in expectation.choices.values():
        ways.setdefault(choice.arrives, []).append(choice.topic)
    notices = [topic for topic in ways.get(EACH, []) if publication.topics[topic].is_notice]
    each = [topic for topic in ways.get(EACH, []) if topic not in notices]
    by_mail = any(way != WEB for way in ways)
    yield from _different("topics as each message", each, [one.topic.topic for one in promise.each])
    yield from _different("topics that cannot wait", notices, [one.topic.topic for one in promise.notices])
    yield from _different("topics on the web only", ways.get(WEB, []), [one.topic for one in promise.web])
    yield from _wrong_digests(ways, promise)
    yield from _wrong_total(expectation, promise, needed=bool(each) or any(way in RHYTHMS for way in ways))
    total = list(total_caps(expectation))
    for clause in (*promise.each, *promise.notices):
        beside = [] if clause.topic.topic in notices else total
        yield from _wrong_caps(publication, expectation, clause, beside, at)
    yield from _wrong_limits(expectation, promise, at, by_mail=by_mail)
    if each and promise.overflow != expectation.overflow:
        yield f"it says {promise.overflow} for what does not fit, and {expectation.overflow} is enforced"


def _different(what: str, enforced: object, said: object) -> Iterator[str]:
    if enforced != said:
        yield f"{what}: it says {said or 'none'}, and {enforced or 'none'} is enforced"


def _wrong_digests(ways: dict[str, list[int]], promise: Promise) -> Iterator[str]:
    said = {str(one.rhythm): [topic.topic for topic in one.topics] for one in promise.digests}
    yield from _different("digests", {way: topics for way, topics in ways.items() if way in RHYTHMS}, said)


def _wrong_total(expectation: Expectation, promise: Promise, *, needed: bool) -> Iterator[str]:
    said = None if promise.total is None else (promise.total.count, str(promise.total.per))
    yield from _different("the total", expectation.total if needed else None, said)


def _wrong_caps(
    publication: Publication, expectation: Expectation, clause: TopicClause, total: list[Cap], at: datetime
) -> Iterator[str]:
    """Every cap that is said is enforced, and what is enforced is said or follows from what is."""
    choice = expectation.choices.get(clause.topic.topic)
    if choice is None:
        return
    enforced = list(topic_caps(publication, choice, at, None))
    said = [_cap_said(one) for one in clause.caps]
    for cap in said:
        if not any(_is_same(cap, other) for other in enforced):
            yield f"it says at most {cap.count} {PERIOD_NAMES[cap.per]} of {clause.topic.name}, which is not enforced"
    for cap in enforced:
        if not _follows(cap, [*said, *total]):
            yield f"it leaves out the {cap.whose}, at most {cap.count} {PERIOD_NAMES[cap.per]}"
    current = publication.topics[choice.topic].cadences
    usual = [one.days for one in current if one.stated_at <= at]
    if usual and frozenset(int(day) for day in clause.usual) != usual[-1]:
        yield f"the usual days it names for {clause.topic.name} are not those that are stated"


def _cap_said(clause: CapClause) -> Cap:
    week_from = None if clause.week_from is None else int(clause.week_from)
    return Cap(whose="", count=clause.cap.count, per=str(clause.cap.per), week_from=week_from)


def _is_same(cap: Cap, other: Cap) -> bool:
    same_week = cap.per != "week" or cap.week_from == other.week_from
    return (cap.count, cap.per) == (other.count, other.per) and same_week


def _follows(cap: Cap, said: Iterable[Cap]) -> bool:
    """Whether every window of a cap is kept by whoever keeps those that are said."""
    known = list(said)
    calendar = [(name, cap.count) for name, _ in calendar_windows(cap)]
    rolling = [(length, cap.count * times) for length, times in ROLLING[cap.per]]
    return all(any(_keeps(name, most, one) for one in known) for name, most in calendar) and all(
        any(_keeps(length, most, one) for one in known) for length, most in rolling
    )


def _keeps(window: str | timedelta, most: int, said: Cap) -> bool:
    """Whether a cap leaves no room for more than `most` in a window: its windows are larger, or enough of them cover it."""
    longest = window if isinstance(window, timedelta) else timedelta(days=_LONGEST_DAYS.get(window, 7) + 1)
    for length, times in ROLLING[said.per]:
        pieces = -(-longest // length)
        if pieces * said.count * times <= most:
            return True
    names = [name for name, _ in calendar_windows(said)]
    inside = window in names or any(window == "date" or (window, name) in _INSIDE for name in names)
    return isinstance(window, str) and inside and said.count <= most


def _wrong_limits(expectation: Expectation, promise: Promise, at: datetime, *, by_mail: bool) -> Iterator[str]:
    """Days, hours and what is left of the pause, where anything comes by mail at all."""
    days = expectation.days if by_mail else _EVERY_DAY
    yield from _different("days", sorted(days), sorted(int(day) for day in promise.days))
    hours = None if promise.hours is None else (promise.hours.since, promise.hours.until)
    yield from _different("hours", _hours(expectation.hours if by_mail else None), _hours(hours))
    today = at.astimezone(expectation.zone).date()
    paused = expectation.paused if by_mail else None
    is_over = paused is not None and paused[1] <= today
    until = None if paused is None or is_over else str(paused[1])
    yield from _different("the end of the pause", until, None if promise.pause is None else str(promise.pause.until))
    if paused is not None and not is_over and promise.pause is not None:
        since = str(paused[0]) if today < paused[0] else None
        said = None if promise.pause.since is None else str(promise.pause.since)
        yield from _different("the beginning of the pause", since, said)


def _hours(hours: tuple[time, time] | None) -> str | None:
    return None if hours is None else f"{hours[0]:%H:%M}-{hours[1]:%H:%M}"
