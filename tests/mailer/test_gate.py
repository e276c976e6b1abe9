"""Deciding again and counting, as readers see it: who gets what when, and what waits, comes along or is left out."""

from datetime import timedelta
from typing import Any

from mailer.schedule import tend
from mailer.send import Sender
from preferences.store.clock import FixedClock
from tests.mailer.town import ONE_A_WEEK, TUESDAY, Town

WEDNESDAY_AT_TWO = TUESDAY + timedelta(days=1, hours=5)


def _letter_and_events(town: Town, **asked: Any) -> int:
    town.topic("letter", days={1})
    town.topic("events", 5)
    reader = town.reader("anna", {"letter": "each", "events": "each"}, **asked)
    town.clock.instant = TUESDAY
    return reader


def _sent(town: Town) -> list[str]:
    return [message.subject for message in town.transport.messages]  # type: ignore[attr-defined]


def test_what_a_full_total_stops_comes_along_in_the_next_letter(town: Town) -> None:
    _letter_and_events(town, at_most=ONE_A_WEEK)
    first = town.campaign("first", "letter")
    town.hand_over()
    extra = town.campaign("extra", "events", at=WEDNESDAY_AT_TWO)
    town.go_to(WEDNESDAY_AT_TWO)
    assert town.stands(first) == ("accepted", "expected")
    assert town.stands(extra) == ("waiting", "total_cap")
    second = town.campaign("second", "letter", at=TUESDAY + timedelta(days=7))
    town.go_to(TUESDAY + timedelta(days=7))
    assert town.stands(second) == ("accepted", "expected")
    assert town.stands(extra) == ("came_along", "expected")
    assert _sent(town) == ["first", "second"]
    assert "extra" in town.transport.messages[-1].data.decode()  # type: ignore[attr-defined]


def test_what_waits_leaves_by_itself_at_its_own_time_of_day_when_nothing_else_is_coming(town: Town) -> None:
    town.topic("events", 5)
    town.reader("anna", {"events": "each"}, at_most=ONE_A_WEEK)
    town.clock.instant = TUESDAY
    town.campaign("first", "events")
    town.hand_over()
    extra = town.campaign("extra", "events", at=WEDNESDAY_AT_TWO)
    town.go_to(TUESDAY + timedelta(days=6, hours=4, minutes=59))
    assert town.stands(extra)[0] == "waiting"
    town.go_to(TUESDAY + timedelta(days=6, hours=5))
    assert town.stands(extra) == ("accepted", "expected")
    assert _sent(town) == ["first", "extra"]


def test_a_reader_who_leaves_out_is_not_sent_what_does_not_fit(town: Town) -> None:
    _letter_and_events(town, at_most=ONE_A_WEEK, overflow="leave_out")
    town.campaign("first", "letter")
    extra = town.campaign("extra", "events", at=WEDNESDAY_AT_TWO)
    town.go_to(WEDNESDAY_AT_TWO)
    assert town.stands(extra) == ("not_sent", "total_cap")


def test_of_two_at_the_same_instant_one_is_the_carrier_and_the_other_comes_along(town: Town) -> None:
    _letter_and_events(town, at_most=ONE_A_WEEK)
    low = town.campaign("low", "events")
    high = town.campaign("high", "letter", priority=5)
    town.hand_over()
    assert town.stands(high) == ("accepted", "expected")
    assert town.stands(low) == ("came_along", "expected")
    assert _sent(town) == ["high"]


def test_what_ranks_higher_and_waits_comes_along_in_a_letter_that_ranks_lower(town: Town) -> None:
    _letter_and_events(town, at_most=ONE_A_WEEK)
    town.campaign("first", "letter")
    extra = town.campaign("extra", "events", at=TUESDAY + timedelta(days=1), priority=9)
    town.go_to(TUESDAY + timedelta(days=1))
    letter = town.campaign("second", "letter", at=TUESDAY + timedelta(days=7))
    town.go_to(TUESDAY + timedelta(days=7))
    assert town.stands(letter) == ("accepted", "expected")
    assert town.stands(extra) == ("came_along", "expected")


def test_a_weekly_digest_holds_everything_of_its_week_and_an_empty_one_is_not_sent(town: Town) -> None:
    town.topic("events", 5)
    town.reader("anna", {"events": "weekly"}, digest={"weekday": "fri", "hour": "18:00"})
    town.clock.instant = TUESDAY
    one = town.campaign("one", "events")
    two = town.campaign("two", "events", at=WEDNESDAY_AT_TWO)
    town.go_to(TUESDAY + timedelta(days=3, hours=8, minutes=59))
    assert town.stands(one) == ("digest_to_come", "digest_weekly")
    town.go_to(TUESDAY + timedelta(days=21))
    assert town.stands(one) == town.stands(two) == ("in_digest", "digest_weekly")
    assert len(_sent(town)) == 1
    text = town.transport.messages[0].data.decode()  # type: ignore[attr-defined]
    assert "one" in text
    assert "two" in text


