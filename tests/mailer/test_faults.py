"""What is ended, paused or corrected while it is handed over: nothing is lost, stuck, or there twice."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from mailer.schedule import tend
from mailer.transport import OutcomeKind
from preferences.asked import asked_from_json
from preferences.errors import Conflict
from preferences.store.auditing import Audit
from preferences.store.changes import change_expectation
from preferences.store.doubts import it_arrived, it_did_not_arrive
from preferences.store.events import SYSTEM
from preferences.store.publications import publication_named
from preferences.store.results import Came
from preferences.store.schedules import end, pause, resume
from preferences.store.tables import DELIVERY
from tests.mailer.steps import A_MONTH, decided, letter_and_extra, recorded, status, weekly_item
from tests.mailer.town import TUESDAY, Town


def _subjects(town: Town) -> list[str]:
    return [message.subject for message in town.transport.messages]  # type: ignore[attr-defined]


@pytest.mark.parametrize("came", [Came.DEFERRED, Came.GIVEN_BACK, Came.RELAY_DOWN, Came.SENDER_REFUSED])
def test_what_did_not_leave_of_a_campaign_that_was_ended_meanwhile_is_not_sent(town: Town, came: Came) -> None:
    letter, extra = letter_and_extra(town)
    group = decided(town)
    with town.database.write() as connection:
        end(connection, 1, letter, SYSTEM, town.now)
        end(connection, 1, extra, SYSTEM, town.now)
    recorded(town, group, came)
    assert town.stands(letter) == town.stands(extra) == ("not_sent", "campaign_ended")


def test_a_process_that_wakes_up_late_and_knows_better_opens_a_finished_campaign_again(town: Town) -> None:
    letter, extra = letter_and_extra(town)
    group = decided(town)
    town.lose_the_lease()
    tend(town.office)
    assert [status(town, one) for one in (letter, extra)] == ["finished", "finished"]
    recorded(town, group, Came.DEFERRED)
    town.go_to(A_MONTH)
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("accepted", "came_along")
    assert [status(town, one) for one in (letter, extra)] == ["finished", "finished"]


def test_the_items_of_a_digest_that_is_known_late_not_to_have_left_open_their_finished_campaign_again(
    town: Town,
) -> None:
    item = weekly_item(town)
    town.hand_over()
    town.clock.instant = TUESDAY + timedelta(days=3, hours=9)
    group = decided(town)
    town.lose_the_lease()
    tend(town.office)
    assert status(town, item) == "finished"
    recorded(town, group, Came.DEFERRED)
    town.go_to(A_MONTH)
    assert (town.stands(item)[0], status(town, item)) == ("in_digest", "finished")


def test_what_is_recorded_twice_changes_nothing_the_second_time(town: Town) -> None:
    letter, _ = letter_and_extra(town)
    group = decided(town)
    assert recorded(town, group, Came.ACCEPTED) == 1
    assert recorded(town, group, Came.DEFERRED) == 0
    assert town.stands(letter)[0] == "accepted"


def test_what_a_person_answered_is_not_corrected_by_a_process_that_wakes_up_late(town: Town) -> None:
    letter, _ = letter_and_extra(town)
    group = decided(town)
    town.lose_the_lease()
    with town.database.write() as connection:
        it_arrived(connection, 1, town.column(letter, "id"), SYSTEM, town.now)
    assert recorded(town, group, Came.DEFERRED) == 0
    assert town.stands(letter)[0] == "accepted"


def test_a_process_that_knows_better_first_leaves_a_person_nothing_to_answer(town: Town) -> None:
    letter, _ = letter_and_extra(town)
    group = decided(town)
    town.lose_the_lease()
    assert recorded(town, group, Came.ACCEPTED) == 1
    with pytest.raises(Conflict), town.database.write() as connection:
        it_did_not_arrive(connection, 1, town.column(letter, "id"), SYSTEM, town.now)


def test_an_answer_about_what_came_along_is_one_about_the_mail_it_came_along_in(town: Town) -> None:
    letter, extra = letter_and_extra(town)
    decided(town)
    town.lose_the_lease()
    with town.database.write() as connection:
        it_did_not_arrive(connection, 1, town.column(extra, "id"), SYSTEM, town.now)
    town.go_to(A_MONTH)
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("accepted", "came_along")


def test_the_items_of_a_digest_that_did_not_arrive_come_again_and_their_campaigns_are_not_finished(town: Town) -> None:
    item = weekly_item(town)
    town.go_to(TUESDAY + timedelta(days=3, hours=8))
    town.transport._answers = {"anna@example.org": OutcomeKind.IN_DOUBT}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(days=3, hours=9))
    assert (town.stands(item)[0], status(town, item)) == ("in_doubt", "finished")
    town.transport._answers = {}  # type: ignore[attr-defined]
    with town.database.write() as connection:
        it_did_not_arrive(connection, 1, town.column(item, "carrier_id"), SYSTEM, town.now)
    assert status(town, item) == "sending"
    town.go_to(A_MONTH)
    assert (town.stands(item)[0], status(town, item)) == ("in_digest", "finished")


def test_what_was_paused_while_it_came_along_in_a_mail_that_was_deferred_goes_on_when_it_is_resumed(town: Town) -> None:
    letter, extra = letter_and_extra(town)
    group = decided(town)
    with town.database.write() as connection:
        pause(connection, 1, extra, SYSTEM, town.now)
    recorded(town, group, Came.REFUSED)
    town.hand_over()
    with town.database.write() as connection:
        resume(connection, 1, extra, SYSTEM, town.now)
    town.hand_over()
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("refused", "accepted")


def test_who_leaves_a_digest_while_its_campaign_is_paused_gets_it_once_it_is_resumed(town: Town) -> None:
    item = weekly_item(town)
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


def test_what_was_paused_over_the_slot_of_its_digest_waits_for_the_next_slot(town: Town) -> None:
    item = weekly_item(town)
    town.hand_over()
    with town.database.write() as connection:
        pause(connection, 1, item, SYSTEM, town.now)
    monday = TUESDAY + timedelta(days=6)
    town.go_to(monday)
    with town.database.write() as connection:
        resume(connection, 1, item, SYSTEM, town.now)
    town.go_to(monday + timedelta(days=3))
    assert (town.stands(item)[0], _subjects(town)) == ("digest_to_come", [])
    town.go_to(monday + timedelta(days=5))
    assert town.stands(item)[0] == "in_digest"


def test_what_would_expire_before_the_next_slot_is_not_sent_when_it_is_resumed(town: Town) -> None:
    item = weekly_item(town, expires_at=TUESDAY + timedelta(days=8))
    town.hand_over()
    with town.database.write() as connection:
        pause(connection, 1, item, SYSTEM, town.now)
    town.go_to(TUESDAY + timedelta(days=6))
    with town.database.write() as connection:
        resume(connection, 1, item, SYSTEM, town.now)
    town.go_to(A_MONTH)
    assert town.stands(item) == ("not_sent", "would_expire")


def test_a_paused_campaign_is_nothing_that_is_coming(town: Town) -> None:
    letter, extra = letter_and_extra(town)
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


@pytest.mark.slow
def test_what_is_deferred_again_and_again_for_weeks_is_tried_until_it_expires(town: Town) -> None:
    town.topic("letter", 1, "month")
    town.reader("anna", {"letter": "each"})
    town.clock.instant = TUESDAY
    town.transport._answers = {"anna@example.org": OutcomeKind.DEFERRED}  # type: ignore[attr-defined]
    letter = town.campaign("letter", "letter", expires_at=TUESDAY + timedelta(days=12))
    town.go_to(TUESDAY + timedelta(days=13))
    assert town.stands(letter) == ("not_sent", "expired")
    assert status(town, letter) == "finished"


def test_what_is_pending_for_a_digest_that_is_tried_again_goes_with_it(town: Town) -> None:
    item = weekly_item(town, expires_at=TUESDAY + timedelta(days=5))
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


def test_what_is_sent_again_at_the_same_instant_under_other_terms_is_no_broken_promise(town: Town) -> None:
    letter, extra = letter_and_extra(town)
    town.transport._answers = {"anna@example.org": OutcomeKind.IN_DOUBT}  # type: ignore[attr-defined]
    town.hand_over()
    with town.database.write() as connection:
        wants = [{"topic": "letter", "arrives": "each"}, {"topic": "events", "arrives": "web"}]
        change_expectation(connection, 1, 1, asked_from_json({"topics": wants}), SYSTEM, town.now)
        it_did_not_arrive(connection, 1, town.column(letter, "id"), SYSTEM, town.now)
    town.hand_over()
    assert (town.stands(letter)[0], town.stands(extra)[0]) == ("in_doubt", "web")
    with town.database.read() as connection:
        row = publication_named(connection, None)
    assert list(Audit(town.database, row).broken(town.now)) == []
