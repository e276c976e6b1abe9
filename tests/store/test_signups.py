"""Signing up: a request changes nothing, its confirmation makes the subscriber and the proof."""

import json
from datetime import timedelta

import pytest

from preferences.address import parse_address
from preferences.delivery import MadeBy
from preferences.errors import Conflict, Invalid
from preferences.expectation import Suppression
from preferences.store.changes import asked_now
from preferences.store.confirmations import confirm
from preferences.store.events import SYSTEM, By
from preferences.store.service_mails import due_service_mails
from preferences.store.signups import SignUp, request
from preferences.store.subscribers import subscriber, subscriber_at
from preferences.store.subscribing import Stated, subscribe
from preferences.store.suppressions import suppress, suppress_address
from preferences.store.tables import CADENCE, CONSENT, EXPECTATION_TOPIC, SIGN_UP_REQUEST, SUBSCRIBER
from preferences.store.topics import state_cadence, topic_named
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Route, Scope
from tests.store.newsletter import (
    ANNA,
    BY_FOOTER,
    BY_SIGN_UP,
    NOON,
    Newsletter,
    asked,
    count,
    newsletter,
    rows,
    signed_up,
    written,
)

DAY = timedelta(days=1)


def ask(there: Newsletter, *topics: str, address: str = ANNA, now=NOON, **more) -> int:  # type: ignore[no-untyped-def]
    with there.database.write() as connection:
        sign_up = SignUp(address=parse_address(address), asked=asked(*topics), **more)
        return request(connection, there.publication, sign_up, BY_SIGN_UP, now)


def press(there: Newsletter, request_id: int | None, now=NOON):  # type: ignore[no-untyped-def]
    assert request_id is not None
    with there.database.write() as connection:
        return confirm(connection, there.publication, request_id, BY_SIGN_UP, now)


def test_a_request_keeps_the_sentence_as_it_was_shown_and_makes_nobody_a_subscriber(database_url: str) -> None:
    with newsletter(database_url) as there:
        ask(
            there, "letter", zone="Europe/Paris", network_address="192.0.2.7", agent="Browser", url="https://x.example/"
        )
        with there.database.read() as connection:
            (kept,) = rows(connection, SIGN_UP_REQUEST)
            assert count(connection, SUBSCRIBER) == 0
            assert [row.kind for row in due_service_mails(connection, NOON)] == ["confirm"]
        assert kept["promise"] == "You get Letter once a week, usually on Tuesdays. Nothing else."
        assert (kept["zone"], kept["zone_assumed"], kept["address"]) == ("Europe/Paris", False, ANNA)
        assert (kept["network_address"], kept["agent"], kept["sentence_version"]) == ("192.0.2.7", "Browser", 1)


def test_a_zone_that_nobody_gave_is_the_publications_and_marked_as_assumed(database_url: str) -> None:
    with newsletter(database_url) as there:
        ask(there, "letter")
        with there.database.read() as connection:
            (kept,) = rows(connection, SIGN_UP_REQUEST)
        assert (kept["zone"], kept["zone_assumed"]) == ("Europe/Berlin", True)


def test_a_confirmation_makes_the_subscriber_with_the_proof(database_url: str) -> None:
    with newsletter(database_url) as there:
        asked_for = ask(there, "letter", zone="Europe/Paris", name="Anna", source="shop", url="https://x.example/")
        done = press(there, asked_for, NOON + timedelta(hours=1))
        with there.database.read() as connection:
            person = subscriber(connection, there.publication, done.subscriber_id)
            (proof,) = rows(connection, CONSENT)
        assert person.standing.confirmed
        assert (person.name, person.source) == ("Anna", "shop")
        assert proof["promise"] == "You get Letter once a week, usually on Tuesdays. Nothing else."
        assert proof["address_typed"] == ANNA
        assert proof["address_normalised"] == "anna@example.org"
        assert json.loads(proof["topics"]) == [{"topic": "letter", "arrives": "each"}]
        assert proof["confirmation_pressed_at"] == NOON + timedelta(hours=1)


def test_confirming_twice_is_confirming_once(database_url: str) -> None:
    with newsletter(database_url) as there:
        asked_for = ask(there, "letter")
        first, second = press(there, asked_for), press(there, asked_for, NOON + DAY)
        assert first.subscriber_id == second.subscriber_id
        assert (first.was_new, second.was_new) == (True, False)
        with there.database.read() as connection:
            assert count(connection, CONSENT) == 1


def test_an_old_confirmation_pressed_again_brings_nobody_back_who_has_left(database_url: str) -> None:
    with newsletter(database_url) as there:
        asked_for = ask(there, "letter")
        person = press(there, asked_for).subscriber_id
        with there.database.write() as connection:
            unsubscribe(connection, there.publication, person, Scope.ALL, BY_FOOTER, NOON + DAY)
        press(there, asked_for, NOON + 2 * DAY)
        with there.database.read() as connection:
            assert subscriber(connection, there.publication, person).standing.unsubscribed


