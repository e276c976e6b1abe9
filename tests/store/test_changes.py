"""Changing what is asked for: one expectation ends and the next begins, and asking for less is recorded."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from preferences.address import parse_address
from preferences.delivery import MadeBy
from preferences.errors import Conflict, Invalid, NotFound, Stale
from preferences.expectation import Suppression
from preferences.store.changes import asked_now, change_expectation, change_zone
from preferences.store.consents import withdraw_consent
from preferences.store.erasures import erase
from preferences.store.events import SYSTEM, By
from preferences.store.expectations import terms_of
from preferences.store.publications import create_publication
from preferences.store.signups import SignUp
from preferences.store.subscribers import subscriber
from preferences.store.subscribing import Stated, subscribe
from preferences.store.suppressions import lift_suppression, suppress
from preferences.store.tables import (
    CONSENT,
    DEAD_ADDRESS,
    EVENT,
    EXPECTATION,
    OPENING,
    SIGN_UP_REQUEST,
    SUBSCRIBER,
    SUPPRESSED,
)
from preferences.store.topics import create_topic, topic_named
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Route, Scope
from tests.store.newsletter import (
    ANNA,
    BY_FOOTER,
    BY_LINK,
    NOON,
    asked,
    mail_handed_over,
    newsletter,
    rows,
    signed_up,
    written,
)

DAY = timedelta(days=1)


def opt_downs(connection) -> list[dict]:  # type: ignore[no-untyped-def,type-arg]
    return [json.loads(row["details"]) for row in rows(connection, EVENT) if row["kind"] == "opted_down"]


def test_a_change_ends_one_expectation_and_begins_the_next(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), zone="Europe/Paris", now=NOON - DAY)
        with there.database.write() as connection:
            begun = change_expectation(connection, there.publication, person, asked("events"), BY_LINK, NOON)
            first, second = rows(connection, EXPECTATION)
            terms = terms_of(connection, there.publication, [person])[person]
        assert (first["until"], second["since"], second["until"], second["id"]) == (NOON, NOON, None, begun)
        assert terms.expectation.zone == "Europe/Paris"


def test_of_two_tabs_the_second_is_told_that_something_changed(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        with there.database.write() as connection:
            version = subscriber(connection, there.publication, person).version
            change_expectation(
                connection, there.publication, person, asked("events"), BY_LINK, NOON, expected_version=version
            )
        with there.database.write() as connection, pytest.raises(Stale):
            change_expectation(
                connection, there.publication, person, asked("letter"), BY_LINK, NOON, expected_version=version
            )


def test_somebody_who_has_left_is_not_brought_back_by_a_change(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        with there.database.write() as connection:
            unsubscribe(connection, there.publication, person, Scope.ALL, BY_FOOTER, NOON)
        with there.database.write() as connection, pytest.raises(Conflict):
            change_expectation(connection, there.publication, person, asked("letter"), BY_LINK, NOON)


def test_openings_follow_the_terms_in_the_same_transaction(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - 9 * DAY)
        mail_handed_over(there, person, there.letter, NOON - DAY)
        with there.database.write() as connection:
            slower = asked("letter", at_most={"count": 1, "per": "month"})
            change_expectation(connection, there.publication, person, slower, BY_LINK, NOON)
            keys = {row["topic_key"] for row in rows(connection, OPENING)}
        assert keys == {0, there.letter}


@pytest.mark.parametrize(
    ("less", "kind"),
    [
        (asked("letter"), "topic_off"),
        (asked("letter", {"topic": "events", "arrives": "weekly"}), "slower_rhythm"),
        (asked("letter", {"topic": "events", "arrives": "web"}), "web_only"),
        (asked("letter", "events", paused={"from": "2026-11-24", "until": "2026-12-24"}), "pause"),
        (asked("letter", "events", at_most={"count": 1, "per": "week"}), "lower_cap"),
    ],
)
def test_asking_for_less_is_recorded_with_its_circumstances(database_url: str, less, kind: str) -> None:  # type: ignore[no-untyped-def]
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"), now=NOON - 9 * DAY)
        delivery = mail_handed_over(there, person, there.events, NOON - DAY)
        with there.database.write() as connection:
            change_expectation(connection, there.publication, person, less, BY_LINK, NOON, delivery_id=delivery)
            (told,) = opt_downs(connection)
        assert [step["kind"] for step in told["steps"]] == [kind]
        assert (told["attribution"], told["charged_topic"], told["tenure_days"]) == ("exact", there.events, 9)
        assert (told["counted_in_7_days"], told["tenure_mails"]) == (1, 1)


def test_asking_for_more_is_no_opt_down(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", at_most={"count": 1, "per": "month"}), now=NOON - 9 * DAY)
        with there.database.write() as connection:
            change_expectation(connection, there.publication, person, asked("letter", "events"), BY_LINK, NOON)
            assert opt_downs(connection) == []


def test_another_zone_reads_the_same_expectation_otherwise(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", hours={"from": "08:00", "to": "20:00"}), now=NOON - DAY)
        with there.database.write() as connection:
            change_zone(connection, there.publication, person, "Asia/Tokyo", BY_LINK, NOON)
            terms = terms_of(connection, there.publication, [person])[person]
            now = asked_now(connection, there.publication, person)
        assert (terms.expectation.zone, terms.expectation.zone_assumed) == ("Asia/Tokyo", False)
        assert written(now) == written(asked("letter", hours={"from": "08:00", "to": "20:00"}))
        with there.database.write() as connection, pytest.raises(Invalid):
            change_zone(connection, there.publication, person, "Mars/Base", BY_LINK, NOON)


def test_a_dead_address_is_dead_everywhere_and_nothing_else_crosses(database_url: str) -> None:
    by = By(made_by=MadeBy.TOKEN, route=Route.API)
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        with there.database.write() as connection:
            other = create_publication(connection, slug="other", name="Other", zone="UTC", now=NOON)
            cadence = topic_named(connection, there.publication, "letter").cadence
            create_topic(connection, other, slug="jobs", name="Jobs", cadence=cadence, by=SYSTEM, now=NOON)
            sign_up = SignUp(address=parse_address(ANNA), asked=asked("jobs"))
            elsewhere = subscribe(connection, other, sign_up, Stated(confirmed_at=NOON), by, NOON)
            suppress(connection, there.publication, person, Suppression.OPERATOR, SYSTEM, NOON)
            assert subscriber(connection, other, elsewhere).suppressed is None
            lift_suppression(connection, there.publication, person, SYSTEM, NOON)
            suppress(connection, there.publication, person, Suppression.DEAD_ADDRESS, SYSTEM, NOON)
            assert subscriber(connection, other, elsewhere).suppressed is Suppression.DEAD_ADDRESS
            sign_up = SignUp(address=parse_address("ben@example.org"), asked=asked("jobs"))
            assert len(rows(connection, DEAD_ADDRESS)) == 1


def test_a_consent_that_is_withdrawn_ends_at_once_and_keeps_the_proof(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        with there.database.write() as connection:
            assert withdraw_consent(connection, there.publication, person, BY_LINK, NOON)
            assert not withdraw_consent(connection, there.publication, person, BY_LINK, NOON)
            assert [row["kind"] for row in rows(connection, CONSENT)] == ["given", "withdrawn"]
            assert subscriber(connection, there.publication, person).standing.consent_ends_at == NOON


def test_erasure_empties_the_person_and_leaves_the_ledger(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(
            there,
            asked("letter"),
            name="Anna Berg",
            zone="Europe/Paris",
            network_address="192.0.2.7",
            agent="Browser",
            now=NOON - 9 * DAY,
        )
        mail_handed_over(there, person, there.letter, NOON - DAY)
        with there.database.write() as connection:
            erase(connection, there.publication, person, BY_LINK, NOON)
        with there.database.read() as connection:
            (row,) = rows(connection, SUBSCRIBER)
            everything = json.dumps(
                [rows(connection, table) for table in (SUBSCRIBER, SIGN_UP_REQUEST, CONSENT, EVENT)], default=str
            )
            assert [kept["reason"] for kept in rows(connection, SUPPRESSED)] == ["erased"]
            assert len(rows(connection, EXPECTATION)) == 1
        for gone in ("anna", "Anna", "Berg", "192.0.2.7", "Browser", "Paris"):
            assert gone not in everything
        assert (row["address"], row["suppressed"], row["erased_at"]) == (None, "erased", NOON)
        with there.database.write() as connection, pytest.raises(NotFound):
            erase(connection, there.publication, person, BY_LINK, NOON)


def test_who_returns_after_erasure_is_a_new_subscriber(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - 9 * DAY)
        with there.database.write() as connection:
            erase(connection, there.publication, person, BY_LINK, NOON)
        again = signed_up(there, asked("letter"), now=NOON + DAY)
        assert again != person
        with there.database.read() as connection:
            assert subscriber(connection, there.publication, again).suppressed is None


def test_an_erased_address_that_a_program_brings_back_is_not_written_to(database_url: str) -> None:
    by = By(made_by=MadeBy.TOKEN, route=Route.API)
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - 9 * DAY)
        with there.database.write() as connection:
            erase(connection, there.publication, person, BY_LINK, NOON)
            sign_up = SignUp(address=parse_address(ANNA), asked=asked("letter"))
            again = subscribe(connection, there.publication, sign_up, Stated(confirmed_at=NOON), by, NOON)
            assert subscriber(connection, there.publication, again).suppressed is Suppression.ERASED
