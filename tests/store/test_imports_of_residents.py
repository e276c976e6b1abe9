"""Imports of people who are here already: their last word holds, and nothing but the topic is added."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from preferences.address import parse_address
from preferences.expectation import Suppression
from preferences.importing.standings import ImportedAs
from preferences.store.changes import change_expectation
from preferences.store.erasures import erase
from preferences.store.imports import (
    Became,
)
from preferences.store.subscribers import subscriber_at
from preferences.store.suppressions import suppress
from preferences.store.tables import (
    EXPECTATION,
    OPENING,
)
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.store.importing import at, imported, person, previewed, rows_of, topics_of
from tests.store.newsletter import (
    ANNA,
    BY_FOOTER,
    BY_LINK,
    NOON,
    Newsletter,
    asked,
    mail_handed_over,
    newsletter,
    signed_up,
)


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as made:
        yield made


def test_who_is_here_gets_the_topic_added_and_nothing_else(there: Newsletter) -> None:
    wants = asked("letter", at_most={"count": 1, "per": "week"}, days=["mon", "tue"], overflow="leave_out")
    anna = signed_up(there, wants, name="Anna", zone="Europe/Lisbon")
    before = at(there)

    became = imported(there, person(name="Somebody Else", zone="Asia/Tokyo"), topic="events", arrives="weekly")

    assert became == {Became.TOPIC_ADDED: 1}
    assert topics_of(there) == [(there.letter, "each"), (there.events, "weekly")]
    after = at(there)
    assert (after.name, after.version) == ("Anna", before.version + 1)
    ended, begun = rows_of(there, EXPECTATION, anna)
    same = ("pattern_id", "total_count", "total_per", "overflow", "zone_assumed", "carried_over")
    assert {name: ended[name] for name in same} == {name: begun[name] for name in same}
    assert ended["until"] == begun["since"] == NOON


def test_what_follows_from_an_added_topic_is_brought_up_to_date(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    mail_handed_over(there, anna, there.letter, NOON - timedelta(hours=1))

    imported(there, person(), topic="events")

    with there.database.read() as connection:
        kept = select(OPENING.c.topic_key).where(OPENING.c.opens_at > NOON)
        assert connection.execute(kept).scalars().all() == [there.letter]


def test_importing_twice_changes_nothing(there: Newsletter) -> None:
    imported(there, person())

    assert imported(there, person()) == {Became.UNCHANGED: 1}
    assert len(rows_of(there, EXPECTATION, at(there).id)) == 1


def test_who_unsubscribed_here_stays_so(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        unsubscribe(connection, there.publication, anna, Scope.ALL, BY_FOOTER, NOON)

    assert imported(there, person()) == {Became.STAYS_AWAY: 1}
    assert at(there).standing.unsubscribed
    assert topics_of(there) == []


def test_who_left_this_topic_here_stays_without_it(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter", "events"))
    with there.database.write() as connection:
        unsubscribe(connection, there.publication, anna, Scope.TOPIC, BY_FOOTER, NOON, topic_id=there.letter)

    assert imported(there, person()) == {Became.LEFT_TOPIC: 1}
    assert topics_of(there) == [(there.events, "each")]


def test_who_is_suppressed_here_stays_so(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        suppress(connection, there.publication, anna, Suppression.OPERATOR, BY_FOOTER, NOON)

    assert imported(there, person(), topic="events") == {Became.STAYS_SUPPRESSED: 1}
    assert topics_of(there) == [(there.letter, "each")]


def test_who_was_erased_is_not_brought_back_by_a_file(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        erase(connection, there.publication, anna, BY_LINK, NOON)

    assert imported(there, person()) == {Became.STAYS_SUPPRESSED: 1}
    with there.database.read() as connection:
        assert subscriber_at(connection, there.publication, parse_address(ANNA)) is None


@pytest.mark.parametrize("standing", [ImportedAs.UNSUBSCRIBED, ImportedAs.DEAD, ImportedAs.COMPLAINED])
def test_who_came_by_import_and_has_left_since_is_written_to_no_more(there: Newsletter, standing: ImportedAs) -> None:
    imported(there, person())

    assert imported(there, person(standing=standing)) == {Became.HAS_LEFT_SINCE: 1}

    now = at(there).standing
    assert now.unsubscribed == (standing is not ImportedAs.DEAD)
    assert (now.suppressed is not None) == (standing is not ImportedAs.UNSUBSCRIBED)


def test_a_choice_made_here_holds_against_a_file(there: Newsletter) -> None:
    imported(there, person())
    with there.database.write() as connection:
        change_expectation(connection, there.publication, at(there).id, asked("letter", "events"), BY_LINK, NOON)

    assert imported(there, person(standing=ImportedAs.UNSUBSCRIBED)) == {Became.CHOSE_HERE: 1}
    assert not at(there).standing.unsubscribed


def test_a_later_row_that_says_somebody_left_holds_within_one_batch(there: Newsletter) -> None:
    both = (person(), person(standing=ImportedAs.UNSUBSCRIBED, line=3))

    foreseen = previewed(there, *both)

    assert imported(there, *both) == foreseen == {Became.SUBSCRIBED: 1, Became.HAS_LEFT_SINCE: 1}
    assert at(there).standing.unsubscribed
