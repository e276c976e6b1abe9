"""Readers bring readers: counted when somebody new confirms, once for each person, and never for oneself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from preferences.address import parse_address
from preferences.store.confirmations import confirm
from preferences.store.referrals import brought, brought_by_campaigns, count_brought
from preferences.store.signups import SignUp, request
from preferences.store.subscribers import subscriber
from preferences.store.tables import REFERRAL
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.store.newsletter import (
    BY_FOOTER,
    BY_SIGN_UP,
    NOON,
    Newsletter,
    add_campaign,
    asked,
    newsletter,
    rows,
    signed_up,
)

BERT = "bert@example.org"


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as somewhere:
        yield somewhere


def asked_for(there: Newsletter, address: str, brought_by: int, campaign: int | None = None) -> int:
    """A request by a link that was passed on; answers its number."""
    sign_up = SignUp(
        address=parse_address(address), asked=asked("letter"), brought_by=brought_by, brought_with=campaign
    )
    with there.database.write() as connection:
        number = request(connection, there.publication, sign_up, BY_SIGN_UP, NOON)
    assert number is not None
    return number


def pressed(there: Newsletter, number: int) -> int:
    with there.database.write() as connection:
        return confirm(connection, there.publication, number, BY_SIGN_UP, NOON).subscriber_id


def brought_so_far(there: Newsletter, reader: int) -> int:
    with there.database.read() as connection:
        return count_brought(connection, reader)


def test_whom_somebody_brings_counts_once_it_is_confirmed_and_only_once(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        campaign = add_campaign(connection, there, there.letter, NOON)
    first, second = asked_for(there, BERT, anna, campaign), asked_for(there, BERT, anna, campaign)
    assert brought_so_far(there, anna) == 0
    bert = pressed(there, first)
    assert pressed(there, first) == pressed(there, second) == bert
    with there.database.read() as connection:
        assert count_brought(connection, anna) == 1
        assert brought_by_campaigns(connection, [campaign, 999]) == {campaign: 1}
        assert [one.subscriber_id for one in brought(connection, there.publication, 10)] == [bert]
        assert subscriber(connection, there.publication, bert).brought_by == anna


def test_nobody_brings_themselves_and_nothing_shows_that_somebody_tried(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        unsubscribe(connection, there.publication, anna, Scope.ALL, BY_FOOTER, NOON)
    assert pressed(there, asked_for(there, "anna@example.org", anna)) == anna
    assert brought_so_far(there, anna) == 0
    with there.database.read() as connection:
        assert subscriber(connection, there.publication, anna).brought_by is None
        assert len(rows(connection, REFERRAL)) == 1


def test_who_is_a_reader_already_is_brought_by_nobody(there: Newsletter) -> None:
    anna, bert = signed_up(there, asked("letter")), signed_up(there, asked("events"), address=BERT)
    assert pressed(there, asked_for(there, BERT, anna)) == bert
    assert brought_so_far(there, anna) == 0


def test_who_had_left_and_comes_back_with_somebody_was_brought_but_by_one_reader_only(there: Newsletter) -> None:
    anna, bert = signed_up(there, asked("letter")), signed_up(there, asked("letter"), address=BERT)
    clara = signed_up(there, asked("letter"), address="clara@example.org")
    for bringer in (anna, clara):
        with there.database.write() as connection:
            unsubscribe(connection, there.publication, bert, Scope.ALL, BY_FOOTER, NOON)
        assert pressed(there, asked_for(there, BERT, bringer)) == bert
    assert (brought_so_far(there, anna), brought_so_far(there, clara)) == (1, 0)
