"""A named cast: readers as tests know them, by what they asked for. Berlin, good standing, Letter on Tuesdays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from preferences.cadence import Cadence, Cap, Period, Weekday
from preferences.calendar import zone_named
from preferences.campaign import Candidate, DigestDue, ExpiryBasis
from preferences.expectation import (
    GOOD_STANDING,
    Arrives,
    DigestTimes,
    Expectation,
    Overflow,
    Standing,
    Terms,
    TopicCadences,
    TopicChoice,
)
from preferences.history import CountedMail
from preferences.quiet import Hours, Pause

LETTER, EVENTS, JOBS, ALERTS = 1, 2, 3, 4
ONE_A_DAY = Cap(count=1, per=Period.DAY)
ONE_A_WEEK = Cap(count=1, per=Period.WEEK)
TWO_A_WEEK = Cap(count=2, per=Period.WEEK)
FIVE_A_WEEK = Cap(count=5, per=Period.WEEK)
ONE_A_MONTH = Cap(count=1, per=Period.MONTH)
FOUR_A_YEAR = Cap(count=4, per=Period.YEAR)

WEEKLY_ON_TUESDAYS = Cadence(id=10, at_most=ONE_A_WEEK, days=frozenset({Weekday.TUE}))
EVENTS_AS_STATED = Cadence(id=20, at_most=FIVE_A_WEEK)
JOBS_AS_STATED = Cadence(id=30, at_most=FIVE_A_WEEK)
ALERTS_AS_STATED = Cadence(id=40, at_most=FOUR_A_YEAR)
STATED = {
    LETTER: TopicCadences(accepted=WEEKLY_ON_TUESDAYS, current=WEEKLY_ON_TUESDAYS),
    EVENTS: TopicCadences(accepted=EVENTS_AS_STATED, current=EVENTS_AS_STATED),
    JOBS: TopicCadences(accepted=JOBS_AS_STATED, current=JOBS_AS_STATED),
    ALERTS: TopicCadences(accepted=ALERTS_AS_STATED, current=ALERTS_AS_STATED, notice=True),
}
WORKDAYS = frozenset({Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI})
OFFICE_HOURS = Hours(since=time(9), until=time(17))

BERLIN = zone_named("Europe/Berlin")
TUESDAY = date(2026, 11, 24)


def berlin(day: int, hour: int, minute: int = 0, *, month: int = 11, year: int = 2026) -> datetime:
    """An instant by the clock of Berlin; November 2026 unless said, where the 3rd, 10th, 17th and 24th are Tuesdays."""
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def terms_for(
    arrives: dict[int, Arrives],
    *,
    cadences: dict[int, TopicCadences] | None = None,
    own: dict[int, Cap] | None = None,
    **asked: Any,
) -> Terms:
    """Terms of a reader in Berlin who asked for these topics in these ways."""
    stated = {**STATED, **(cadences or {})}
    choices = tuple(
        TopicChoice(topic=topic, arrives=way, accepted=stated[topic].accepted.id, at_most=(own or {}).get(topic))
        for topic, way in arrives.items()
    )
    given: dict[str, Any] = {"id": 1, "zone": "Europe/Berlin", "topics": choices}
    return Terms(expectation=Expectation(**(given | asked)), cadences={topic: stated[topic] for topic in arrives})


def changed(terms: Terms, **asked: Any) -> Terms:
    """The same terms, except for what is given."""
    return Terms(expectation=replace(terms.expectation, **asked), cadences=terms.cadences)


# Anna reads Letter and nothing else, with no wishes of her own.
ANNA = terms_for({LETTER: Arrives.EACH})
# Ben chose three topics and at most one mail a week from all of them.
BEN = terms_for({LETTER: Arrives.EACH, EVENTS: Arrives.EACH, JOBS: Arrives.EACH}, total=ONE_A_WEEK)
# Carla wants what does not fit to be left out.
CARLA = changed(BEN, overflow=Overflow.LEAVE_OUT)
# Dora reads Letter by mail, Events in a digest on Fridays at 18:00, Jobs on the web; one mail a week in total.
DORA = terms_for(
    {LETTER: Arrives.EACH, EVENTS: Arrives.WEEKLY, JOBS: Arrives.WEB},
    total=ONE_A_WEEK,
    digest=DigestTimes(hour=time(18), weekday=Weekday.FRI, day=1),
)
# Emil wants mail on working days between nine and five.
EMIL = changed(BEN, total=None, days=WORKDAYS, hours=OFFICE_HOURS)
# Frida is away until 4 January.
FRIDA = changed(BEN, paused=Pause(since=date(2026, 11, 20), until=date(2027, 1, 4)))
# Greta takes Alerts, which cannot wait, besides Letter; one mail a week in total.
GRETA = terms_for({LETTER: Arrives.EACH, ALERTS: Arrives.EACH}, total=ONE_A_WEEK)

CONFIRMED = GOOD_STANDING
UNCONFIRMED = Standing(confirmed=False)
GONE = Standing(confirmed=True, unsubscribed=True)


def candidate(topics: tuple[int, ...] = (LETTER,), at: datetime | None = None, **other: Any) -> Candidate:
    """A campaign scheduled for Tuesday 24 November 2026 at nine, with the expiry that nobody set."""
    scheduled_at = at or berlin(24, 9)
    given: dict[str, Any] = {
        "id": 100,
        "campaign": 100,
        "topics": topics,
        "scheduled_at": scheduled_at,
        "expires_at": scheduled_at + timedelta(days=8),
        "expiry": ExpiryBasis.DEFAULT,
    }
    return Candidate(**(given | other))


def waited(topics: tuple[int, ...], at: datetime, **other: Any) -> Candidate:
    """A campaign that a cap or a pause has held since `at`."""
    return candidate(topics, at, has_waited=True, **other)


def digest(topics: frozenset[int] = frozenset({EVENTS}), at: datetime | None = None, **other: Any) -> DigestDue:
    """The weekly digest of Friday 27 November 2026 at 18:00 in Berlin."""
    slot_at = at or berlin(27, 18)
    slot_on = slot_at.astimezone(BERLIN).date()
    given: dict[str, Any] = {
        "id": 500,
        "rhythm": Arrives.WEEKLY,
        "slot_on": slot_on,
        "slot_at": slot_at,
        "topics": topics,
    }
    return DigestDue(**(given | other))


def mail(topic: int, at: datetime, *, along: frozenset[int] = frozenset()) -> CountedMail:
    """One counted mail that is charged to a topic."""
    return CountedMail(at=at, topics=frozenset({topic}), along=along, notice=topic == ALERTS)
