"""Leaving: idempotent, in effect at once, recorded with everything that an analysis of reasons needs."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from preferences.errors import Invalid, NotFound
from preferences.expectation import Suppression
from preferences.store.changes import asked_now
from preferences.store.erasures import erase
from preferences.store.events import SYSTEM
from preferences.store.subscribers import subscriber
from preferences.store.suppressions import suppress
from preferences.store.tables import DELIVERY, EVENT, EXPECTATION, UNSUBSCRIBE
from preferences.store.undo import is_undoable, undo
from preferences.store.unsubscribes import Unsubscribed, last_unsubscribe, state_cause, the_unsubscribe, unsubscribe
from preferences.unsubscribe import ASKED, Attribution, Cause, Scope
from tests.store.newsletter import (
    BY_FOOTER,
    BY_LINK,
    NOON,
    Newsletter,
    add_campaign,
    asked,
    count,
    mail_handed_over,
    newsletter,
    rows,
    signed_up,
    written,
)

DAY = timedelta(days=1)


def leave(there: Newsletter, person: int, scope: Scope = Scope.ALL, now=NOON, **more) -> Unsubscribed:  # type: ignore[no-untyped-def]
    with there.database.write() as connection:
        return unsubscribe(connection, there.publication, person, scope, BY_FOOTER, now, **more)


def test_leaving_a_topic_keeps_the_others_as_they_were(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events", at_most={"count": 2, "per": "week"}), now=NOON - 9 * DAY)
        left = leave(there, person, Scope.TOPIC, topic_id=there.letter)
        with there.database.read() as connection:
            now = asked_now(connection, there.publication, person)
            assert not subscriber(connection, there.publication, person).standing.unsubscribed
        assert (left.scope, left.was_new) == (Scope.TOPIC, True)
        assert written(now) == written(asked("events", at_most={"count": 2, "per": "week"}))


def test_leaving_the_last_topic_is_leaving_everything(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        left = leave(there, person, Scope.TOPIC, topic_id=there.letter)
        with there.database.read() as connection:
            assert subscriber(connection, there.publication, person).standing.unsubscribed
            assert asked_now(connection, there.publication, person) is None
        assert left.scope is Scope.ALL


def test_leaving_twice_is_leaving_once(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"), now=NOON - DAY)
        for scope, more in [(Scope.TOPIC, {"topic_id": there.letter}), (Scope.ALL, {})]:
            first, second = leave(there, person, scope, **more), leave(there, person, scope, NOON + DAY, **more)
            assert (first.was_new, second.was_new, second.id) == (True, False, first.id)
        with there.database.read() as connection:
            assert count(connection, UNSUBSCRIBE) == 2
            assert last_unsubscribe(connection, there.publication, person) is not None


def test_a_link_that_names_its_delivery_attributes_exactly(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"), now=NOON - 30 * DAY)
        delivery = mail_handed_over(there, person, there.letter, NOON - 20 * DAY)
        mail_handed_over(there, person, there.events, NOON - 2 * DAY)
        leave(there, person, delivery_id=delivery)
        with there.database.read() as connection:
            (row,) = rows(connection, UNSUBSCRIBE)
        assert (row["attribution"], row["delivery_id"], row["charged_topic_id"]) == ("exact", delivery, there.letter)
        assert (row["counted_in_7_days"], row["counted_in_28_days"]) == (1, 2)
        assert (row["tenure_days"], row["tenure_mails"], row["broken_before"]) == (30, 2, False)


def test_without_a_delivery_the_last_counted_mail_within_7_days_is_inferred_else_none(database_url: str) -> None:
    with newsletter(database_url) as there:
        for days, expected in [(6, Attribution.INFERRED), (8, Attribution.NONE)]:
            person = signed_up(there, asked("letter"), address=f"p{days}@example.org", now=NOON - 30 * DAY)
            delivery = mail_handed_over(there, person, there.letter, NOON - days * DAY)
            left = leave(there, person)
            with there.database.read() as connection:
                row = the_unsubscribe(connection, there.publication, left.id or 0)
            assert row.attribution is expected
            assert row.delivery_id == (delivery if expected is Attribution.INFERRED else None)


def test_a_delivery_of_somebody_else_is_not_attributed_to(database_url: str) -> None:
    with newsletter(database_url) as there:
        other = signed_up(there, asked("letter"), address="other@example.org", now=NOON - 30 * DAY)
        person = signed_up(there, asked("letter"), now=NOON - 30 * DAY)
        left = leave(there, person, delivery_id=mail_handed_over(there, other, there.letter, NOON - DAY))
        with there.database.read() as connection:
            assert the_unsubscribe(connection, there.publication, left.id or 0).attribution is Attribution.NONE


def test_of_a_digest_all_topics_are_kept(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"), now=NOON - 30 * DAY)
        digest = mail_handed_over(there, person, there.letter, NOON - DAY)
        item = mail_handed_over(there, person, there.events, NOON - DAY)
        other = mail_handed_over(there, person, there.letter, NOON - DAY)
        with there.database.write() as connection:
            change = DELIVERY.update()
            connection.execute(
                change.where(DELIVERY.c.id == digest).values(
                    campaign_id=None, rhythm="weekly", slot_on=NOON.date(), topic_id=None
                )
            )
            connection.execute(change.where(DELIVERY.c.id.in_([item, other])).values(carrier_id=digest))
        left = leave(there, person, delivery_id=digest)
        with there.database.read() as connection:
            row = the_unsubscribe(connection, there.publication, left.id or 0)
        assert row.charged_topic_id is None
        assert row.digest_topics == f"{there.letter},{there.events}"


def test_what_waits_is_decided_again_in_the_same_transaction(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - 30 * DAY)
        with there.database.write() as connection:
            campaign = add_campaign(connection, there, there.letter, NOON - DAY)
            connection.execute(
                DELIVERY.insert().values(
                    publication_id=there.publication,
                    subscriber_id=person,
                    campaign_id=campaign,
                    state="waiting",
                    reason="topic_cap",
                    topic_id=there.letter,
                    scheduled_at=NOON - DAY,
                    wakes_at=NOON + DAY,
                    opens_at=NOON + DAY,
                    expires_at=NOON + 7 * DAY,
                    has_waited=True,
                )
            )
        leave(there, person)
        with there.database.read() as connection:
            (delivery,) = rows(connection, DELIVERY)
        assert (delivery["state"], delivery["reason"]) == ("not_sent", "unsubscribed")


def test_it_is_said_when_a_mail_is_already_being_handed_over(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"), now=NOON - 30 * DAY)
        mail_handed_over(there, person, there.letter, NOON, state="handing_over")
        assert not leave(there, person, Scope.TOPIC, topic_id=there.events).is_under_way
        assert leave(there, person).is_under_way


def test_a_cause_is_stated_afterwards_and_may_be_stated_otherwise(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        left = leave(there, person)
        assert left.id is not None
        with there.database.write() as connection:
            assert the_unsubscribe(connection, there.publication, left.id).cause is Cause.UNSTATED
            for cause, words in [(Cause.OTHER, "moved away"), (Cause.TOO_OFTEN, "")]:
                state_cause(connection, there.publication, left.id, cause, words, ASKED[::-1], BY_LINK, NOON + DAY)
            row = the_unsubscribe(connection, there.publication, left.id)
        assert (row.cause, row.words) == (Cause.TOO_OFTEN, "")
        assert row.shuffle.split(",")[0] == "other"


@pytest.mark.parametrize("cause", [Cause.COMPLAINT, Cause.BOUNCE, Cause.OPERATOR, Cause.UNSTATED])
def test_a_person_cannot_state_the_cause_of_a_machine(database_url: str, cause: Cause) -> None:
    with newsletter(database_url) as there:
        left = leave(there, signed_up(there, asked("letter"), now=NOON - DAY))
        with there.database.write() as connection, pytest.raises(Invalid):
            state_cause(connection, there.publication, left.id or 0, cause, "", ASKED, BY_LINK, NOON)


@pytest.mark.parametrize("scope", [Scope.TOPIC, Scope.ALL])
def test_undoing_begins_again_what_had_ended_on_the_cadences_accepted_then(database_url: str, scope: Scope) -> None:
    wants = asked({"topic": "letter", "at_most": {"count": 1, "per": "month"}}, "events", days=["tue", "wed"])
    with newsletter(database_url) as there:
        person = signed_up(there, wants, zone="Europe/Paris", now=NOON - 9 * DAY)
        left = leave(there, person, scope, topic_id=there.letter if scope is Scope.TOPIC else None)
        with there.database.write() as connection:
            assert undo(connection, there.publication, left.id or 0, BY_LINK, NOON + timedelta(minutes=5))
            assert not undo(connection, there.publication, left.id or 0, BY_LINK, NOON + timedelta(minutes=6))
        with there.database.read() as connection:
            now = asked_now(connection, there.publication, person)
            assert not subscriber(connection, there.publication, person).standing.unsubscribed
            assert count(connection, EXPECTATION) == (3 if scope is Scope.TOPIC else 2)
        assert written(now) == written(wants)


def test_the_same_link_undoes_for_half_an_hour(database_url: str) -> None:
    with newsletter(database_url) as there:
        left = leave(there, signed_up(there, asked("letter"), now=NOON - DAY))
        with there.database.read() as connection:
            row = the_unsubscribe(connection, there.publication, left.id or 0)
        assert is_undoable(row, NOON + timedelta(minutes=30))
        assert not is_undoable(row, NOON + timedelta(minutes=30, seconds=1))


def test_what_was_overtaken_is_not_undone(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"), now=NOON - DAY)
        first = leave(there, person, Scope.TOPIC, topic_id=there.letter)
        leave(there, person, now=NOON + timedelta(minutes=1))
        with there.database.write() as connection:
            assert not undo(connection, there.publication, first.id or 0, BY_LINK, NOON + timedelta(minutes=2))


def test_a_complaint_ends_everything_and_is_recorded_as_one(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        with there.database.write() as connection:
            assert suppress(connection, there.publication, person, Suppression.COMPLAINT, SYSTEM, NOON)
            assert not suppress(connection, there.publication, person, Suppression.DEAD_ADDRESS, SYSTEM, NOON)
            standing = subscriber(connection, there.publication, person).standing
            (row,) = rows(connection, UNSUBSCRIBE)
        assert standing.unsubscribed
        assert standing.suppressed is Suppression.COMPLAINT
        assert row["cause"] == "complaint"


def test_who_was_erased_cannot_be_unsubscribed_any_more(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        with there.database.write() as connection:
            erase(connection, there.publication, person, BY_LINK, NOON)
        with pytest.raises(NotFound):
            leave(there, person)


def test_each_change_of_standing_says_the_standing_from_then_on(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - DAY)
        left = leave(there, person)
        with there.database.write() as connection:
            undo(connection, there.publication, left.id or 0, BY_LINK, NOON + timedelta(minutes=1))
            kinds = [(row["kind"], json.loads(row["details"]).get("standing")) for row in rows(connection, EVENT)]
        told = [(kind, standing["unsubscribed"]) for kind, standing in kinds if standing is not None]
        assert told == [("subscribed", False), ("unsubscribed", True), ("unsubscribe_undone", False)]
