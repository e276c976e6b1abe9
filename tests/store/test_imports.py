"""Imports: who arrives, who stays away, what is proved, and that an import stops and goes on anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from preferences.address import parse_address
from preferences.errors import Conflict, Invalid
from preferences.expectation import Arrives, Suppression
from preferences.importing.rows import ImportedSubscriber
from preferences.importing.standings import ImportedAs
from preferences.store.changes import change_expectation
from preferences.store.erasures import erase
from preferences.store.expectations import terms_of
from preferences.store.imports import (
    Batch,
    Became,
    ImportOrder,
    Preview,
    begin_import,
    checked_order,
    finish_import,
    take_in,
)
from preferences.store.publications import create_publication, publication
from preferences.store.subscribers import SubscriberRow, subscriber_at
from preferences.store.suppressions import suppress
from preferences.store.tables import (
    CONSENT,
    EVENT,
    EXPECTATION,
    IMPORT_BATCH,
    OPENING,
    PATTERN,
    SUBSCRIBER,
    SUPPRESSED,
    UNSUBSCRIBE,
)
from preferences.store.topics import topic_named
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Cause, Scope
from tests.store.newsletter import (
    ANNA,
    BY_FOOTER,
    BY_LINK,
    NOON,
    Newsletter,
    asked,
    mail_handed_over,
    newsletter,
    signed_up,
)

LONG_AGO = NOON - timedelta(days=1000)


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as made:
        yield made


def order(there: Newsletter, topic: str = "letter", arrives: str = "each", **more: Any) -> ImportOrder:
    with there.database.read() as connection:
        values = {"zone": None, "file_hash": "f" * 64, "declaration": None} | more
        return checked_order(
            publication(connection, there.publication),
            topic_named(connection, there.publication, topic),
            arrives,
            file_name="readers.csv",
            format_name="plain CSV",
            mapped={},
            **values,
        )


def person(address: str = ANNA, standing: ImportedAs = ImportedAs.CONFIRMED, **more: Any) -> ImportedSubscriber:
    values: dict[str, Any] = {"line": 2, "fields": {}, **more}
    return ImportedSubscriber(address=parse_address(address), standing=standing, **values)


def imported(there: Newsletter, *people: ImportedSubscriber, topic: str = "letter", **more: Any) -> dict[Became, int]:
    """What became of these people, in one batch."""
    wanted = order(there, topic, **more)
    with there.database.write() as connection:
        batch = begin_import(connection, wanted, NOON)
        batch = take_in(connection, wanted, batch, people, len(people), NOON)
        finish_import(connection, wanted, batch, 0, NOON)
    return dict(batch.counts)


def previewed(there: Newsletter, *people: ImportedSubscriber) -> dict[Became, int]:
    with there.database.read() as connection:
        return dict(Preview(order=order(there)).count(connection, people))


def at(there: Newsletter, address: str = ANNA) -> SubscriberRow:
    with there.database.read() as connection:
        found = subscriber_at(connection, there.publication, parse_address(address))
    assert found is not None
    return found


def topics_of(there: Newsletter, address: str = ANNA) -> list[tuple[int, str]]:
    """The topics that somebody expects, with how they arrive, in order."""
    someone = at(there, address)
    with there.database.read() as connection:
        terms = terms_of(connection, there.publication, [someone.id]).get(someone.id)
    return [] if terms is None else [(one.topic, one.arrives.value) for one in terms.expectation.topics]


def rows_of(there: Newsletter, table: Any, subscriber_id: int) -> list[Any]:
    with there.database.read() as connection:
        chosen = select(table).where(table.c.subscriber_id == subscriber_id).order_by(table.c.id)
        return list(connection.execute(chosen).mappings())


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


def test_who_is_here_gets_the_topic_added_and_nothing_else(there: Newsletter) -> None:
    wants = asked("letter", at_most={"count": 1, "per": "week"}, days=["mon", "tue"], overflow="leave_out")
    anna = signed_up(there, wants, name="Anna", zone="Europe/Lisbon")
    before = at(there)

    became = imported(there, person(name="Somebody Else", zone="Asia/Tokyo"), topic="events", arrives="weekly")

    assert became == {Became.TOPIC_ADDED: 1}
    assert topics_of(there) == [(there.letter, "each"), (there.events, "weekly")]
    after = at(there)
    assert (after.name, after.version) == ("Anna", before.version + 1)
    ended, begun = rows_of(there, EXPECTATION, anna)
    same = ("pattern_id", "total_count", "total_per", "overflow", "zone_assumed", "carried_over")
    assert {name: ended[name] for name in same} == {name: begun[name] for name in same}
    assert ended["until"] == begun["since"] == NOON


def test_what_follows_from_an_added_topic_is_brought_up_to_date(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    mail_handed_over(there, anna, there.letter, NOON - timedelta(hours=1))

    imported(there, person(), topic="events")

    with there.database.read() as connection:
        kept = select(OPENING.c.topic_key).where(OPENING.c.opens_at > NOON)
        assert connection.execute(kept).scalars().all() == [there.letter]


def test_importing_twice_changes_nothing(there: Newsletter) -> None:
    imported(there, person())

    assert imported(there, person()) == {Became.UNCHANGED: 1}
    assert len(rows_of(there, EXPECTATION, at(there).id)) == 1


def test_who_unsubscribed_here_stays_so(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        unsubscribe(connection, there.publication, anna, Scope.ALL, BY_FOOTER, NOON)

    assert imported(there, person()) == {Became.STAYS_AWAY: 1}
    assert at(there).standing.unsubscribed
    assert topics_of(there) == []


def test_who_left_this_topic_here_stays_without_it(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter", "events"))
    with there.database.write() as connection:
        unsubscribe(connection, there.publication, anna, Scope.TOPIC, BY_FOOTER, NOON, topic_id=there.letter)

    assert imported(there, person()) == {Became.LEFT_TOPIC: 1}
    assert topics_of(there) == [(there.events, "each")]


def test_who_is_suppressed_here_stays_so(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        suppress(connection, there.publication, anna, Suppression.OPERATOR, BY_FOOTER, NOON)

    assert imported(there, person(), topic="events") == {Became.STAYS_SUPPRESSED: 1}
    assert topics_of(there) == [(there.letter, "each")]


def test_who_was_erased_is_not_brought_back_by_a_file(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    with there.database.write() as connection:
        erase(connection, there.publication, anna, BY_LINK, NOON)

    assert imported(there, person()) == {Became.STAYS_SUPPRESSED: 1}
    with there.database.read() as connection:
        assert subscriber_at(connection, there.publication, parse_address(ANNA)) is None


@pytest.mark.parametrize("standing", [ImportedAs.UNSUBSCRIBED, ImportedAs.DEAD, ImportedAs.COMPLAINED])
def test_who_came_by_import_and_has_left_since_is_written_to_no_more(there: Newsletter, standing: ImportedAs) -> None:
    imported(there, person())

    assert imported(there, person(standing=standing)) == {Became.HAS_LEFT_SINCE: 1}

    now = at(there).standing
    assert now.unsubscribed == (standing is not ImportedAs.DEAD)
    assert (now.suppressed is not None) == (standing is not ImportedAs.UNSUBSCRIBED)


def test_a_choice_made_here_holds_against_a_file(there: Newsletter) -> None:
    imported(there, person())
    with there.database.write() as connection:
        change_expectation(connection, there.publication, at(there).id, asked("letter", "events"), BY_LINK, NOON)

    assert imported(there, person(standing=ImportedAs.UNSUBSCRIBED)) == {Became.CHOSE_HERE: 1}
    assert not at(there).standing.unsubscribed


def test_a_later_row_that_says_somebody_left_holds_within_one_batch(there: Newsletter) -> None:
    both = (person(), person(standing=ImportedAs.UNSUBSCRIBED, line=3))

    foreseen = previewed(there, *both)

    assert imported(there, *both) == foreseen == {Became.SUBSCRIBED: 1, Became.HAS_LEFT_SINCE: 1}
    assert at(there).standing.unsubscribed


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
