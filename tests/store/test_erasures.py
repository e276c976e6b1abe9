"""Erasure reaches every column of every table, takes effect at once or not at all, and is told to what is under way."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from preferences.address import parse_address
from preferences.store.erasures import erase
from preferences.store.gate import decide_group
from preferences.store.results import Came, Result, record_results
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import claim, mark_sent, queue, service_mail
from preferences.store.tables import (
    ADDRESS_CHANGE,
    ANSWER,
    CAPTURED_MAIL,
    CONSENT,
    DELIVERY,
    FOREIGN_MAIL,
    SERVICE_MAIL,
    SUBSCRIBER,
    SUPPRESSED,
    UNSUBSCRIBE,
    VOTE,
)
from tests.store.lived import Lived
from tests.store.newsletter import BY_LINK, NOON, Newsletter, asked, newsletter, rows, signed_up
from tests.store.whole_life import ADDRESS, DAY, OLD, TRACES, a_whole_life, kept, message_to, traces


def test_nothing_of_a_person_is_left_in_any_column_of_any_table(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = a_whole_life(there)
        before = traces(there)
        assert all(before.values()), before
        with there.database.write() as connection:
            assert not erase(connection, there.publication, person, BY_LINK, NOON)
        assert traces(there) == {trace: set() for trace in TRACES}


def test_what_stays_are_numbers_and_the_hashes_of_the_addresses(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = a_whole_life(there)
        with there.database.write() as connection:
            erase(connection, there.publication, person, BY_LINK, NOON)
        with there.database.read() as connection:
            for table in (DELIVERY, VOTE, ANSWER, UNSUBSCRIBE, FOREIGN_MAIL):
                assert [row["subscriber_id"] for row in rows(connection, table)] == [person], table.name
            assert {row["question"] for row in rows(connection, ANSWER)} == {"Which?"}
            assert [row["reason"] for row in rows(connection, SUPPRESSED)] == ["erased"] * 2
            methods = [(row["kind"], row["method"]) for row in rows(connection, CONSENT)]
            assert methods[0] == ("given", "confirmed_by_mail")
            assert methods[-1] == ("withdrawn", "erased")
            assert all(row["ended_at"] or row["done_at"] for row in rows(connection, ADDRESS_CHANGE))
            assert {row["state"] for row in rows(connection, SERVICE_MAIL)} == {"dropped"}


def test_somebody_else_at_an_earlier_address_is_left_alone(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = a_whole_life(there)
        other = signed_up(there, asked("letter"), address=OLD, now=NOON)
        with there.database.write() as connection:
            erase(connection, there.publication, person, BY_LINK, NOON)
        with there.database.read() as connection:
            kept = connection.execute(select(SUBSCRIBER).where(SUBSCRIBER.c.id == other)).mappings().one()
            assert (kept["address"], kept["suppressed"]) == (OLD, None)
            assert [row["reason"] for row in rows(connection, SUPPRESSED)] == ["erased"]


def test_an_erasure_that_is_broken_off_has_not_happened(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = a_whole_life(there)
        before = traces(there)
        with pytest.raises(KeyboardInterrupt):
            _erase_and_be_killed(there, person)
        assert traces(there) == before


def _erase_and_be_killed(there: Newsletter, person: int) -> None:
    with there.database.write() as connection:
        erase(connection, there.publication, person, BY_LINK, NOON)
        raise KeyboardInterrupt


@pytest.mark.parametrize("came", [Came.ACCEPTED, Came.REFUSED, Came.DEFERRED, Came.IN_DOUBT])
def test_what_is_just_being_handed_over_is_told_and_leaves_no_trace(database_url: str, came: Came) -> None:
    with newsletter(database_url) as there:
        lived = Lived(there)
        person = signed_up(there, asked("letter"), address=ADDRESS, zone="Pacific/Auckland", now=NOON)
        lived.send(there.letter, "Issue")
        with there.database.write() as connection:
            group = decide_group(connection, there.publication, lived.lease, NOON, NOON, limit=5)
        assert group is not None
        with there.database.write() as connection:
            assert erase(connection, there.publication, person, BY_LINK, NOON)
        kept(there, message_to(ADDRESS, person))
        result = Result(
            attempt_id=group.mails[0].attempt_id,
            delivery_id=group.mails[0].delivery_id,
            subscriber_id=person,
            came=came,
            ended_at=NOON,
            begun_at=NOON,
            code=550,
            reply=f"<{ADDRESS}>: as you like",
        )
        with there.database.write() as connection:
            assert record_results(connection, there.publication, [result], NOON, lived.chance) == 1
        assert traces(there) == {trace: set() for trace in TRACES}
        lived.wait(days=9)
        with there.database.write() as connection:
            assert decide_group(connection, there.publication, lived.lease, lived.now, lived.now, limit=5) is None


def test_a_service_mail_on_its_way_leaves_no_trace_either(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), address=ADDRESS, zone="Pacific/Auckland", now=NOON - DAY)
        with there.database.write() as connection:
            address = parse_address(ADDRESS)
            number = queue(connection, 1, ServiceKind.FRESH_LINK, address, NOON, subscriber_id=person)
            assert number is not None
            assert claim(connection, number, 1, NOON)
            row = service_mail(connection, number)
        assert row is not None
        with there.database.write() as connection:
            erase(connection, there.publication, person, BY_LINK, NOON)
        kept(there, message_to(ADDRESS, 0))
        with there.database.write() as connection:
            mark_sent(connection, row, NOON, f"<{ADDRESS}> queued")
        assert traces(there) == {trace: set() for trace in TRACES}
        with there.database.read() as connection:
            assert rows(connection, CAPTURED_MAIL) == []
