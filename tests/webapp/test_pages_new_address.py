"""Another address: both mailboxes agree, then mail goes there; nobody but a mailbox learns what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from preferences.address import parse_address
from preferences.expectation import Suppression
from preferences.links import Purpose
from preferences.store.erasures import erase
from preferences.store.expectations import terms_of
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.subscribers import subscriber, subscriber_at
from preferences.store.suppressions import suppress, suppress_address
from preferences.store.tables import ADDRESS_CHANGE, CONSENT, SERVICE_MAIL
from tests.store.newsletter import ANNA, BY_LINK, asked, rows, signed_up
from tests.webapp.visitor import Visitor, dump, visitor

NEW = "Anna.New@Example.net"


@pytest.fixture
def anna(database_url: str, tmp_path: Path) -> Iterator[Visitor]:
    with visitor(database_url, tmp_path) as somebody:
        somebody.person = signed_up(somebody.there, asked("letter"))  # type: ignore[attr-defined]
        somebody.later(days=2)
        yield somebody


def person_of(anna: Visitor) -> int:
    return int(anna.person)  # type: ignore[attr-defined]


def asks(anna: Visitor, address: str = NEW) -> None:
    anna.post(f"/me/{anna.token(Purpose.FRESH, person_of(anna))}/address", do="ask", email=address)


def ends(anna: Visitor) -> dict[str, str]:
    """The links that are in the mailboxes, by which end they are of."""
    return {path.split("/")[1]: path for path in anna.mailed_links() if "-address/" in path}


def address_now(anna: Visitor) -> str | None:
    with anna.there.database.read() as connection:
        return subscriber(connection, anna.there.publication, person_of(anna)).address


def mailed(anna: Visitor) -> list[tuple[str, str]]:
    with anna.there.database.read() as connection:
        return [(row["kind"], row["address"]) for row in rows(connection, SERVICE_MAIL) if row["address"]]


@pytest.mark.parametrize("order", [("new-address", "old-address"), ("old-address", "new-address")])
def test_mail_goes_to_the_new_address_once_both_have_agreed_and_not_before(
    anna: Visitor, order: tuple[str, str]
) -> None:
    asks(anna)
    links = ends(anna)
    for end in order:
        assert address_now(anna) == ANNA
        anna.post(links[end], do="agree")
    assert address_now(anna) == NEW
    assert mailed(anna)[-2:] == [("moved", NEW), ("moved_away", ANNA)]
    with anna.there.database.read() as connection:
        assert terms_of(connection, anna.there.publication, [person_of(anna)])
        proof = rows(connection, CONSENT)[-1]
    assert (proof["kind"], proof["address_typed"]) == ("moved", NEW)
    assert "Done" in anna.get(links["new-address"])
    assert "Done" in anna.get(links["old-address"])
    assert "Letter" in anna.get(f"/me/{anna.token(Purpose.PREFERENCES, person_of(anna))}")


def test_pressing_twice_is_pressing_once_and_looking_changes_nothing(anna: Visitor) -> None:
    asks(anna)
    links = ends(anna)
    before = dump(anna.there)
    for path in links.values():
        anna.get(path)
        anna.client.options(path)
    assert dump(anna.there) == before
    for path in links.values():
        anna.post(path, do="agree")
    after = dump(anna.there)
    for path in links.values():
        anna.post(path, do="agree")
    assert dump(anna.there) == after


def test_the_old_mailbox_ends_it_by_saying_that_it_was_somebody_else(anna: Visitor) -> None:
    asks(anna)
    links = ends(anna)
    anna.post(links["old-address"], do="not_me")
    anna.post(links["new-address"], do="agree")
    anna.post(links["old-address"], do="agree")
    assert address_now(anna) == ANNA
    assert "This question is over" in anna.get(links["new-address"])


def test_the_new_mailbox_learns_nothing_of_the_person(anna: Visitor) -> None:
    asks(anna)
    page = anna.get(ends(anna)["new-address"])
    assert "anna" not in page.lower()
    assert "once a week" not in page


def test_after_seven_days_the_question_is_over(anna: Visitor) -> None:
    asks(anna)
    links = ends(anna)
    anna.post(links["new-address"], do="agree")
    anna.later(days=7)
    anna.post(links["old-address"], do="agree")
    assert address_now(anna) == ANNA
    assert "This question is over" in anna.get(links["old-address"])


def test_asking_anew_ends_what_was_asked_before(anna: Visitor) -> None:
    asks(anna)
    links = ends(anna)
    asks(anna, "another@example.net")
    for path in links.values():
        anna.post(path, do="agree")
    assert address_now(anna) == ANNA


def known(anna: Visitor) -> None:
    signed_up(anna.there, asked("letter"), address=NEW)


def complained(anna: Visitor) -> None:
    ben = signed_up(anna.there, asked("letter"), address=NEW)
    with anna.there.database.write() as connection:
        suppress(connection, anna.there.publication, ben, Suppression.COMPLAINT, BY_LINK, anna.clock.now())


def dead(anna: Visitor) -> None:
    with anna.there.database.write() as connection:
        address = parse_address(NEW).normalised
        reason, now = Suppression.DEAD_ADDRESS, anna.clock.now()
        suppress_address(connection, anna.there.publication, address, reason, BY_LINK, now)


@pytest.mark.parametrize("state", [known, complained, dead])
def test_no_page_tells_what_is_known_of_the_new_address(sqlite_url: str, tmp_path: Path, state: object) -> None:
    with visitor(sqlite_url, tmp_path) as anna:
        person = signed_up(anna.there, asked("letter"))
        assert callable(state)
        state(anna)
        anna.later(days=2)
        link = f"/me/{anna.token(Purpose.FRESH, person)}/address"
        answers = []
        for address in ("nobody@example.net", NEW):
            answers.append(anna.post(link, do="ask", email=address))
            answers.append(anna.get(link).replace(address, "…"))
        assert answers[:2] == answers[2:]


def test_an_address_that_gets_mail_already_is_told_so_with_a_link_of_its_own(anna: Visitor) -> None:
    ben = signed_up(anna.there, asked("events"), address=NEW)
    anna.later(days=2)
    asks(anna)
    assert ("address_taken", NEW) in mailed(anna)
    assert "new-address" not in ends(anna)
    anna.post(ends(anna)["old-address"], do="agree")
    assert address_now(anna) == ANNA
    (own,) = [path for path in anna.mailed_links() if path.startswith("/me/")]
    assert "Events" in anna.get(own)
    with anna.there.database.read() as connection:
        there = subscriber_at(connection, anna.there.publication, parse_address(NEW))
    assert there is not None
    assert there.id == ben


def test_an_address_that_signs_up_meanwhile_keeps_its_own_subscription(anna: Visitor) -> None:
    asks(anna)
    links = ends(anna)
    anna.post(links["new-address"], do="agree")
    signed_up(anna.there, asked("events"), address=NEW)
    anna.post(links["old-address"], do="agree")
    assert address_now(anna) == ANNA
    assert "This question is over" in anna.get(links["old-address"])


def test_whoever_answers_from_a_dead_address_has_it(anna: Visitor) -> None:
    dead(anna)
    asks(anna)
    for path in ends(anna).values():
        anna.post(path, do="agree")
    assert address_now(anna) == NEW
    with anna.there.database.read() as connection:
        assert subscriber(connection, anna.there.publication, person_of(anna)).suppressed is None


def test_a_link_that_waits_to_be_mailed_goes_to_the_new_address(anna: Visitor) -> None:
    asks(anna)
    with anna.there.database.write() as connection:
        old, now = parse_address(ANNA), anna.clock.now()
        queue(connection, anna.there.publication, ServiceKind.FRESH_LINK, old, now, subscriber_id=person_of(anna))
    for path in ends(anna).values():
        anna.post(path, do="agree")
    assert ("fresh_link", NEW) in mailed(anna)


def test_three_questions_a_day_go_to_the_old_mailbox_and_the_fourth_is_said_to_wait(anna: Visitor) -> None:
    for number in range(3):
        asks(anna, f"new{number}@example.net")
    link = f"/me/{anna.token(Purpose.FRESH, person_of(anna))}/address"
    assert "ask again tomorrow" in anna.post(link, 422, do="ask", email="fourth@example.net")
    with anna.there.database.read() as connection:
        assert [row["ended_at"] is None for row in rows(connection, ADDRESS_CHANGE)] == [False, False, True]


@pytest.mark.parametrize("typed", ["", "anna", "anna@", ANNA, "a\x00b@example.org", "x" * 70 + "@example.org"])
def test_what_is_no_new_address_is_said_beside_the_field_and_kept(anna: Visitor, typed: str) -> None:
    before = dump(anna.there)
    link = f"/me/{anna.token(Purpose.FRESH, person_of(anna))}/address"
    page = anna.post(link, 422, do="ask", email=typed)
    assert 'id="problem-email"' in page
    assert dump(anna.there) == before


def test_the_link_of_a_mail_asks_for_nothing_but_a_fresh_one(anna: Visitor) -> None:
    link = f"/me/{anna.token(Purpose.PREFERENCES, person_of(anna))}/address"
    assert "cannot read the old address" in anna.get(link)
    anna.post(link, 200, do="ask", email=NEW)
    assert ends(anna) == {}
    assert [path.rpartition("/")[2] for path in anna.mailed_links()] == ["address"]


def test_who_was_erased_meanwhile_is_moved_nowhere(anna: Visitor) -> None:
    asks(anna)
    links = ends(anna)
    with anna.there.database.write() as connection:
        erase(connection, anna.there.publication, person_of(anna), BY_LINK, anna.clock.now())
    for path in links.values():
        assert "nobody here any more" in anna.get(path, 410)
        anna.post(path, 410, do="agree")
    with anna.there.database.read() as connection:
        assert subscriber(connection, anna.there.publication, person_of(anna)).address is None
