"""Erasing, moving and signing up at once, on databases that really let them: each happens once, and nobody is half gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from sqlalchemy import Connection, update

from preferences.address import parse_address
from preferences.errors import Conflict, NotFound
from preferences.store.address_changes import End, agree, ask_for_change
from preferences.store.changes import change_expectation
from preferences.store.confirmations import confirm
from preferences.store.erasures import erase
from preferences.store.fresh_links import ask_for_fresh_link
from preferences.store.reader_answers import keep_answer
from preferences.store.signups import SignUp, request
from preferences.store.subscribers import change_person, subscriber, subscriber_at
from preferences.store.tables import ANSWER, CAMPAIGN_CONTENT, CONSENT, EVENT, SERVICE_MAIL, SUBSCRIBER, UNSUBSCRIBE
from preferences.store.transactions import writing
from preferences.store.unsubscribes import state_cause, unsubscribe
from preferences.unsubscribe import Cause, Scope
from tests.store.newsletter import (
    ANNA,
    BY_LINK,
    BY_SIGN_UP,
    NOON,
    Newsletter,
    asked,
    mail_handed_over,
    newsletter,
    rows,
    signed_up,
)
from tests.store.whole_life import DAY

NEW = parse_address("new@example.net")
Act = Callable[[Connection], object]


def at_once(there: Newsletter, acts: list[Act]) -> list[object]:
    """What each of these answers or is refused with, all begun together, each in a transaction of its own."""

    def act(one: Act) -> object:
        try:
            with writing(there.database) as connection:
                return one(connection)
        except (NotFound, Conflict) as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def erasing(there: Newsletter, person: int) -> Act:
    return lambda connection: erase(connection, there.publication, person, BY_LINK, NOON)


def test_erasing_from_many_places_at_once_is_erasing_once(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        answers = at_once(there, [erasing(there, person)] * 6)
        assert sum(answer is False for answer in answers) == 1
        with there.database.read() as connection:
            assert [row["kind"] for row in rows(connection, EVENT)].count("erased") == 1
            assert [row["kind"] for row in rows(connection, CONSENT)].count("withdrawn") == 1


def test_two_ends_that_agree_at_the_same_moment_move_somebody_once(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - 2 * DAY)
        with there.database.write() as connection:
            change = ask_for_change(connection, there.publication, person, NEW, BY_LINK, NOON).id

        def agreeing(end: End) -> Act:
            return lambda connection: agree(connection, there.publication, change, end, BY_LINK, NOON)

        at_once(there, [agreeing(end) for end in (End.NEW, End.OLD)] * 3)
        with there.database.read() as connection:
            assert subscriber(connection, there.publication, person).address == NEW.spelled
            assert [row["kind"] for row in rows(connection, CONSENT)].count("moved") == 1


def test_of_two_who_want_one_address_one_gets_it_and_the_other_keeps_theirs(database_url: str) -> None:
    with newsletter(database_url) as there:
        people = [signed_up(there, asked("letter"), address=f"{one}@example.org", now=NOON - 2 * DAY) for one in "ab"]
        acts: list[Act] = []
        with there.database.write() as connection:
            for person in people:
                change = ask_for_change(connection, there.publication, person, NEW, BY_LINK, NOON).id
                agree(connection, there.publication, change, End.NEW, BY_LINK, NOON)
                acts.append(_agreeing(there, change))
        at_once(there, acts)
        with there.database.read() as connection:
            known = [subscriber(connection, there.publication, person).address for person in people]
        assert known.count(NEW.spelled) == 1
        assert len({*known, "a@example.org", "b@example.org"}) == 3


def _agreeing(there: Newsletter, change: int) -> Act:
    return lambda connection: agree(connection, there.publication, change, End.OLD, BY_LINK, NOON)


def test_who_confirms_saves_and_is_erased_at_once_is_erased_whole(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - 2 * DAY)
        with there.database.write() as connection:
            sign_up = SignUp(address=parse_address(ANNA), asked=asked("events"))
            asked_for = request(connection, there.publication, sign_up, BY_SIGN_UP, NOON - DAY) or 0
        here, less = there.publication, asked("letter", at_most={"count": 1, "per": "month"})
        acts: list[Act] = [
            erasing(there, person),
            lambda connection: confirm(connection, here, asked_for, BY_SIGN_UP, NOON),
            lambda connection: change_expectation(connection, here, person, less, BY_LINK, NOON),
            lambda connection: ask_for_change(connection, here, person, NEW, BY_LINK, NOON),
        ]
        at_once(there, acts * 2)
        with there.database.read() as connection:
            assert subscriber_at(connection, there.publication, parse_address(ANNA)) is None
            assert subscriber(connection, there.publication, person).erased_at == NOON


def meanwhile(there: Newsletter, first: Act, others: list[Act]) -> None:
    """Do one thing, and before it is committed let others begin, each in a transaction of its own."""

    def act(one: Act) -> None:
        with suppress(NotFound), writing(there.database) as connection:
            one(connection)

    with ThreadPoolExecutor(len(others)) as pool, there.database.write() as connection:
        first(connection)
        for one in others:
            pool.submit(act, one)
        time.sleep(0.5)


def test_nothing_is_kept_of_what_somebody_writes_while_they_are_erased(database_url: str) -> None:
    with newsletter(database_url) as there:
        here, person = there.publication, signed_up(there, asked("letter", "events"), now=NOON - DAY)
        delivery = mail_handed_over(there, person, there.letter, NOON)
        with there.database.write() as connection:
            connection.execute(update(CAMPAIGN_CONTENT).values(question="What should we read next?"))
            unsubscribe(connection, here, person, Scope.TOPIC, BY_LINK, NOON, topic_id=there.letter)
            left = rows(connection, UNSUBSCRIBE)[0]["id"]
        acts: list[Act] = [
            lambda connection: ask_for_fresh_link(connection, here, parse_address(ANNA), None, NOON),
            lambda connection: keep_answer(
                connection, here, person, delivery, "These are my words", NOON, may_write_back=True
            ),
            lambda connection: state_cause(
                connection, here, left, Cause.OTHER, "These are my words", (Cause.OTHER,), BY_LINK, NOON
            ),
            lambda connection: change_person(connection, person, {"name": "These are my words", "language": "de"}),
        ]
        meanwhile(there, erasing(there, person), acts)
        with there.database.read() as connection:
            written = [repr(rows(connection, table)) for table in (ANSWER, UNSUBSCRIBE, SUBSCRIBER, SERVICE_MAIL)]
            assert "my words" not in "".join(written)
            assert ANNA not in "".join(written)
