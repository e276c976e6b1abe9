"""What a page asks about mails is found by an index: the attempts only grow, and no page reads all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event

from preferences.store.stories import tries_of
from preferences.store.votes import vote, vote_counts, votes
from preferences.vote import Vote
from tests.store.newsletter import NOON, Newsletter, asked, mail_handed_over, newsletter, signed_up

ASKED: dict[str, Callable[[Connection, Newsletter, int, int], object]] = {
    "what was voted on a campaign": lambda connection, _, __, ___: vote_counts(connection, 1),
    "who voted on it": lambda connection, _, __, ___: votes(connection, 1, 10),
    "a vote": lambda connection, there, reader, delivery: vote(
        connection, there.publication, reader, delivery, Vote.TOO_OFTEN, NOON
    ),
    "the story of a mail": lambda connection, _, __, delivery: tries_of(connection, delivery),
}


@pytest.mark.parametrize("name", ASKED)
def test_no_page_reads_every_attempt_there_is(sqlite_url: str, name: str) -> None:
    with newsletter(sqlite_url) as there:
        reader = signed_up(there, asked("letter"))
        delivery = mail_handed_over(there, reader, there.letter, NOON)
        said: list[tuple[str, tuple[object, ...]]] = []
        with there.database.write() as connection:
            event.listen(connection, "before_cursor_execute", lambda *about: said.append((about[2], about[3])))
            ASKED[name](connection, there, reader, delivery)
            plans = [
                row.detail
                for statement, values in list(said)
                if "attempt" in statement
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]
    assert plans
    assert [step for step in plans if step.startswith("SCAN") and "attempt" in step] == []