def test_a_digest_that_the_total_stops_never_leaves_between_slots_and_its_items_come_along(town: Town) -> None:
    town.topic("letter", days={1})
    town.topic("events", 5)
    asked: dict[str, Any] = {"at_most": ONE_A_WEEK, "digest": {"weekday": "fri", "hour": "18:00"}}
    town.reader("anna", {"letter": "each", "events": "weekly"}, **asked)
    town.clock.instant = TUESDAY
    town.campaign("first", "letter")
    town.hand_over()
    item = town.campaign("item", "events", at=WEDNESDAY_AT_TWO)
    town.go_to(TUESDAY + timedelta(days=6))
    assert town.stands(item)[0] == "digest_to_come"
    second = town.campaign("second", "letter", at=TUESDAY + timedelta(days=7))
    town.go_to(TUESDAY + timedelta(days=7))
    assert town.stands(second) == ("accepted", "expected")
    assert town.stands(item) == ("came_along", "expected")
    town.go_to(TUESDAY + timedelta(days=20))
    assert _sent(town) == ["first", "second"]


def test_what_a_pause_holds_leaves_at_its_own_time_after_the_pause(town: Town) -> None:
    paused = {"from": "2026-11-20", "until": "2026-11-28"}
    _letter_and_events(town, paused=paused)
    held = town.campaign("held", "events")
    town.hand_over()
    assert town.stands(held) == ("waiting", "paused")
    town.go_to(TUESDAY + timedelta(days=3, hours=23))
    assert town.stands(held)[0] == "waiting"
    town.go_to(TUESDAY + timedelta(days=4))
    assert town.stands(held) == ("accepted", "expected")


def test_what_waits_for_hours_leaves_when_they_begin(town: Town) -> None:
    _letter_and_events(town, hours={"from": "12:00", "to": "20:00"})
    early = town.campaign("early", "letter")
    town.hand_over()
    assert town.stands(early) == ("waiting", "quiet_hours")
    town.go_to(TUESDAY + timedelta(hours=3))
    assert town.stands(early) == ("accepted", "expected")


def test_what_is_past_its_expiry_is_not_sent(town: Town) -> None:
    _letter_and_events(town, at_most=ONE_A_WEEK)
    town.campaign("first", "letter")
    late = town.campaign("late", "events", at=TUESDAY + timedelta(hours=1), expires_at=TUESDAY + timedelta(days=2))
    town.go_to(TUESDAY + timedelta(hours=1))
    assert town.stands(late) == ("not_sent", "would_expire")


def test_a_notice_stands_outside_the_total_both_ways(town: Town) -> None:
    town.topic("letter", days={1})
    town.topic("notices", 1, "year", notice=True)
    town.reader("anna", {"letter": "each", "notices": "each"}, at_most=ONE_A_WEEK)
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter")
    notice = town.campaign("notice", "notices")
    again = town.campaign("again", "notices", at=TUESDAY + timedelta(hours=1))
    town.go_to(TUESDAY + timedelta(hours=1))
    assert town.stands(letter) == town.stands(notice) == ("accepted", "expected")
    assert town.stands(again) == ("not_sent", "topic_cap")


def test_everybody_has_one_final_outcome_when_a_campaign_is_finished(town: Town) -> None:
    town.topic("letter", days={1})
    for number in range(40):
        town.reader(f"r{number}", {"letter": ["each", "daily", "web", "weekly"][number % 4]})
    town.clock.instant = TUESDAY
    campaign = town.campaign("first", "letter")
    town.hand_over()
    assert town.counts(campaign) == {"accepted": 10, "web": 10, "in_digest": 20}
    assert isinstance(town.clock, FixedClock)


def test_a_ticket_of_a_range_claims_nobody_outside_it(town: Town) -> None:
    town.topic("letter", days={1})
    readers = [town.reader(f"r{number}", {"letter": "each"}) for number in range(6)]
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter")
    tend(town.office)
    Sender(town.office, town.mails, town.lease_id, lambda: True).run(1, after=readers[1], until=readers[3])
    assert [town.stands(letter, reader)[0] for reader in readers] == [
        "due",
        "due",
        "accepted",
        "accepted",
        "due",
        "due",
    ]
