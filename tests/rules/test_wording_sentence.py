"""The sentences of the specification, character by character, and the words around them."""

import hashlib
from datetime import UTC, date, datetime, time

import pytest

from preferences.cadence import EVERY_DAY, Cadence, Cap, Period, Weekday
from preferences.expectation import Arrives, DigestTimes, Expectation, Overflow, Terms, TopicCadences, TopicChoice
from preferences.promise import clauses
from preferences.quiet import Hours, Pause
from preferences.wording import SENTENCE_VERSION, plain, sentence, sentence_lines

LETTER, EVENTS, JOBS, ALERTS, FIXES = 1, 2, 3, 4, 5
NAMES = {LETTER: "Letter", EVENTS: "Events", JOBS: "Jobs", ALERTS: "Alerts", FIXES: "Fixes"}
NOW = datetime(2026, 12, 21, 12, tzinfo=UTC)
WEEKLY = Cap(count=1, per=Period.WEEK)
TWO_A_WEEK = Cap(count=2, per=Period.WEEK)
FRIDAYS_AT_SIX = DigestTimes(hour=time(18), weekday=Weekday.FRI, day=1)
WORKDAYS = frozenset(Weekday) - {Weekday.SAT, Weekday.SUN}
TUESDAYS = frozenset({Weekday.TUE})


def topic(
    number: int,
    arrives: Arrives = Arrives.EACH,
    cap: Cap = TWO_A_WEEK,
    *,
    own: Cap | None = None,
    usual: frozenset[Weekday] = frozenset(),
    current: Cadence | None = None,
    notice: bool = False,
) -> tuple[TopicChoice, TopicCadences]:
    accepted = Cadence(id=number, at_most=cap, days=usual)
    choice = TopicChoice(topic=number, arrives=arrives, accepted=number, at_most=own)
    return choice, TopicCadences(accepted=accepted, current=current or accepted, notice=notice)


def terms(
    *topics: tuple[TopicChoice, TopicCadences],
    total: Cap | None = None,
    days: frozenset[Weekday] = EVERY_DAY,
    hours: Hours | None = None,
    paused: Pause | None = None,
    overflow: Overflow = Overflow.COME_ALONG,
    digest: DigestTimes | None = None,
) -> Terms:
    expectation = Expectation(
        id=1,
        zone="Europe/Berlin",
        topics=tuple(choice for choice, _ in topics),
        total=total,
        days=days,
        hours=hours,
        paused=paused,
        overflow=overflow,
        digest=digest,
    )
    return Terms(expectation=expectation, cadences={choice.topic: cadences for choice, cadences in topics})


def said(promised: Terms, now: datetime = NOW) -> str:
    return sentence(clauses(promised, NAMES, now))


def test_one_topic_with_its_usual_day_is_said_in_one_line() -> None:
    promised = terms(topic(LETTER, cap=WEEKLY, usual=TUESDAYS))
    assert said(promised) == "You get *Letter* once a week, usually on Tuesdays. Nothing else."


def test_a_total_names_everything_chosen_and_what_becomes_of_more() -> None:
    promised = terms(topic(LETTER), topic(EVENTS), topic(JOBS), total=TWO_A_WEEK)
    assert said(promised) == (
        "At most 2 mails a week from everything you chose: *Letter*, *Events*, *Jobs*. "
        "If there is more, it comes along in your next mail."
    )


def test_a_weekly_digest_says_its_day_its_hour_and_that_it_may_be_empty() -> None:
    promised = terms(topic(EVENTS, Arrives.WEEKLY), topic(JOBS, Arrives.WEEKLY), digest=FRIDAYS_AT_SIX)
    assert said(promised) == (
        "One mail a week, Fridays at 18:00, with everything about *Events* and *Jobs*. If nothing happened, no mail."
    )


def test_a_pause_comes_first_and_says_what_is_after_it() -> None:
    paused = Pause(since=date(2026, 12, 20), until=date(2027, 1, 4))
    promised = terms(topic(LETTER), total=WEEKLY, paused=paused)
    assert said(promised) == "Nothing until Monday 4 January. Then at most one mail a week, about *Letter*."


