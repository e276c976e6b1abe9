"""What is asked about mails is found by an index: attempts and deliveries only grow, and nobody reads all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event, update

from preferences.delivery import CampaignStatus
from preferences.store.database import Database
from preferences.store.figures import figures
from preferences.store.stories import tries_of
from preferences.store.sweep import settle_campaigns, sweep_leases
from preferences.store.tables import CAMPAIGN
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


SWEPT: dict[str, Callable[[Connection], object]] = {
    "what an ended lease left": lambda connection: sweep_leases(connection, NOON, NOON),
    "how campaigns stand": lambda connection: settle_campaigns(connection, NOON),
    "the figures": lambda connection: figures(connection, NOON),
}


@pytest.mark.parametrize("name", ASKED)
def test_no_page_reads_every_attempt_there_is(sqlite_url: str, name: str) -> None:
    with newsletter(sqlite_url) as there:
        reader = signed_up(there, asked("letter"))
        delivery = mail_handed_over(there, reader, there.letter, NOON)
        plans = _plans(there.database, lambda connection: ASKED[name](connection, there, reader, delivery))
    steps = [step for statement, step in plans if "attempt" in statement]
    assert steps
    assert [step for step in steps if step.startswith("SCAN") and "attempt" in step] == []


@pytest.mark.parametrize("name", SWEPT)
def test_what_is_asked_all_the_time_reads_no_more_than_is_open(sqlite_url: str, name: str) -> None:
    with newsletter(sqlite_url) as there:
        mail_handed_over(there, signed_up(there, asked("letter")), there.letter, NOON)
        with there.database.write() as connection:
            connection.execute(update(CAMPAIGN).values(status=CampaignStatus.WAITING.value))
        plans = _plans(there.database, SWEPT[name])
    steps = {step for _, step in plans if step.split()[1] in ("attempt", "delivery")}
    assert steps
    assert [step for step in steps if not any(index in step for index in (*_OF_WHAT_IS_OPEN, "PRIMARY KEY"))] == []


_OF_WHAT_IS_OPEN = ("ix_attempt_under_way", "ix_delivery_open", "ix_delivery_wakes", "ix_delivery_in_doubt")


def _plans(database: Database, ask: Callable[[Connection], object]) -> list[tuple[str, str]]:
    """Each statement with each step by which SQLite finds what it asks for."""
    said: list[tuple[str, tuple[object, ...]]] = []
    with database.write() as connection:
        event.listen(connection, "before_cursor_execute", lambda *about: said.append((about[2], about[3])))
        ask(connection)
        return [
            (statement, row.detail)
            for statement, values in list(said)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
