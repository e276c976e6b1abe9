"""A way back after a suppression: a dead address by its own answer, who complained or was blocked by an operator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from preferences.address import parse_address
from preferences.expectation import Suppression
from preferences.store.subscribers import subscriber
from preferences.store.suppressions import suppress
from preferences.store.tables import EVENT, SERVICE_MAIL
from tests.store.newsletter import BY_LINK, asked, rows, signed_up
from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.visitor import dump

BEN = "ben@example.net"


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def ben(at: Marketer, reason: Suppression | None) -> tuple[int, str]:
    """Ben, to whom nothing is written any more: his number, and the path of his page."""
    number = signed_up(at.at.there, asked("letter"), address=BEN)
    if reason is not None:
        with at.at.there.database.write() as connection:
            suppress(connection, at.at.there.publication, number, reason, BY_LINK, at.at.clock.now())
    at.at.later(days=2)
    return number, f"subscribers/{at.get('subscribers').partition('/subscribers/')[2].partition(chr(34))[0]}"


def kept_out(at: Marketer, number: int) -> Suppression | None:
    with at.at.there.database.read() as connection:
        return subscriber(connection, at.at.there.publication, number).suppressed


def confirmations(at: Marketer) -> int:
    """How many confirmations went to Ben at the door."""
    with at.at.there.database.read() as connection:
        found = rows(connection, SERVICE_MAIL)
    return sum(row["kind"] == "confirm" and row["address"] == BEN and row["subscriber_id"] is not None for row in found)


def knock(at: Marketer) -> str:
    """What the sign-up page answers to Ben."""
    return at.at.post("/p/newsletter/sign-up", 200, topic="letter", arrives_letter="each", email=BEN)


def test_who_complained_is_let_in_on_the_day_of_a_mail_and_signs_up_anew(at: Marketer) -> None:
    number, path = ben(at, Suppression.COMPLAINT)
    for received in ("", "yesterday", "2026-12-24", "1999-01-01"):
        fields = {"do": "let-in", "reason": "They wrote to us", "received": received}
        assert "their mail came" in at.post(f"{path}/let-in", fields, 422, form_on=path)
    assert kept_out(at, number) is Suppression.COMPLAINT
    knock(at)
    assert confirmations(at) == 0
    at.post(f"{path}/let-in", {"do": "let-in", "reason": "They wrote to us", "received": "2026-11-25"}, form_on=path)
    assert kept_out(at, number) is None
    assert "their mail of 2026-11-25" in at.get(path)
    knock(at)
    assert confirmations(at) == 1
    with at.at.there.database.read() as connection:
        assert subscriber(connection, at.at.there.publication, number).unsubscribed_at is not None


def test_who_was_blocked_is_let_in_without_one(at: Marketer) -> None:
    number, path = ben(at, None)
    at.post(f"{path}/block", {"do": "block", "reason": "They asked by phone"}, form_on=path)
    assert kept_out(at, number) is Suppression.OPERATOR
    knock(at)
    assert confirmations(at) == 0
    at.post(f"{path}/let-in", {"do": "let-in", "reason": "They asked again"}, form_on=path)
    assert kept_out(at, number) is None
    with at.at.there.database.read() as connection:
        told = [row["details"] for row in rows(connection, EVENT) if "They asked" in row["details"]]
    assert len(told) == 2


@pytest.mark.parametrize("action", ["block", "let-in"])
def test_neither_is_done_without_a_reason_and_what_was_typed_stays(at: Marketer, action: str) -> None:
    _, path = ben(at, None if action == "block" else Suppression.OPERATOR)
    before = dump(at.at.there)
    for reason in ("", "ben@example.net asked"):
        assert 'class="problem"' in at.post(f"{path}/{action}", {"do": action, "reason": reason}, 422, form_on=path)
    assert dump(at.at.there) == before


def test_a_dead_address_is_asked_once_in_thirty_days_and_lives_by_its_answer(at: Marketer) -> None:
    number, _ = ben(at, Suppression.DEAD_ADDRESS)
    at.at.later(days=30)
    first = knock(at)
    assert confirmations(at) == 1
    for days in (1, 27):
        at.at.later(days=days)
        assert knock(at) == first
        assert confirmations(at) == 1
    at.at.later(days=3)
    knock(at)
    assert confirmations(at) == 2
    at.at.send(at.at.mailed_links()[-1], {})
    assert kept_out(at, number) is None


def test_the_door_answers_alike_whatever_is_kept_out(at: Marketer) -> None:
    for reason in Suppression:
        address = parse_address(f"{reason.value}@example.net").spelled
        number = signed_up(at.at.there, asked("letter"), address=address)
        with at.at.there.database.write() as connection:
            suppress(connection, at.at.there.publication, number, reason, BY_LINK, at.at.clock.now())
    at.at.later(days=2)
    names = ("nobody", *(reason.value for reason in Suppression))
    form = {"topic": "letter", "arrives-letter": "each"}
    answers = {at.at.send("/p/newsletter/sign-up", {**form, "email": f"{name}@example.net"}, 200) for name in names}
    assert len(answers) == 1
