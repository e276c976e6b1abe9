"""What fails before a mail leaves, or before its result is recorded: nobody is in doubt who need not be, and nobody held."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from mailer import making, send
from mailer.desk import Desk
from mailer.pace import SMALLEST, Pace
from mailer.schedule import tend
from mailer.send import Sender
from mailer.service import AGAIN, write_service_mails
from mailer.transport import OutcomeKind
from preferences.address import parse_address
from preferences.store.database import DatabaseAway
from preferences.store.doubts import it_did_not_arrive
from preferences.store.events import SYSTEM
from preferences.store.gate import Group
from preferences.store.leases import BEGINS_WITHIN
from preferences.store.publications import change_publication, publication
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.tables import CAMPAIGN, PATTERN, SUBSCRIBER
from tests.mailer.steps import decided, handed_over, letter_and_extra, machine_of
from tests.mailer.town import TUESDAY, Town


def test_a_publication_that_may_not_send_any_more_waits_and_fails_nobody(town: Town) -> None:
    letter, _ = letter_and_extra(town)
    with town.database.write() as connection:
        change_publication(connection, 1, {"postal_address": None})
    town.hand_over()
    assert town.stands(letter)[0] == "due"
    with town.database.write() as connection:
        change_publication(connection, 1, {"postal_address": "1 Example Street"})
    town.hand_over()
    assert town.stands(letter)[0] == "accepted"


def test_a_sender_that_was_removed_since_the_commit_gives_everything_back(town: Town) -> None:
    letter, _ = letter_and_extra(town)
    group = decided(town)
    with town.database.write() as connection:
        change_publication(connection, 1, {"sender": None})
    handed_over(town, group)
    assert (town.stands(letter)[0], town.outcomes()) == ("due", ["given_back"])


def test_what_could_not_begin_in_time_begins_at_the_same_instant_of_a_driven_clock(town: Town) -> None:
    letter, _ = letter_and_extra(town)
    group = decided(town)
    machine_of(town).instant += 2 * BEGINS_WITHIN
    handed_over(town, group)
    assert (town.stands(letter)[0], town.outcomes()) == ("due", ["given_back"])
    town.hand_over()
    assert (town.stands(letter)[0], town.now) == ("accepted", TUESDAY)


def test_who_could_begin_nothing_in_time_decides_about_fewer_next_and_who_has_heard_nothing_yet_does_not(
    town: Town,
) -> None:
    letter_and_extra(town)
    group, pace = decided(town), Pace()
    size = pace.group(1)
    pace.left(0, group, 0.1)
    assert pace.group(1) == size
    machine_of(town).instant += 2 * BEGINS_WITHIN
    Sender(town.office, town.mails, town.lease_id, lambda: True, pace).hand_over_group(1, group)
    assert pace.group(1) < size


def test_a_group_of_which_nothing_could_begin_in_time_is_followed_by_a_smaller_one() -> None:
    pace = Pace()
    pace.nothing_left()
    sizes = []
    for _ in range(10):
        sizes.append(pace.group(1))
        pace.none_begun(Group(mails=(), begins_until=TUESDAY, last_subscriber=0, claimed=sizes[-1]))
    assert all(later < size or later == SMALLEST for size, later in pairwise(sizes))
    assert sizes[-1] == SMALLEST


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


def test_a_template_that_fails_in_the_same_way_for_everybody_pauses_the_campaign_and_fails_nobody(town: Town) -> None:
    town.topic("letter", days={1})
    readers = [town.reader(name, {"letter": "each"}) for name in ("anna", "ben", "cleo")]
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter", markdown="Hello to {{ fields.city }}")
    other = town.campaign("other", "letter", markdown="Hello {{ name }}", priority=-1)
    town.hand_over()
    assert [town.stands(letter, reader)[0] for reader in readers] == ["due"] * 3
    with town.database.read() as connection:
        rows = connection.execute(select(CAMPAIGN.c.status, CAMPAIGN.c.held_because).order_by(CAMPAIGN.c.id)).all()
    assert rows[0].status == "paused"
    assert "city" in rows[0].held_because
    town.go_to(TUESDAY + timedelta(days=7))
    assert town.counts(other) == {"accepted": 3}


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
    letter, _ = letter_and_extra(town)
    monkeypatch.setattr(making, "check_messages", _unsafe)
    town.hand_over()
    assert town.stands(letter) == ("not_sent", "template_failed")


def _unsafe(_messages: object) -> None:
    raise ValueError("every line of a message ends in CRLF")


def test_a_commit_of_which_nobody_knows_is_given_back(town: Town) -> None:
    letter, _ = letter_and_extra(town)
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
    letter, _ = letter_and_extra(town)
    group = decided(town)
    monkeypatch.setattr(send, "record_results", _break)
    with pytest.raises(ZeroDivisionError):
        handed_over(town, group)
    tend(town.office)
    assert (town.stands(letter)[0], town.outcomes()) == ("in_doubt", ["in_doubt"])


def _break(*_arguments: object) -> int:
    raise ZeroDivisionError


def test_however_slow_making_mails_is_some_of_each_group_leave(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.topic("letter", days={1})
    for number in range(6):
        town.reader(f"reader{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    letter = town.campaign("letter", "letter")
    tend(town.office)
    machine = machine_of(town)
    message = Desk.message

    def take_a_second(desk: Desk, mail: Any) -> Any:
        town.clock.instant += timedelta(seconds=1)
        machine.instant += timedelta(seconds=1)
        return message(desk, mail)

    monkeypatch.setattr(Desk, "message", take_a_second)
    town.hand_over()
    town.go_to(town.now + timedelta(minutes=1))
    assert town.counts(letter) == {"accepted": 6}


def test_a_process_that_slept_through_its_lease_hands_nothing_over_even_where_the_clock_is_driven(town: Town) -> None:
    letter, _ = letter_and_extra(town)
    machine = machine_of(town)
    group = decided(town)
    town.lose_the_lease()
    with town.database.write() as connection:
        it_did_not_arrive(connection, 1, group.mails[0].delivery_id, SYSTEM, town.now)
    machine.instant += BEGINS_WITHIN + timedelta(seconds=1)
    handed_over(town, group)
    assert town.transport.messages == []  # type: ignore[attr-defined]
    town.hand_over()
    assert town.stands(letter)[0] == "accepted"
    assert len(town.transport.messages) == 1  # type: ignore[attr-defined]


def test_a_sender_that_is_changed_in_the_middle_of_a_campaign_signs_what_is_made_from_then_on(town: Town) -> None:
    town.topic("letter", 5)
    town.reader("anna", {"letter": "each"})
    town.clock.instant = TUESDAY
    town.transport._answers = {"anna@example.org": OutcomeKind.DEFERRED}  # type: ignore[attr-defined]
    town.campaign("letter", "letter")
    town.hand_over()
    with town.database.write() as connection:
        change_publication(connection, 1, {"sender": "News <news@example.org>"})
    town.transport._answers = {}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(hours=1))
    assert "From: News <news@example.org>" in town.transport.messages[0].data.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("missing", ["sender", "postal_address"])
def test_what_a_person_asked_for_waits_until_the_publication_may_send(town: Town, missing: str) -> None:
    town.topic("letter", 5)
    anna = town.reader("anna", {"letter": "each"})
    with town.database.write() as connection:
        before = publication(connection, 1)
        change_publication(connection, 1, {missing: None})
        queue(connection, 1, ServiceKind.FRESH_LINK, parse_address("anna@example.org"), town.now, subscriber_id=anna)
    write_service_mails(town.office, town.lease_id)
    assert town.transport.messages == []  # type: ignore[attr-defined]
    with town.database.write() as connection:
        change_publication(connection, 1, {missing: getattr(before, missing)})
    town.clock.instant += AGAIN
    write_service_mails(town.office, town.lease_id)
    assert len(town.transport.messages) == 1  # type: ignore[attr-defined]
