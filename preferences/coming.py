"""Whether another mail is coming that could carry what waits. The store says what is scheduled; the caps are asked here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from preferences.cadence import Cadence, Period, opening
from preferences.calendar import ONE_DAY, ONE_SECOND, as_instant, first_instant, local_date
from preferences.expectation import Arrives, Terms
from preferences.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A mail that may go out: charged to `topic`, or the digest of `rhythm`.

    `since` is the instant it is planned for; `until`, later than it, is when nothing is coming from there any more
    (the end of an expected day). A scheduled campaign that is due right now is still coming.
    """

    since: datetime
    until: datetime
    topic: int | None = None
    rhythm: Arrives | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "since", as_instant(self.since, "a prospect"))
        object.__setattr__(self, "until", as_instant(self.until, "the end of a prospect"))
        if (self.topic is None) == (self.rhythm is None):
            raise ValueError("a prospect is a campaign's or a digest's")


def first_coming(
    terms: Terms, history: History, prospects: Iterable[Prospect], now: datetime, before: datetime | None
) -> datetime | None:
    """The instant of the first prospect from `now` to `before` that caps, pause, days and hours allow then."""
    for prospect in sorted(prospects, key=lambda prospect: prospect.since):
        at = max(prospect.since, now)
        if at >= prospect.until or (before is not None and at > before):
            continue
        if _allows(terms, history, prospect, at):
            return at
    return None


def _allows(terms: Terms, history: History, prospect: Prospect, at: datetime) -> bool:
    if terms.next_free(at) != at:
        return False
    if prospect.rhythm is not None:
        caps = [(cap, history.digests.get(prospect.rhythm, ())) for cap in terms.rhythm_caps[prospect.rhythm][:1]]
    else:
        topic = terms.topics.get(prospect.topic or 0)
        if topic is None or topic.arrives is not Arrives.EACH or topic.notice:
            return False
        caps = [(cap, history.charged.get(topic.topic, ())) for cap in topic.caps]
    caps += [(cap, history.total) for cap in terms.total_caps]
    return all(opening(cap, counted, terms.zone, at) is None for cap, counted in caps)


def expected_issue(terms: Terms, cadence: Cadence, topic: int, last_at: datetime) -> Prospect:
    """When the next issue of a topic is expected, after its last campaign at `last_at`, in the reader's zone.

    The next usual day after it, else its local day plus the period divided by the cadence's count; at the last one's
    time of day (outside the hours, their first), and until that local day ends.
    """
    local = last_at.astimezone(terms.zone)
    on = _next_day(cadence, local_date(terms.zone, last_at))
    at = local.time()
    hours = terms.expectation.hours
    if hours is not None and not hours.has(at):
        at = hours.since
    since = first_instant(terms.zone, on, at)
    return Prospect(topic=topic, since=since, until=max(first_instant(terms.zone, on + ONE_DAY), since + ONE_SECOND))


def _next_day(cadence: Cadence, last_on: date) -> date:
    if cadence.days:
        return next(on for on in (last_on + timedelta(days=n) for n in range(1, 8)) if on.weekday() in cadence.days)
    return last_on + timedelta(days=max(1, round(_period_days(cadence.at_most.per, last_on) / cadence.at_most.count)))


def _period_days(period: Period, last_on: date) -> int:
    """The length of a period in days, counted from a local date: months and quarters as the calendar has them."""
    fixed = {Period.DAY: 1, Period.WEEK: 7, Period.TWO_WEEKS: 14}
    if period in fixed:
        return fixed[period]
    months = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[period]
    return (_months_later(last_on, months) - last_on).days


def _months_later(on: date, months: int) -> date:
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    first_after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=on.day - 1), first_after - ONE_DAY)