def test_a_request_of_somebody_who_is_subscribed_adds_its_topics_and_changes_nothing_else(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(
            there, asked("letter", at_most={"count": 2, "per": "month"}), zone="Europe/Paris", name="Anna"
        )
        press(there, ask(there, "letter", "events", zone="Asia/Tokyo", name="Eve", now=NOON + 2 * DAY), NOON + 2 * DAY)
        with there.database.read() as connection:
            now = asked_now(connection, there.publication, person)
            row = subscriber(connection, there.publication, person)
        assert written(now) == written(asked("letter", "events", at_most={"count": 2, "per": "month"}))
        assert row.name == "Anna"


def test_somebody_who_had_left_comes_back_with_what_is_asked_for_now(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        with there.database.write() as connection:
            unsubscribe(connection, there.publication, person, Scope.ALL, BY_FOOTER, NOON + DAY)
        done = press(there, ask(there, "events", now=NOON + 3 * DAY), NOON + 3 * DAY)
        assert done.subscriber_id == person
        with there.database.read() as connection:
            row = subscriber(connection, there.publication, person)
            assert written(asked_now(connection, there.publication, person)) == written(asked("events"))
        assert not row.standing.unsubscribed
        assert row.confirmed_at == NOON + 3 * DAY


def test_what_is_accepted_is_the_cadence_that_was_on_the_page(database_url: str) -> None:
    with newsletter(database_url) as there:
        with there.database.write() as connection:
            shown = topic_named(connection, there.publication, "letter")
            faster = type(shown.cadence)(id=0, at_most=type(shown.cadence.at_most)(count=3, per="week"))  # type: ignore[arg-type]
        asked_for = ask(there, "letter", accepted={"letter": shown.cadence.id})
        with there.database.write() as connection:
            state_cadence(connection, there.publication, shown, faster, SYSTEM, NOON)
        press(there, asked_for)
        with there.database.read() as connection:
            (choice,) = rows(connection, EXPECTATION_TOPIC)
        assert choice["accepted_id"] == shown.cadence.id


def test_a_cadence_of_another_topic_is_never_accepted(database_url: str) -> None:
    with newsletter(database_url) as there:
        with there.database.read() as connection:
            foreign = next(row["id"] for row in rows(connection, CADENCE) if row["topic_id"] == there.notices)
        press(there, ask(there, "letter", accepted={"letter": foreign}))
        with there.database.read() as connection:
            (choice,) = rows(connection, EXPECTATION_TOPIC)
        assert choice["accepted_id"] != foreign


def test_one_confirmation_is_sent_to_one_address_on_one_day(database_url: str) -> None:
    with newsletter(database_url) as there:
        for hours in range(0, 24, 6):
            ask(there, "letter", address="ANNA@example.org", now=NOON + timedelta(hours=hours))
        with there.database.read() as connection:
            assert len(due_service_mails(connection, NOON + DAY)) == 1
        ask(there, "letter", now=NOON + DAY)
        with there.database.read() as connection:
            assert len(due_service_mails(connection, NOON + DAY)) == 2


@pytest.mark.parametrize("reason", [Suppression.COMPLAINT, Suppression.OPERATOR])
def test_who_complained_or_was_blocked_is_never_asked_to_confirm(database_url: str, reason: Suppression) -> None:
    with newsletter(database_url) as there:
        before = ask(there, "letter")
        with there.database.write() as connection:
            suppress_address(connection, there.publication, "anna@example.org", reason, SYSTEM, NOON)
        ask(there, "letter", now=NOON + 400 * DAY)
        with pytest.raises(Conflict):
            press(there, before)
        with there.database.read() as connection:
            assert len(due_service_mails(connection, NOON + 400 * DAY)) == 1


def test_a_dead_address_may_ask_for_one_confirmation_in_30_days_and_comes_alive_by_it(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - 40 * DAY)
        with there.database.write() as connection:
            suppress(connection, there.publication, person, Suppression.DEAD_ADDRESS, SYSTEM, NOON - 35 * DAY)
        asked_for = ask(there, "letter")
        ask(there, "letter", now=NOON + 29 * DAY)
        with there.database.read() as connection:
            due = [row for row in due_service_mails(connection, NOON + 30 * DAY) if row.created_at >= NOON]
        assert len(due) == 1
        press(there, asked_for)
        with there.database.read() as connection:
            assert subscriber(connection, there.publication, person).suppressed is None


def test_a_sign_up_needs_a_topic_that_there_is_and_a_zone_that_there_is(database_url: str) -> None:
    with newsletter(database_url) as there:
        for topics, more in [((), {}), (("nothing",), {}), (("letter",), {"zone": "Mars/Base"})]:
            with pytest.raises(Invalid):
                ask(there, *topics, **more)


def test_a_consent_that_is_stated_subscribes_at_once_and_keeps_what_was_stated(database_url: str) -> None:
    by = By(made_by=MadeBy.TOKEN, route=Route.API)
    with newsletter(database_url) as there:
        sign_up = SignUp(address=parse_address(ANNA), asked=asked("letter"), wording="Yes, write to me", source="shop")
        stated = Stated(confirmed_at=NOON - DAY)
        with there.database.write() as connection:
            person = subscribe(connection, there.publication, sign_up, stated, by, NOON)
        with there.database.write() as connection, pytest.raises(Conflict) as there_already:
            subscribe(connection, there.publication, sign_up, stated, by, NOON)
        assert there_already.value.existing == person
        with there.database.read() as connection:
            (proof,) = rows(connection, CONSENT)
            found = subscriber_at(connection, there.publication, parse_address(ANNA))
        assert found is not None
        assert found.confirmed_at == NOON - DAY
        assert (proof["wording"], proof["method"], proof["route"]) == ("Yes, write to me", "stated_by_program", "api")