def test_web_only_says_where_to_read() -> None:
    assert said(terms(topic(JOBS, Arrives.WEB))) == (
        "No mail about *Jobs*: you read it on the web or in your private feed."
    )


def test_a_notice_is_said_last_and_beside_everything_else() -> None:
    yearly = Cap(count=4, per=Period.YEAR)
    promised = terms(topic(LETTER), topic(ALERTS, cap=yearly, notice=True), total=WEEKLY)
    assert said(promised).splitlines() == [
        "At most one mail a week, about *Letter*.",
        "Besides that only what cannot wait, such as a cancellation: at most 4 a year.",
    ]


def test_nothing_else_is_not_said_where_there_is_something_else() -> None:
    yearly = Cap(count=4, per=Period.YEAR)
    with_notice = terms(topic(LETTER), topic(ALERTS, cap=yearly, notice=True))
    with_digest = terms(topic(LETTER), topic(EVENTS, Arrives.DAILY))
    assert "Nothing else." not in said(with_notice)
    assert "Nothing else." not in said(with_digest)


def test_notices_alone_are_beside_nothing_and_several_are_named() -> None:
    yearly = Cap(count=4, per=Period.YEAR)
    alone = topic(ALERTS, cap=yearly, notice=True)
    assert said(terms(alone)) == "Only what cannot wait, such as a cancellation: at most 4 a year."
    both = terms(alone, topic(FIXES, cap=Cap(count=1, per=Period.YEAR), notice=True))
    assert said(both) == (
        "Only what cannot wait, such as a cancellation: *Alerts* at most 4 a year, *Fixes* at most 1 a year."
    )


def test_without_a_total_every_topic_has_its_line() -> None:
    promised = terms(
        topic(LETTER, cap=WEEKLY, usual=TUESDAYS),
        topic(EVENTS, cap=Cap(count=3, per=Period.MONTH)),
        topic(JOBS, Arrives.WEB),
        overflow=Overflow.LEAVE_OUT,
    )
    assert said(promised).splitlines() == [
        "You get *Letter* once a week, usually on Tuesdays.",
        "You get *Events* at most 3 times a month.",
        "If there is more, it is left out. Nothing else.",
        "No mail about *Jobs*: you read it on the web or in your private feed.",
    ]


def test_a_topic_that_is_bound_more_tightly_than_the_total_has_its_own_line() -> None:
    promised = terms(topic(LETTER, cap=WEEKLY), topic(EVENTS), topic(JOBS, Arrives.MONTHLY), total=TWO_A_WEEK)
    assert said(promised).splitlines()[1:] == [
        "*Letter*: once a week.",
        "One mail a month, on the 1st at 09:00, with everything about *Jobs*. If nothing happened, no mail.",
    ]


def test_usual_days_are_said_where_the_total_leaves_nothing_else_to_say() -> None:
    monthly = Cap(count=1, per=Period.MONTH)
    promised = terms(topic(LETTER, cap=monthly, usual=TUESDAYS), total=monthly)
    assert said(promised).splitlines()[1:] == ["*Letter*: usually on Tuesdays."]


def test_caps_of_different_periods_are_both_said() -> None:
    promised = terms(topic(LETTER, cap=TWO_A_WEEK, own=Cap(count=3, per=Period.MONTH)))
    assert said(promised) == "You get *Letter* at most 3 times a month and at most twice a week. Nothing else."


def test_a_raised_cadence_is_not_said_to_who_accepted_less() -> None:
    raised = Cadence(id=99, at_most=Cap(count=3, per=Period.WEEK))
    assert said(terms(topic(LETTER, cap=WEEKLY, current=raised))) == "You get *Letter* once a week. Nothing else."


def test_a_lowered_cadence_is_said_to_everyone() -> None:
    lowered = Cadence(id=99, at_most=Cap(count=1, per=Period.MONTH))
    assert said(terms(topic(LETTER, cap=WEEKLY, current=lowered))) == "You get *Letter* once a month. Nothing else."


def test_an_own_cap_of_one_a_week_is_said_beside_a_cadence_whose_week_begins_elsewhere() -> None:
    promised = terms(topic(LETTER, cap=WEEKLY, own=WEEKLY, usual=TUESDAYS))
    assert (
        said(promised)
        == "You get *Letter* once a week and at most once in any calendar week, usually on Tuesdays. Nothing else."
    )


