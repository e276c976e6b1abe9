"""Imports: who arrives, who stays away, what is proved, and that an import stops and goes on anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from preferences.errors import Conflict, Invalid
from preferences.expectation import Arrives, Suppression
from preferences.importing.standings import ImportedAs
from preferences.store.expectations import terms_of
from preferences.store.imports import (
    Batch,
    Became,
    ImportOrder,
    Preview,
    begin_import,
    take_in,
)
from preferences.store.publications import create_publication, publication
from preferences.store.tables import (
    CONSENT,
    EVENT,
    EXPECTATION,
    IMPORT_BATCH,
    PATTERN,
    SUBSCRIBER,
    SUPPRESSED,
    UNSUBSCRIBE,
)
from preferences.store.topics import topic_named
from preferences.unsubscribe import Cause
from tests.store.importing import LONG_AGO, at, imported, order, person, previewed, rows_of, topics_of
from tests.store.newsletter import (
    ANNA,
    NOON,
    Newsletter,
    asked,
    newsletter,
    signed_up,
)


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as made:
        yield made


def test_a_reader_arrives_on_the_current_cadence_marked_as_carried_over(there: Newsletter) -> None:
    assert imported(there, person(name="Anna", zone="America/Lima", zone_assumed=False)) == {Became.SUBSCRIBED: 1}

    anna = at(there)
    assert anna.standing.confirmed
    (begun,) = rows_of(there, EXPECTATION, anna.id)
    assert (begun["carried_over"], begun["made_by"], begun["route"]) == (True, "import", "import")
    with there.database.read() as connection:
        terms = terms_of(connection, there.publication, [anna.id])[anna.id]
        letter = topic_named(connection, there.publication, "letter")
    assert terms.expectation.zone == "America/Lima"
    assert not terms.expectation.zone_assumed
    assert terms.expectation.topics[0].accepted == letter.cadence.id


def test_a_reader_without_a_zone_arrives_in_that_of_the_import_as_assumed(there: Newsletter) -> None:
    imported(there, person(), zone="Asia/Tokyo")

    (begun,) = rows_of(there, EXPECTATION, at(there).id)
    assert begun["zone_assumed"]
    with there.database.read() as connection:
        zones = connection.execute(select(PATTERN.c.zone).where(PATTERN.c.id == begun["pattern_id"])).scalars().all()
    assert zones == ["Asia/Tokyo"]


def test_the_file_and_the_declaration_are_the_proof_of_consent(there: Newsletter) -> None:
    imported(there, person(consent_at=LONG_AGO, network_address="192.0.2.1"), declaration="They ticked the box.")

    (proof,) = rows_of(there, CONSENT, at(there).id)
    assert (proof["kind"], proof["method"], proof["file_hash"]) == ("carried_over", "import", "f" * 64)
    assert (proof["wording"], proof["occurred_at"]) == ("They ticked the box.", LONG_AGO)
    assert (proof["address_typed"], proof["network_address"]) == (ANNA, "192.0.2.1")
    assert "Letter" in proof["promise"]
    assert proof["batch_id"] is not None


def test_who_did_not_confirm_arrives_unconfirmed(there: Newsletter) -> None:
    assert imported(there, person(standing=ImportedAs.UNCONFIRMED)) == {Became.UNCONFIRMED: 1}

    assert not at(there).standing.confirmed


def test_who_left_elsewhere_arrives_unsubscribed_and_expects_nothing(there: Newsletter) -> None:
    left_at = NOON - timedelta(days=10)
    gone = person(
        standing=ImportedAs.UNSUBSCRIBED, confirmed_at=LONG_AGO, left_at=left_at, cause=Cause.OTHER, words="Too blue"
    )

    assert imported(there, gone) == {Became.UNSUBSCRIBED: 1}

    anna = at(there)
    assert anna.standing.unsubscribed
    assert topics_of(there) == []
    (left,) = rows_of(there, UNSUBSCRIBE, anna.id)
    assert (left["scope"], left["route"], left["cause"], left["words"]) == ("all", "import", "other", "Too blue")
    assert (left["occurred_at"], left["attribution"], left["tenure_days"]) == (left_at, "none", 990)
    assert [row["kind"] for row in rows_of(there, CONSENT, anna.id)] == ["carried_over", "withdrawn"]


@pytest.mark.parametrize(
    ("standing", "suppression"),
    [(ImportedAs.DEAD, Suppression.DEAD_ADDRESS), (ImportedAs.COMPLAINED, Suppression.COMPLAINT)],
)
def test_a_dead_or_complaining_address_arrives_suppressed_and_stays_so(
    there: Newsletter, standing: ImportedAs, suppression: Suppression
) -> None:
    imported(there, person(standing=standing))

    assert at(there).suppressed is suppression
    with there.database.read() as connection:
        assert connection.execute(select(SUPPRESSED.c.reason)).scalars().all() == [suppression.value]
    assert imported(there, person()) == {Became.STAYS_SUPPRESSED: 1}
    assert at(there).suppressed is suppression


def test_every_arrival_is_an_event_that_says_the_standing(there: Newsletter) -> None:
    imported(there, person(standing=ImportedAs.DEAD))

    (event,) = rows_of(there, EVENT, at(there).id)
    assert (event["kind"], event["made_by"], event["route"]) == ("imported", "import", "import")
    assert json.loads(event["details"])["standing"]["suppressed"] == "dead_address"


def test_a_preview_says_what_happens_and_changes_nothing(there: Newsletter) -> None:
    signed_up(there, asked("events"))
    people = [
        person(),
        person("new@example.org"),
        person("left@example.org", ImportedAs.UNSUBSCRIBED),
        person("dead@example.org", ImportedAs.DEAD),
    ]

    foreseen = previewed(there, *people)

    with there.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(IMPORT_BATCH)).scalar_one() == 0
    assert imported(there, *people) == foreseen


def test_an_import_goes_on_where_it_stopped(there: Newsletter) -> None:
    wanted = order(there)
    with there.database.write() as connection:
        batch = begin_import(connection, wanted, NOON)
        take_in(connection, wanted, batch, [person()], 7, NOON)

    with there.database.write() as connection:
        again = begin_import(connection, wanted, NOON)

    assert again == Batch(id=batch.id, rows_done=7, counts={Became.SUBSCRIBED: 1})


def test_another_declaration_is_another_import(there: Newsletter) -> None:
    with there.database.write() as connection:
        first = begin_import(connection, order(there), NOON)
        other = begin_import(connection, order(there, declaration="Otherwise."), NOON)

    assert first.id != other.id


def test_an_import_that_another_one_overtook_takes_nothing_in_twice(there: Newsletter) -> None:
    wanted = order(there)
    with there.database.write() as connection:
        batch = begin_import(connection, wanted, NOON)
        take_in(connection, wanted, batch, [person()], 1, NOON)

    with pytest.raises(Conflict, match="somebody else"), there.database.write() as connection:
        take_in(connection, wanted, batch, [person("second@example.org")], 1, NOON)

    with there.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one() == 1


def test_nothing_crosses_to_another_publication_but_a_dead_address(there: Newsletter) -> None:
    with there.database.write() as connection:
        other = create_publication(connection, slug="other", name="Other", zone="UTC", now=NOON)
    imported(there, person(standing=ImportedAs.DEAD), person("left@example.org", ImportedAs.COMPLAINED))

    with there.database.read() as connection:
        elsewhere = order(there)
        theirs = ImportOrder(
            publication=publication(connection, other),
            topic=elsewhere.topic,
            arrives=Arrives.EACH,
            zone="UTC",
            file_name="",
            file_hash="",
            format="",
            declaration="",
        )
        foreseen = Preview(order=theirs).count(connection, [person(), person("left@example.org")])

    assert foreseen == {Became.STAYS_SUPPRESSED: 1, Became.SUBSCRIBED: 1}


@pytest.mark.parametrize(
    ("topic", "arrives", "more"),
    [
        ("notices", "weekly", {}),
        ("letter", "hourly", {}),
        ("letter", "each", {"zone": "Mars/Base"}),
        ("letter", "each", {"declaration": " "}),
    ],
)
def test_an_order_that_cannot_be_kept_is_refused(
    there: Newsletter, topic: str, arrives: str, more: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        order(there, topic, arrives, **more)
