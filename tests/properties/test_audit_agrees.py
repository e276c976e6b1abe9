"""The audit and the law were written apart, and say the same of any history, kept or broken; a third reading counts
the windows one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from preferences.audit import ledger
from preferences.audit.windows import overfull
from preferences.cadence import Cap
from preferences.calendar import zone_named
from tests.properties.audit_worlds import START, ZONES, Lived, World, book_of, caps, gaps, worlds
from tests.properties.worlds import effort
from tests.rules.audit_cast import LONG_AGO, Book


def _found_broken(book: Book) -> list[bool]:
    """Which mails the audit names, in recording order."""
    named = {(one.mail, one.at) for one in book.broken()}
    answers = []
    for attempt in book.attempts.values():
        delivery = book.deliveries[attempt.delivery]
        campaign = book.campaigns.get(delivery.campaign or 0)
        name = f"the daily digest of {delivery.slot_on}" if campaign is None else f"campaign {campaign.name!r}"
        answers.append((name, attempt.committed_at) in named)
    return answers


@settings(max_examples=effort(300))
@given(worlds())
def test_a_mail_is_named_exactly_when_the_law_would_not_have_sent_it(world: World) -> None:
    allowed = Lived(world).run()
    assert _found_broken(book_of(world)) == [not one for one in allowed]


@settings(max_examples=effort(150))
@given(worlds())
def test_what_the_law_let_go_is_found_clean(world: World) -> None:
    kept: list[tuple[datetime, int, bool]] = []
    for mail in sorted(world.mails):
        if Lived(replace(world, mails=(*kept, mail))).run()[-1]:
            kept.append(mail)
    assert book_of(replace(world, mails=tuple(kept))).broken() == []


def every_window(
    cap: ledger.Cap, at: datetime, instants: Sequence[datetime], zone: ZoneInfo
) -> Iterator[tuple[int, int]]:
    """How many of `instants` each window with `at` holds, and how many it may: windows laid out day by day."""
    local = {one: one.astimezone(zone).date() for one in (*instants, at)}
    on = local[at]
    firsts = {
        "day": [on],
        "week": [
            on - timedelta(days=back) for back in range(7) if (on - timedelta(days=back)).weekday() in _firsts(cap)
        ],
        "two_weeks": [],
        "month": [on.replace(day=1)],
        "quarter": [date(on.year, month, 1) for month in (1, 4, 7, 10) if month <= on.month < month + 3],
        "year": [date(on.year, 1, 1)],
    }[cap.per]
    length = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366, "two_weeks": 0}[cap.per]
    for first in firsts:
        days = {first + timedelta(days=n) for n in range(length)}
        days = {day for day in days if cap.per in ("day", "week") or _same_unit(cap.per, day, first)}
        yield sum(local[one] in days for one in instants), cap.count
    for hours, times in {
        "day": [(6, 1)],
        "week": [(96, 1)],
        "two_weeks": [(264, 1), (576, 2)],
        "month": [(504, 1)],
        "quarter": [(1512, 1)],
        "year": [],
    }[cap.per]:
        span = timedelta(hours=hours)
        for begin in instants:
            if begin <= at < begin + span:
                yield sum(begin <= one < begin + span for one in instants), cap.count * times


def _firsts(cap: ledger.Cap) -> tuple[int, ...]:
    return (0, 6) if cap.week_from is None else (cap.week_from,)


def _same_unit(per: str, day: date, first: date) -> bool:
    months = {"month": 1, "quarter": 3, "year": 12}[per]
    return 0 <= (day.year - first.year) * 12 + day.month - first.month < months


@settings(max_examples=effort(300))
@given(
    cap=caps,
    week_from=st.one_of(st.none(), st.integers(0, 6)),
    minutes=st.lists(gaps, max_size=8),
    gap=gaps,
    zone=st.sampled_from(ZONES),
)
def test_a_window_is_overfull_exactly_when_counting_it_day_by_day_says_so(
    cap: Cap, week_from: int | None, minutes: list[int], gap: int, zone: str
) -> None:
    read = ledger.Cap(
        whose="total", count=cap.count, per=cap.per.value, week_from=week_from if cap.per == "week" else None
    )
    at, others = START, []
    for step in minutes:
        at += timedelta(minutes=step)
        others.append(at)
    at += timedelta(minutes=gap)
    full = any(held >= most for held, most in every_window(read, at, others, zone_named(zone)))
    assert (overfull(read, others, zone_named(zone), at) is not None) == full


@settings(max_examples=effort(100))
@given(world=worlds(), data=st.data())
def test_one_wrong_row_in_what_was_kept_is_found(world: World, data: st.DataObject) -> None:
    kept = tuple(mail for mail in sorted(world.mails)[:1] if Lived(replace(world, mails=(mail,))).run()[0])
    book = book_of(replace(world, mails=kept))
    if not kept:
        return
    attempt = next(iter(book.attempts))
    wrong = data.draw(st.sampled_from(["uncounted", "not counted", "late", "no decision", "left", "never confirmed"]))
    if wrong == "uncounted":
        book.uncount(attempt, book.attempts[attempt].committed_at)
    elif wrong == "not counted":
        book.counted = []
    elif wrong == "late":
        late = book.attempts[attempt].committed_at + timedelta(seconds=6)
        book.attempts[attempt] = replace(book.attempts[attempt], begun_at=late)
    elif wrong == "no decision":
        book.sent = []
    elif wrong == "left":
        book.unsubscribes.append(
            ledger.Unsubscribe(topic=None, expectation=None, occurred_at=START - timedelta(days=1))
        )
        book.expectations = tuple(replace(one, since=LONG_AGO) for one in book.expectations)
    else:
        book.standings = []
        book.sent = [replace(one, standing=None) for one in book.sent]
    assert book.broken() != []
