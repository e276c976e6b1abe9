"""Invariants 4 to 6: handed over twice, outcomes that are not final or not borne out, after leaving, and too late."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from preferences.audit import wrong_audiences
from preferences.audit.ledger import Expectation, Unsubscribe
from tests.rules.audit_cast import EVENTS, LETTER, Book, asks_for, berlin

EACH = {LETTER: "each", EVENTS: "each"}


def test_a_campaign_handed_over_twice_by_itself_is_named() -> None:
    book = Book(asks_for(EACH))
    campaign = book.campaign(EVENTS)
    book.hand_over(campaign, berlin(3), EVENTS, outcome="in_doubt")
    book.hand_over(campaign, berlin(4), EVENTS)
    assert book.whys() == [
        (4, "handed over 2 times: 2026-11-03 08:00 UTC (in_doubt) and 2026-11-04 08:00 UTC (accepted)")
    ]


def test_a_campaign_that_came_along_and_went_by_itself_is_named() -> None:
    book = Book(asks_for(EACH))
    line = book.campaign(EVENTS)
    book.hand_over(book.campaign(LETTER), berlin(3), LETTER, along={line: EVENTS})
    book.hand_over(line, berlin(4), EVENTS)
    assert [invariant for invariant, _ in book.whys()] == [4]


def test_a_campaign_that_stood_in_two_digests_is_named() -> None:
    book = Book(asks_for({LETTER: "daily"}))
    item = book.campaign(LETTER)
    for day in (3, 4):
        digest = book.digest("daily", date(2026, 11, day))
        book.hand_over(digest, berlin(day), LETTER, along={item: LETTER})
    assert [invariant for invariant, _ in book.whys()] == [4]


def test_what_was_refused_or_deferred_may_be_handed_over_again() -> None:
    book = Book(asks_for(EACH))
    line, campaign = book.campaign(EVENTS), book.campaign(LETTER)
    for minute, outcome in enumerate(["deferred", "refused", "given_back"]):
        at = berlin(3, 9, minute)
        book.uncount(book.hand_over(campaign, at, LETTER, outcome=outcome, along={line: EVENTS}), at)
    book.hand_over(campaign, berlin(3, 10), LETTER, along={line: EVENTS})
    assert book.broken() == []


@pytest.mark.parametrize("state", ["due", "waiting", "digest_to_come", "handing_over", "deferred"])
def test_a_finished_campaign_has_nobody_without_a_final_outcome(state: str) -> None:
    book = Book(asks_for(EACH))
    campaign = book.campaign(LETTER, status="finished", finished_at=berlin(4))
    book.deliveries[campaign] = replace(book.deliveries[campaign], state=state)
    assert book.whys() == [(5, f"the campaign is finished, and this delivery is {state}")]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("accepted", "this delivery is accepted, and its hand-over is none"),
        ("came_along", "this delivery is came_along, and its hand-over is none"),
        ("in_digest", "this delivery is in_digest, and its hand-over is none"),
        ("in_doubt", "this delivery is in_doubt, and its hand-over is none"),
        ("web", "this delivery is web, and was last decided None"),
        ("not_sent", "this delivery is not_sent, and was last decided None"),
    ],
)
def test_a_final_outcome_that_the_ledger_does_not_bear_out_is_named(state: str, why: str) -> None:
    book = Book(asks_for(EACH))
    campaign = book.campaign(LETTER, status="finished", finished_at=berlin(4))
    book.deliveries[campaign] = replace(book.deliveries[campaign], state=state)
    assert (5, why) in book.whys()


def test_an_accepted_mail_that_is_said_not_to_have_been_sent_is_named() -> None:
    book = Book(asks_for(EACH))
    campaign = book.campaign(LETTER, status="finished", finished_at=berlin(4))
    book.hand_over(campaign, berlin(3), LETTER)
    assert book.broken() == []
    book.deliveries[campaign] = replace(book.deliveries[campaign], state="not_sent", last_outcome="not_sent")
    assert book.whys() == [(5, "this delivery is not_sent, and its hand-over is accepted")]


def test_a_campaign_that_was_finished_before_a_hand_over_is_named() -> None:
    book = Book(asks_for(EACH))
    campaign = book.campaign(LETTER, status="finished", finished_at=berlin(2))
    book.hand_over(campaign, berlin(3), LETTER)
    assert book.whys() == [(5, "handed over at 2026-11-03 08:00:00 UTC, after the campaign was shown as finished")]


def test_an_audience_that_does_not_add_up_is_named() -> None:
    book = Book(asks_for(EACH))
    campaign = book.campaign(LETTER, audience=2)
    assert [one.why for one in wrong_audiences(book.publication(), {campaign: 1})] == [
        "its audience is 2, and its deliveries are 1"
    ]
    assert list(wrong_audiences(book.publication(), {campaign: 2})) == []


def test_a_mail_that_began_more_than_five_seconds_after_its_commit_is_named() -> None:
    book = Book(asks_for(EACH))
    book.letter(berlin(3), late=5.0)
    book.letter(berlin(10), late=5.1)
    assert book.whys() == [(6, "began on the wire 5.1 s after its commit")]


def _left(*, topic: int | None = None, expectation: int | None = 100, **values: object) -> Unsubscribe:
    return Unsubscribe(topic=topic, expectation=expectation, occurred_at=berlin(5), **values)  # type: ignore[arg-type]


LEFT_LETTER = "Letter was unsubscribed from on 2026-11-05 08:00:00 UTC"
LEFT_ALL = "everything was unsubscribed from on 2026-11-05 08:00:00 UTC"


def test_a_mail_after_leaving_everything_is_named() -> None:
    book = Book(asks_for(EACH, until=berlin(5)))
    book.unsubscribes.append(_left())
    book.letter(berlin(10))
    assert (6, LEFT_ALL) in book.whys()


def test_a_mail_after_leaving_its_topic_is_named_even_where_the_expectation_still_has_it() -> None:
    book = Book(asks_for(EACH, until=berlin(5)), asks_for(EACH, key=101, since=berlin(5)))
    book.unsubscribes.append(_left(topic=LETTER))
    book.letter(berlin(10), expectation=101)
    book.letter(berlin(11), EVENTS, expectation=101)
    assert book.whys() == [(6, LEFT_LETTER)]


def test_what_came_along_after_leaving_its_topic_is_named_even_where_the_mail_did_not_leave() -> None:
    book = Book(asks_for(EACH))
    book.unsubscribes.append(_left(topic=LETTER))
    line = book.campaign(LETTER)
    attempt = book.hand_over(book.campaign(EVENTS), berlin(10), EVENTS, along={line: LETTER}, outcome="refused")
    book.uncount(attempt, berlin(10))
    assert book.whys() == [(6, LEFT_LETTER)]


def _came_back() -> list[tuple[str, tuple[Expectation, ...], Unsubscribe]]:
    ended = asks_for(EACH, until=berlin(5))
    without = asks_for({EVENTS: "each"}, key=101, since=berlin(5), until=berlin(6))
    again = asks_for(EACH, key=102, since=berlin(6))
    at_once = asks_for(EACH, key=102, since=berlin(5))
    return [
        ("everything, signed up anew", (ended, again), _left()),
        ("everything, signed up anew at the same instant", (ended, at_once), _left()),
        ("the topic, asked for again", (ended, without, again), _left(topic=LETTER)),
        ("undone", (ended, again), _left(topic=LETTER, undone_at=berlin(6))),
        ("another topic", (asks_for(EACH, key=102),), _left(topic=EVENTS, expectation=102)),
        ("before any expectation is known", (again,), _left(expectation=None)),
    ]


@pytest.mark.parametrize(("expectations", "leaving"), [pytest.param(*case, id=name) for name, *case in _came_back()])
def test_whoever_came_back_is_written_to(expectations: tuple[Expectation, ...], leaving: Unsubscribe) -> None:
    book = Book(*expectations)
    book.unsubscribes.append(leaving)
    book.letter(berlin(10), expectation=102)
    assert book.broken() == []


def test_what_was_undone_only_after_the_mail_was_the_last_word_at_it() -> None:
    book = Book(asks_for(EACH))
    book.unsubscribes.append(_left(topic=LETTER, undone_at=berlin(11)))
    book.letter(berlin(10))
    assert book.whys() == [(6, LEFT_LETTER)]


def test_a_mail_before_leaving_is_fine_even_at_the_same_instant_of_a_clock_that_stands_still() -> None:
    book = Book(asks_for(EACH, until=berlin(5)))
    book.unsubscribes.append(_left())
    book.letter(berlin(5) - timedelta(days=2))
    book.letter(berlin(5), EVENTS)
    assert book.broken() == []
