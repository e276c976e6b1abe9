"""More often? Who accepted less is asked once for each version, and an answer that keeps it changes nothing."""

from __future__ import annotations

import pytest

from preferences.cadence import Cadence, Cap, Period
from preferences.errors import Stale
from preferences.more_often import Question
from preferences.store.events import SYSTEM
from preferences.store.expectations import terms_of
from preferences.store.questions import keep_accepted, open_questions
from preferences.store.topics import state_cadence, topic_named
from tests.store.newsletter import BY_LINK, NOON, Newsletter, asked, newsletter, signed_up


def planned(there: Newsletter, slug: str, count: int, per: Period = Period.WEEK) -> int:
    with there.database.write() as connection:
        topic = topic_named(connection, there.publication, slug)
        cadence = Cadence(id=0, at_most=Cap(count=count, per=per))
        state_cadence(connection, there.publication, topic, cadence, SYSTEM, NOON)
        return topic_named(connection, there.publication, slug).cadence.id


def asked_about(there: Newsletter, *people: int) -> dict[int, tuple[Question, ...]]:
    with there.database.read() as connection:
        return open_questions(connection, terms_of(connection, there.publication, people))


def test_who_accepted_less_is_asked_and_who_accepted_as_much_is_not(database_url: str) -> None:
    with newsletter(database_url) as there:
        before = signed_up(there, asked("letter", "events"))
        planned(there, "letter", 3)
        after = signed_up(there, asked("letter"), address="later@example.org")
        (question,) = asked_about(there, before, after)[before]
        assert (question.topic, question.accepted.at_most.count, question.planned.at_most.count) == (there.letter, 1, 3)
        assert asked_about(there, after) == {}


def test_a_sender_that_plans_less_asks_nobody(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        planned(there, "letter", 2, Period.MONTH)
        assert asked_about(there, person) == {}


def test_who_keeps_what_was_accepted_is_not_asked_about_that_version_again(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        version = planned(there, "letter", 3)
        with there.database.write() as connection:
            answers = [
                keep_accepted(connection, there.publication, person, there.letter, version, BY_LINK, NOON)
                for _ in range(2)
            ]
            terms = terms_of(connection, there.publication, [person])[person]
        assert answers == [True, False]
        assert terms.topics[there.letter].cadences.accepted.at_most.count == 1
        assert asked_about(there, person) == {}
        planned(there, "letter", 5)
        (question,) = asked_about(there, person)[person]
        assert question.planned.at_most.count == 5


def test_an_answer_to_another_plan_than_the_one_on_the_page_is_not_taken(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        version = planned(there, "letter", 3)
        planned(there, "letter", 5)
        with there.database.write() as connection, pytest.raises(Stale):
            keep_accepted(connection, there.publication, person, there.letter, version, BY_LINK, NOON)
