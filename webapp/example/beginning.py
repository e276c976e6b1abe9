"""How the example begins: the publication and its topics, and the readers who are carried over from two lists."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from preferences.address import parse_address
from preferences.delivery import MadeBy
from preferences.importing.rows import ImportedSubscriber
from preferences.importing.standings import ImportedAs
from preferences.store.database import Database
from preferences.store.events import By
from preferences.store.imports import begin_import, checked_order, finish_import, take_in
from preferences.store.installation import Identity, found
from preferences.store.publications import change_publication, publication, publications
from preferences.store.topics import create_topic, topic_named
from preferences.unsubscribe import Cause, Route
from webapp.example import content
from webapp.example.people import Person

BY_MARKETER = By(made_by=MadeBy.PERSON, route=Route.CONSOLE)
_IDENTITY = Identity(name="lantern-house", suppression_key=hashlib.sha256(b"the example of Troth").digest())
_DECLARED = "Carried over from the printed list at the door and the old newsletter; everybody ticked a box there."
# Of a hundred who are carried over, how many have left their old list in which way.
_LEFT = {ImportedAs.UNCONFIRMED: 2, ImportedAs.UNSUBSCRIBED: 4, ImportedAs.DEAD: 1}


def found_publication(database: Database, now: datetime) -> int:
    """Make the installation, the publication and its topics; answers the publication's number."""
    found(database, now, driven_from=now, identity=_IDENTITY)
    with database.write() as connection:
        number = publications(connection)[0].id
        change_publication(connection, number, content.publication())
        for topic in content.topics():
            create_topic(
                connection,
                number,
                slug=topic.slug,
                name=topic.name,
                cadence=topic.cadence,
                by=BY_MARKETER,
                now=now,
                description=topic.description,
                is_notice=topic.is_notice,
            )
    return number


def carry_over(
    database: Database, publication_id: int, crowd: Sequence[Person], chance: random.Random, now: datetime
) -> list[Person]:
    """Import two lists: everybody in the first onto the letter, a third of them and some more onto events.

    Answers those to whom mail goes from now on.
    """
    most = len(crowd) * 19 // 20
    rows = [_row(person, line, chance, now) for line, person in enumerate(crowd, start=2)]
    first, rest = rows[:most], rows[most:]
    second = [row for row in first if row.standing is ImportedAs.CONFIRMED and chance.random() < 0.35] + rest
    _import(database, publication_id, "tuesday-letter", "old-newsletter.csv", first, now)
    _import(database, publication_id, "evenings", "door-list.csv", second, now)
    return [person for person, row in zip(crowd, rows, strict=True) if row.standing is ImportedAs.CONFIRMED]


def _row(person: Person, line: int, chance: random.Random, now: datetime) -> ImportedSubscriber:
    left = chance.choices((ImportedAs.CONFIRMED, *_LEFT), (100 - sum(_LEFT.values()), *_LEFT.values()))[0]
    joined_at = (now - timedelta(days=chance.randint(30, 1500))).replace(microsecond=0)
    has_left = left.has_left
    fields = {}
    if chance.random() < 0.09:
        fields = {"member": "yes", "seat": f"{chance.choice('ABCDEFGH')}{chance.randint(1, 12)}"}
    if fields and chance.random() < 0.1:
        del fields["seat"]  # who joined at the door after the plan of the seats was made
    return ImportedSubscriber(
        line=line,
        address=parse_address(person.email),
        standing=left,
        name=person.name,
        fields=fields,
        zone=person.zone,
        zone_assumed=chance.random() < 0.3,
        consent_at=joined_at,
        confirmed_at=None if left is ImportedAs.UNCONFIRMED else joined_at + timedelta(minutes=chance.randint(1, 300)),
        created_at=joined_at,
        left_at=now - timedelta(days=chance.randint(1, 25)) if has_left else None,
        cause=chance.choice((Cause.UNSTATED, Cause.TOO_OFTEN, Cause.CHANGED)) if has_left else Cause.UNSTATED,
    )


def _import(
    database: Database,
    publication_id: int,
    topic: str,
    file_name: str,
    rows: Sequence[ImportedSubscriber],
    now: datetime,
) -> None:
    listed = "\n".join(row.address.spelled for row in rows)
    with database.write() as connection:
        order = checked_order(
            publication(connection, publication_id),
            topic_named(connection, publication_id, topic),
            "each",
            zone=None,
            file_name=file_name,
            file_hash=hashlib.sha256(listed.encode()).hexdigest(),
            format_name="plain CSV",
            declaration=_DECLARED,
            mapped={},
        )
        batch = begin_import(connection, order, now)
        batch = take_in(connection, order, batch, rows, len(rows), now)
        finish_import(connection, order, batch, 0, now)
