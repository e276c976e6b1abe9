"""Proof of consent: every way in and out leaves all that the law asks for, and what is kept for a time goes in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from preferences.address import parse_address
from preferences.delivery import MadeBy
from preferences.store.confirmations import come_back
from preferences.store.consents import ConsentKind, proofs_of
from preferences.store.events import By
from preferences.store.retention import forget
from preferences.store.service_mails import due_service_mails, mark_sent
from preferences.store.signups import SignUp, request
from preferences.store.subscribing import Stated, subscribe
from preferences.store.tables import PUBLICATION, SERVICE_MAIL, SIGN_UP_REQUEST
from preferences.store.undo import undo
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Route, Scope
from tests.store.newsletter import ANNA, BY_FOOTER, BY_LINK, NOON, Newsletter, asked, newsletter, rows, signed_up

DAY = timedelta(days=1)
WHERE: dict[str, Any] = {
    "url": "https://example.org/p/newsletter/sign-up",
    "network_address": "192.0.2.1",
    "agent": "Browser/1",
}


def in_a_country(there: Newsletter) -> None:
    with there.database.write() as connection:
        connection.execute(update(PUBLICATION).values(jurisdiction="Germany", legal_basis="soft_opt_in"))


def test_a_confirmed_sign_up_is_proved_with_every_field(database_url: str) -> None:
    with newsletter(database_url) as there:
        in_a_country(there)
        person = signed_up(there, asked("letter", {"topic": "events", "arrives": "weekly"}), language="en", **WHERE)
        with there.database.read() as connection:
            (proof,) = proofs_of(connection, there.publication, person)
        assert (proof.kind, proof.method, proof.route) == (ConsentKind.GIVEN, "confirmed_by_mail", Route.SIGN_UP)
        assert (proof.address_typed, proof.address_normalised) == (ANNA, "anna@example.org")
        assert proof.topics == (("letter", "each"), ("events", "weekly"))
        assert "Letter" in proof.promise
        assert proof.sentence_version > 0
        assert {name: getattr(proof, name) for name in WHERE} == WHERE
        assert (proof.language, proof.jurisdiction, proof.basis) == ("en", "Germany", "soft_opt_in")
        assert (proof.occurred_at, proof.confirmation_pressed_at) == (NOON, NOON)


def test_a_consent_that_a_program_states_is_proved_under_the_law_of_the_publication(database_url: str) -> None:
    with newsletter(database_url) as there:
        in_a_country(there)
        sign_up = SignUp(address=parse_address(ANNA), asked=asked("letter"), wording="Yes", url="https://shop.example/")
        stated = Stated(confirmed_at=NOON - DAY, ends_at=NOON + 400 * DAY)
        with there.database.write() as connection:
            by = By(made_by=MadeBy.TOKEN, route=Route.API)
            person = subscribe(connection, there.publication, sign_up, stated, by, NOON)
            (proof,) = proofs_of(connection, there.publication, person)
        assert (proof.jurisdiction, proof.basis, proof.url) == ("Germany", "soft_opt_in", "https://shop.example/")
        assert (proof.ends_at, proof.confirmation_pressed_at) == (NOON + 400 * DAY, NOON - DAY)


@pytest.mark.parametrize("route", [Route.HEADER_ONE_CLICK, Route.FOOTER_LINK, Route.API, Route.CONSOLE])
def test_leaving_everything_withdraws_the_consent_by_its_route(database_url: str, route: Route) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"))
        by = By(made_by=MadeBy.LINK, route=route)
        with there.database.write() as connection:
            for _ in range(2):
                unsubscribe(connection, there.publication, person, Scope.ALL, by, NOON + DAY)
        with there.database.read() as connection:
            withdrawn, given = proofs_of(connection, there.publication, person)
        assert (withdrawn.kind, withdrawn.route) == (ConsentKind.WITHDRAWN, route)
        assert withdrawn.topics == given.topics
        assert withdrawn.occurred_at == NOON + DAY


def test_leaving_one_topic_withdraws_the_consent_to_that_topic_alone(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"))
        with there.database.write() as connection:
            unsubscribe(
                connection, there.publication, person, Scope.TOPIC, BY_FOOTER, NOON + DAY, topic_id=there.events
            )
        with there.database.read() as connection:
            assert proofs_of(connection, there.publication, person)[0].topics == (("events", "each"),)


def test_taking_it_back_and_coming_back_are_consents_of_their_own(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        with there.database.write() as connection:
            left = unsubscribe(connection, there.publication, person, Scope.ALL, BY_FOOTER, NOON)
            assert undo(connection, there.publication, left.id or 0, BY_LINK, NOON)
            unsubscribe(connection, there.publication, person, Scope.ALL, BY_FOOTER, NOON + DAY)
            come_back(
                connection, there.publication, person, asked("events"), BY_LINK, NOON + 2 * DAY, zone="UTC", **WHERE
            )
        with there.database.read() as connection:
            proofs = proofs_of(connection, there.publication, person)
        assert [proof.method for proof in proofs] == [
            "by_link",
            "unsubscribed",
            "undone",
            "unsubscribed",
            "confirmed_by_mail",
        ]
        assert proofs[0].network_address == "192.0.2.1"
        assert all(proof.promise for proof in proofs if proof.kind is ConsentKind.GIVEN)


def test_where_a_consent_came_from_is_emptied_when_its_time_is_over_and_nothing_else(database_url: str) -> None:
    with newsletter(database_url) as there:
        with there.database.write() as connection:
            connection.execute(update(PUBLICATION).values(proof_days=90))
        person = signed_up(there, asked("letter"), **WHERE)
        with there.database.write() as connection:
            before = proofs_of(connection, there.publication, person)
            forget(connection, NOON + 89 * DAY)
            assert proofs_of(connection, there.publication, person) == before
            forget(connection, NOON + 90 * DAY)
            assert proofs_of(connection, there.publication, person) == [
                replace(before[0], network_address=None, agent=None)
            ]
            (kept,) = rows(connection, SIGN_UP_REQUEST)
            assert (kept["network_address"], kept["agent"], kept["address"]) == (None, None, ANNA)
            assert forget(connection, NOON + 91 * DAY) == 0


def test_a_sign_up_that_nobody_confirmed_is_emptied_of_the_person_and_still_counted(database_url: str) -> None:
    with newsletter(database_url) as there:
        sign_up = SignUp(address=parse_address(ANNA), asked=asked("letter"), name="Anna", zone="Asia/Tokyo", **WHERE)
        with there.database.write() as connection:
            request(connection, there.publication, sign_up, BY_LINK, NOON)
            (mail,) = due_service_mails(connection, NOON)
            mark_sent(connection, mail, NOON)
            forget(connection, NOON + 29 * DAY)
            assert rows(connection, SIGN_UP_REQUEST)[0]["address"] == ANNA
            forget(connection, NOON + 31 * DAY)
            for table in (SIGN_UP_REQUEST, SERVICE_MAIL):
                (row,) = rows(connection, table)
                assert not {"Anna@Example.org", "anna@example.org", "Anna", "Asia/Tokyo", "192.0.2.1"} & set(
                    row.values()
                )


def test_who_confirmed_keeps_what_they_confirmed_for_good(database_url: str) -> None:
    with newsletter(database_url) as there:
        signed_up(there, asked("letter"), zone="Asia/Tokyo", **WHERE)
        with there.database.write() as connection:
            forget(connection, NOON + 300 * DAY)
            (row,) = rows(connection, SIGN_UP_REQUEST)
        assert (row["address"], row["zone"], row["network_address"]) == (ANNA, "Asia/Tokyo", "192.0.2.1")
        assert row["network"] is None