def test_days_hours_and_a_pause_to_come_follow_the_mails_they_hold() -> None:
    promised = terms(
        topic(LETTER, cap=WEEKLY),
        topic(JOBS, Arrives.WEB),
        days=WORKDAYS,
        hours=Hours(since=time(7), until=time(0)),
        paused=Pause(since=date(2027, 1, 1), until=date(2028, 1, 3)),
    )
    assert said(promised).splitlines() == [
        "You get *Letter* once a week. Nothing else.",
        "Mail comes only from Monday to Friday, between 07:00 and midnight your time.",
        "Nothing from Friday 1 January until Monday 3 January 2028.",
        "No mail about *Jobs*: you read it on the web or in your private feed.",
    ]


@pytest.mark.parametrize(
    ("day", "days", "words"),
    [
        (2, EVERY_DAY, "on the 2nd at"),
        (11, EVERY_DAY, "on the 11th at"),
        (31, EVERY_DAY, "on the 31st, or the last day of a shorter month, at"),
        (3, WORKDAYS, "on the 3rd or the next day you allow at"),
    ],
)
def test_a_monthly_digest_says_its_day_as_it_is_kept(day: int, days: frozenset[Weekday], words: str) -> None:
    times = DigestTimes(hour=time(9), weekday=Weekday.TUE, day=day)
    assert words in said(terms(topic(JOBS, Arrives.MONTHLY), days=days, digest=times))


def test_a_pause_that_is_over_is_not_mentioned() -> None:
    over = Pause(since=date(2026, 12, 1), until=date(2026, 12, 21))
    assert said(terms(topic(LETTER), paused=over)) == said(terms(topic(LETTER)))


def test_a_pause_ends_with_the_reader_s_own_date() -> None:
    paused = terms(topic(LETTER), paused=Pause(since=date(2026, 12, 1), until=date(2026, 12, 21)))
    assert said(paused, datetime(2026, 12, 20, 22, 59, tzinfo=UTC)).startswith("Nothing until Monday 21 December.")
    assert said(paused, datetime(2026, 12, 20, 23, 0, tzinfo=UTC)).startswith("You get")


def test_who_chose_nothing_is_told_so() -> None:
    assert said(terms()) == "No mail."


def test_names_stand_on_one_line_and_are_emphasised_as_the_page_asks() -> None:
    promise = clauses(terms(topic(LETTER, cap=WEEKLY)), {LETTER: "The\nLetter {x}"}, NOW)
    assert sentence_lines(promise, emphasis=plain) == ("You get The Letter {x} once a week. Nothing else.",)
    assert "<em>The Letter {x}</em>" in sentence(promise, emphasis=lambda name: f"<em>{name}</em>")


def test_a_language_that_is_not_known_is_said_in_english() -> None:
    promise = clauses(terms(topic(LETTER)), NAMES, NOW)
    assert sentence(promise, "xx") == sentence(promise, "en-GB") == sentence(promise)


def test_other_words_are_a_new_version() -> None:
    """The version is part of the proof of consent: who changes a word changes both numbers here."""
    yearly = topic(ALERTS, cap=Cap(count=4, per=Period.YEAR), notice=True)
    mixed = (topic(LETTER, cap=WEEKLY, own=WEEKLY, usual=TUESDAYS), topic(EVENTS, Arrives.WEEKLY), yearly)
    paused = Pause(since=date(2026, 12, 20), until=date(2027, 1, 4))
    topics = (*mixed, topic(JOBS, Arrives.WEB), topic(FIXES, Arrives.MONTHLY))
    corpus = [
        terms(
            *topics, total=total, overflow=overflow, paused=pause, days=days, hours=Hours(since=time(7), until=time(21))
        )
        for total in (None, TWO_A_WEEK)
        for overflow in Overflow
        for pause, days in ((paused, EVERY_DAY), (None, WORKDAYS))
    ]
    digest = hashlib.sha256("\n".join(said(one) for one in corpus).encode()).hexdigest()[:16]
    assert (SENTENCE_VERSION, digest) == (1, "651897aa80ca1518")
