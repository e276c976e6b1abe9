"""German, as a reader of it would say it: whole sentences, by sample."""

from datetime import UTC, date, datetime, time

from preferences.cadence import Cap, Period, Weekday
from preferences.expectation import Arrives, DigestTimes
from preferences.promise import clauses
from preferences.quiet import Hours, Pause
from preferences.wording import count_line, instant_in_words, sentence, why_line
from tests.rules.test_wording_sentence import (
    ALERTS,
    EVENTS,
    JOBS,
    LETTER,
    NAMES,
    NOW,
    TUESDAYS,
    TWO_A_WEEK,
    WEEKLY,
    WORKDAYS,
    terms,
    topic,
)


def said(promised: object) -> list[str]:
    return sentence(clauses(promised, NAMES, NOW), "de").splitlines()  # type: ignore[arg-type]


def test_a_letter_with_its_usual_day() -> None:
    assert said(terms(topic(LETTER, cap=WEEKLY, usual=TUESDAYS))) == [
        "Sie bekommen *Letter* einmal pro Woche, meist dienstags. Sonst nichts."
    ]


def test_a_total_over_several_topics() -> None:
    assert said(terms(topic(LETTER), topic(EVENTS), topic(JOBS), total=TWO_A_WEEK)) == [
        (
            "Höchstens 2 Mails pro Woche aus allem, was Sie gewählt haben: *Letter*, *Events*, *Jobs*. "
            "Wenn es mehr gibt, kommt es in Ihrer nächsten Mail mit."
        )
    ]


def test_a_digest_on_its_day() -> None:
    on_fridays = DigestTimes(hour=time(18), weekday=Weekday.FRI, day=31)
    weekly = terms(topic(EVENTS, Arrives.WEEKLY), topic(JOBS, Arrives.WEEKLY), digest=on_fridays)
    assert said(weekly) == [
        "Jede Woche eine Mail, freitags um 18:00 Uhr, mit allem über *Events* und *Jobs*. Wenn nichts war, keine Mail."
    ]
    assert said(terms(topic(EVENTS, Arrives.MONTHLY), digest=on_fridays)) == [
        (
            "Jeden Monat eine Mail, am 31. oder am letzten Tag eines kürzeren Monats um 18:00 Uhr, mit allem über *Events*."
            " Wenn nichts war, keine Mail."
        )
    ]


def test_a_pause_and_what_is_after_it() -> None:
    paused = Pause(since=date(2026, 12, 20), until=date(2027, 1, 4))
    assert said(terms(topic(LETTER), total=WEEKLY, paused=paused)) == [
        "Nichts bis Montag, 4. Januar. Danach gilt: Höchstens eine Mail pro Woche, über *Letter*."
    ]


def test_days_hours_and_what_cannot_wait() -> None:
    yearly = Cap(count=4, per=Period.YEAR)
    promised = terms(
        topic(LETTER),
        topic(ALERTS, cap=yearly, notice=True),
        total=WEEKLY,
        days=WORKDAYS,
        hours=Hours(since=time(7), until=time(0)),
    )
    assert said(promised) == [
        "Höchstens eine Mail pro Woche, über *Letter*.",
        "Mail kommt nur von Montag bis Freitag, zwischen 07:00 Uhr und Mitternacht Ihrer Zeit.",
        "Daneben nur, was nicht warten kann, zum Beispiel eine Absage: höchstens 4 pro Jahr.",
    ]


def test_what_stands_around_a_mail() -> None:
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert instant_in_words(at, UTC, date(2026, 11, 20), "de-AT") == "Dienstag, 24. November, um 08:00 Uhr"
    assert count_line(1, WEEKLY, "de") == "Mail 1 von höchstens 1 in dieser Woche"
    assert why_line("Letter", "Events", arrives=Arrives.WEEKLY, language="de") == (
        "Sie haben Letter und Events gewählt, in einer Mail pro Woche."
    )
