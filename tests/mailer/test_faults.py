"""What is ended, paused, corrected or broken off while it is handed over: nothing is lost, stuck, or there twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from mailer import send
from mailer.desk import Desk
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import OutcomeKind
from preferences.asked import asked_from_json
from preferences.errors import Conflict
from preferences.store.changes import change_expectation
from preferences.store.clock import SystemClock
from preferences.store.database import DatabaseAway
from preferences.store.doubts import it_arrived, it_did_not_arrive
from preferences.store.events import SYSTEM
from preferences.store.gate import Group, decide_group
from preferences.store.publications import change_publication
from preferences.store.results import Came, Result, record_results
from preferences.store.schedules import end, pause, resume
from preferences.store.tables import CAMPAIGN, DELIVERY, PATTERN, SUBSCRIBER
from tests.mailer.town import ONE_A_WEEK, TUESDAY, Town

FRIDAY = {"weekday": "fri", "hour": "18:00"}
A_MONTH = TUESDAY + timedelta(days=35)


def _group(town: Town) -> Group:
    tend(town.office)
    with town.database.write() as connection:
        group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=10)
    assert group is not None
    return group


def _results(group: Group, came: Came, town: Town) -> list[Result]:
    return [
        Result(
            attempt_id=mail.attempt_id,
            delivery_id=mail.delivery_id,
            subscriber_id=mail.subscriber.id,
            came=came,
            ended_at=town.now,
        )
        for mail in group.mails
    ]


def _record(town: Town, group: Group, came: Came) -> int:
    with town.database.write() as connection:
        return record_results(connection, 1, _results(group, came, town), town.now, town.office.jitter)


def _status(town: Town, campaign: int) -> str:
    with town.database.read() as connection:
        status: str = connection.execute(select(CAMPAIGN.c.status).where(CAMPAIGN.c.id == campaign)).scalar_one()
    return status


def _letter_and_extra(town: Town) -> tuple[int, int]:
    """Two campaigns due at once for a reader of one mail a week: the letter carries the extra."""
    town.topic("letter", days={1})
    town.topic("events", 5)
    town.reader("anna", {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
    town.clock.instant = TUESDAY
    extra = town.campaign("extra", "events")
    return town.campaign("letter", "letter", priority=5), extra


def _weekly_item(town: Town, **values: Any) -> int:
    town.topic("events", 5)
    town.reader("anna", {"events": "weekly"}, digest=FRIDAY)
    town.clock.instant = TUESDAY
    return town.campaign("item", "events", **values)


def _subjects(town: Town) -> list[str]:
    return [message.subject for message in town.transport.messages]  # type: ignore[attr-defined]


@pytest.mark.parametrize("came", [Came.DEFERRED, Came.GIVEN_BACK, Came.RELAY_DOWN, Came.SENDER_REFUSED])
def test_what_did_not_leave_of_a_campaign_that_was_ended_meanwhile_is_not_sent(town: Town, came: Came) -> None:
    letter, extra = _letter_and_extra(town)
    group = _group(town)
    with town.database.write() as connection:
        end(connection, 1, letter, SYSTEM, town.now)
        end(connection, 1, extra, SYSTEM, town.now)
    _record(town, group, came)
    assert town.stands(letter) == town.stands(extra) == ("not_sent", "campaign_ended")


def test_a_process_that_wakes_up_late_and_knows_better_opens_a_finished_campaign_again(town: Town) -> None:
    letter, extra = _letter_and_extra(town)
    group = _group(town)
    town.lose_the_lease()
    tend(town.office)
    assert [_status(town, one) for one in (letter, extra)] == ["finished", "finished"]
    _record(town, group, Came.DEFERRED)
    town.go_to(A_MONTH)
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("accepted", "came_along")
    assert [_status(town, one) for one in (letter, extra)] == ["finished", "finished"]


def test_the_items_of_a_digest_that_is_known_late_not_to_have_left_open_their_finished_campaign_again(
    town: Town,
) -> None:
    item = _weekly_item(town)
    town.hand_over()
    town.clock.instant = TUESDAY + timedelta(days=3, hours=9)
    group = _group(town)
    town.lose_the_lease()
    tend(town.office)
    assert _status(town, item) == "finished"
    _record(town, group, Came.DEFERRED)
    town.go_to(A_MONTH)
    assert (town.stands(item)[0], _status(town, item)) == ("in_digest", "finished")


def test_what_is_recorded_twice_changes_nothing_the_second_time(town: Town) -> None:
    letter, _ = _letter_and_extra(town)
    group = _group(town)
    assert _record(town, group, Came.ACCEPTED) == 1
    assert _record(town, group, Came.DEFERRED) == 0
    assert town.stands(letter)[0] == "accepted"


def test_what_a_person_answered_is_not_corrected_by_a_process_that_wakes_up_late(town: Town) -> None:
    letter, _ = _letter_and_extra(town)
    group = _group(town)
    town.lose_the_lease()
    with town.database.write() as connection:
        it_arrived(connection, 1, town.column(letter, "id"), SYSTEM, town.now)
    assert _record(town, group, Came.DEFERRED) == 0
    assert town.stands(letter)[0] == "accepted"


def test_a_process_that_knows_better_first_leaves_a_person_nothing_to_answer(town: Town) -> None:
    letter, _ = _letter_and_extra(town)
    group = _group(town)
    town.lose_the_lease()
    assert _record(town, group, Came.ACCEPTED) == 1
    with pytest.raises(Conflict), town.database.write() as connection:
        it_did_not_arrive(connection, 1, town.column(letter, "id"), SYSTEM, town.now)


def test_an_answer_about_what_came_along_is_one_about_the_mail_it_came_along_in(town: Town) -> None:
    letter, extra = _letter_and_extra(town)
    _group(town)
    town.lose_the_lease()
    with town.database.write() as connection:
        it_did_not_arrive(connection, 1, town.column(extra, "id"), SYSTEM, town.now)
    town.go_to(A_MONTH)
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("accepted", "came_along")


def test_the_items_of_a_digest_that_did_not_arrive_come_again_and_their_campaigns_are_not_finished(town: Town) -> None:
    item = _weekly_item(town)
    town.go_to(TUESDAY + timedelta(days=3, hours=8))
    town.transport._answers = {"anna@example.org": OutcomeKind.IN_DOUBT}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(days=3, hours=9))
    assert (town.stands(item)[0], _status(town, item)) == ("in_doubt", "finished")
    town.transport._answers = {}  # type: ignore[attr-defined]
    with town.database.write() as connection:
        it_did_not_arrive(connection, 1, town.column(item, "carrier_id"), SYSTEM, town.now)
    assert _status(town, item) == "sending"
    town.go_to(A_MONTH)
    assert (town.stands(item)[0], _status(town, item)) == ("in_digest", "finished")


def test_what_was_paused_while_it_came_along_in_a_mail_that_was_deferred_goes_on_when_it_is_resumed(town: Town) -> None:
    letter, extra = _letter_and_extra(town)
    group = _group(town)
    with town.database.write() as connection:
        pause(connection, 1, extra, SYSTEM, town.now)
    _record(town, group, Came.REFUSED)
    town.hand_over()
    with town.database.write() as connection:
        resume(connection, 1, extra, SYSTEM, town.now)
    town.hand_over()
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("refused", "accepted")


def test_who_leaves_a_digest_while_its_campaign_is_paused_gets_it_once_it_is_resumed(town: Town) -> None:
    item = _weekly_item(town)
    town.hand_over()
    with town.database.write() as connection:
        pause(connection, 1, item, SYSTEM, town.now)
        wants = asked_from_json({"topics": [{"topic": "events", "arrives": "each"}]})
        change_expectation(connection, 1, 1, wants, SYSTEM, town.now)
    town.go_to(TUESDAY + timedelta(days=4))
    assert _subjects(town) == []
    with town.database.write() as connection:
        resume(connection, 1, item, SYSTEM, town.now)
    town.go_to(A_MONTH)
    assert town.stands(item)[0] == "accepted"


def test_a_paused_campaign_is_nothing_that_is_coming(town: Town) -> None:
    letter, extra = _letter_and_extra(town)
    town.hand_over()
    late = town.campaign("late", "events", at=TUESDAY + timedelta(days=1))
    town.go_to(TUESDAY + timedelta(days=1))
    assert town.stands(late) == ("waiting", "total_cap")
    held = town.campaign("held", "letter", at=TUESDAY + timedelta(days=7))
    with town.database.write() as connection:
        pause(connection, 1, held, SYSTEM, town.now)
    town.go_to(TUESDAY + timedelta(days=9))
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("accepted", "came_along")
    assert town.stands(late)[0] == "accepted"


def test_what_is_deferred_again_and_again_for_weeks_is_tried_until_it_expires(town: Town) -> None:
    town.topic("letter", 1, "month")
    town.reader("anna", {"letter": "each"})
    town.clock.instant = TUESDAY
    town.transport._answers = {"anna@example.org": OutcomeKind.DEFERRED}  # type: ignore[attr-defined]
    letter = town.campaign("letter", "letter", expires_at=TUESDAY + timedelta(days=12))
    town.go_to(TUESDAY + timedelta(days=13))
    assert town.stands(letter) == ("not_sent", "expired")
    assert _status(town, letter) == "finished"


def test_what_is_pending_for_a_digest_that_is_tried_again_goes_with_it(town: Town) -> None:
    item = _weekly_item(town, expires_at=TUESDAY + timedelta(days=5))
    town.transport._answers = {"anna@example.org": OutcomeKind.RELAY_DOWN}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(days=3, hours=9, minutes=1))
    assert town.stands(item)[0] == "digest_to_come"
    town.transport._answers = {}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(days=3, hours=10))
    assert town.stands(item)[0] == "in_digest"


def test_a_digest_that_is_tried_again_later_than_its_next_slot_takes_that_one_along(town: Town) -> None:
    town.topic("events", 5)
    town.reader("anna", {"events": "daily"}, digest={"hour": "18:00"})
    town.clock.instant = TUESDAY
    first = town.campaign("first", "events")
    town.transport._answers = {"anna@example.org": OutcomeKind.DEFERRED}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(hours=10))
    with town.database.write() as connection:
        retry_at = TUESDAY + timedelta(days=1, hours=11)
        connection.execute(update(DELIVERY).where(DELIVERY.c.rhythm.is_not(None)).values(wakes_at=retry_at))
    town.transport._answers = {}  # type: ignore[attr-defined]
    second = town.campaign("second", "events", at=TUESDAY + timedelta(days=1))
    town.go_to(TUESDAY + timedelta(days=1, hours=10))
    assert (town.stands(first)[0], town.stands(second)[0]) == ("digest_to_come", "digest_to_come")
    town.go_to(TUESDAY + timedelta(days=1, hours=12))
    assert (town.stands(first)[0], town.stands(second)[0]) == ("in_digest", "in_digest")


def test_a_publication_that_may_not_send_any_more_waits_and_fails_nobody(town: Town) -> None:
    letter, _ = _letter_and_extra(town)
    with town.database.write() as connection:
        change_publication(connection, 1, {"postal_address": None})
    town.hand_over()
    assert town.stands(letter)[0] == "due"
    with town.database.write() as connection:
        change_publication(connection, 1, {"postal_address": "1 Example Street"})
    town.hand_over()
    assert town.stands(letter)[0] == "accepted"


def test_a_sender_that_was_removed_since_the_commit_gives_everything_back(town: Town) -> None:
    letter, _ = _letter_and_extra(town)
    group = _group(town)
    with town.database.write() as connection:
        change_publication(connection, 1, {"sender": None})
    _hand_over(town, group)
    assert (town.stands(letter)[0], town.outcomes()) == ("due", ["given_back"])


def test_a_template_that_fails_for_one_reader_is_not_sent_to_that_one_only(town: Town) -> None:
    town.topic("letter", days={1})
    anna = town.reader("anna", {"letter": "each"})
    ben = town.reader("ben", {"letter": "each"})
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter", markdown="Hello to {{ fields.city }}")
    with town.database.write() as connection:
        connection.execute(update(SUBSCRIBER).where(SUBSCRIBER.c.id == ben).values(fields='{"city":"Ulm"}'))
    town.hand_over()
    assert town.stands(letter, anna) == ("not_sent", "template_failed")
    assert town.stands(letter, ben) == ("accepted", "expected")


def test_a_template_that_cannot_be_compiled_pauses_the_campaign_and_fails_nobody(town: Town) -> None:
    town.topic("letter", days={1})
    readers = [town.reader(name, {"letter": "each"}) for name in ("anna", "ben")]
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter", markdown="{{ unclosed")
    town.hand_over()
    assert [town.stands(letter, reader)[0] for reader in readers] == ["due", "due"]
    with town.database.read() as connection:
        row = connection.execute(select(CAMPAIGN.c.status, CAMPAIGN.c.held_because)).one()
    assert row.status == "paused"
    assert "cannot be made" in row.held_because


def test_a_reader_whose_zone_is_unknown_by_now_waits_in_doubt_and_holds_nobody_else(town: Town) -> None:
    town.topic("letter", days={1})
    anna = town.reader("anna", {"letter": "each"})
    ben = town.reader("ben", {"letter": "each"}, zone="Europe/Paris")
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter")
    tend(town.office)
    with town.database.write() as connection:
        connection.execute(update(PATTERN).where(PATTERN.c.zone == "Europe/Paris").values(zone="Europe/Atlantis"))
    town.hand_over()
    assert town.stands(letter, anna) == ("accepted", "expected")
    assert town.stands(letter, ben) == ("due", "any_doubt")
    with town.database.write() as connection:
        connection.execute(update(PATTERN).where(PATTERN.c.zone == "Europe/Atlantis").values(zone="Europe/Paris"))
    town.go_to(TUESDAY + timedelta(hours=2))
    assert town.stands(letter, ben) == ("accepted", "expected")


def _hand_over(town: Town, group: Group, kind: type[Sender] = Sender) -> None:
    sender = kind(town.office, town.mails, town.lease_id, lambda: True)
    with town.transport.open() as session:
        sender._hand_over(session, 1, group.mails)


@pytest.mark.parametrize("error", [DatabaseAway("away"), KeyError("a mistake of ours")], ids=["away", "mistake"])
def test_what_fails_while_mails_are_made_puts_nobody_in_doubt_and_holds_nobody_else(
    town: Town, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.topic("letter", days={1})
    readers = [town.reader(name, {"letter": "each"}) for name in ("anna", "ben")]
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter")
    message = Desk.message

    def fail_for_anna(desk: Desk, mail: Any) -> Any:
        if mail.subscriber.name == "Anna":
            raise error
        return message(desk, mail)

    monkeypatch.setattr(Desk, "message", fail_for_anna)
    with pytest.raises(type(error)):
        town.hand_over()
    assert town.outcomes() == ["given_back", "given_back"]
    town.go_to(TUESDAY + timedelta(seconds=2))
    assert [town.stands(letter, reader)[0] for reader in readers] == ["due", "accepted"]


def test_a_message_that_cannot_be_handed_over_safely_fails_for_its_reader_only(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, _ = _letter_and_extra(town)
    monkeypatch.setattr(send, "check_messages", _unsafe)
    town.hand_over()
    assert town.stands(letter) == ("not_sent", "template_failed")


def _unsafe(_messages: object) -> None:
    raise ValueError("every line of a message ends in CRLF")


def test_a_commit_of_which_nobody_knows_is_given_back(town: Town) -> None:
    letter, _ = _letter_and_extra(town)
    tend(town.office)
    with _away_after_the_next_commit(town), pytest.raises(DatabaseAway):
        Sender(town.office, town.mails, town.lease_id, lambda: True).run(1)
    assert (town.stands(letter)[0], town.outcomes()) == ("due", ["given_back"])
    town.go_to(TUESDAY + timedelta(seconds=2))
    assert town.stands(letter)[0] == "accepted"


@contextmanager
def _away_after_the_next_commit(town: Town) -> Iterator[None]:
    write = town.database.write
    times = iter([True])

    @contextmanager
    def once() -> Iterator[Any]:
        with write() as connection:
            yield connection
        if next(times, False):
            raise DatabaseAway("gone before it said that it had committed")

    town.database.write = once  # type: ignore[method-assign]
    yield
    town.database.write = write  # type: ignore[method-assign]


def test_results_that_cannot_be_recorded_give_up_the_lease_so_that_they_are_put_in_doubt(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, _ = _letter_and_extra(town)
    group = _group(town)
    monkeypatch.setattr(send, "record_results", _break)
    with pytest.raises(ZeroDivisionError):
        _hand_over(town, group)
    tend(town.office)
    assert (town.stands(letter)[0], town.outcomes()) == ("in_doubt", ["in_doubt"])


def _break(*_arguments: object) -> int:
    raise ZeroDivisionError


def test_however_slow_making_mails_is_some_of_each_group_leave(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.topic("letter", days={1})
    for number in range(12):
        town.reader(f"reader{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter")
    tend(town.office)
    message = Desk.message

    def take_a_second(desk: Desk, mail: Any) -> Any:
        town.clock.instant += timedelta(seconds=1)
        return message(desk, mail)

    monkeypatch.setattr(Desk, "message", take_a_second)
    town.hand_over()
    town.go_to(town.now + timedelta(minutes=1))
    assert town.counts(letter) == {"accepted": 12}
