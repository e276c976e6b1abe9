"""Everything that is known of one person, as they may take it along: section by section, each row flat.

Rows are read in pages by their key, so that ten years of somebody's mails never stand in memory at once. No number of
the database is in them: a mail is called by its place among the person's own. Of others nothing is said but how many.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from preferences.calendar import zone_named
from preferences.store.expectations import terms_of
from preferences.store.export_rows import SECTIONS
from preferences.store.export_values import Exporting, Row, Section
from preferences.store.publications import PublicationRow
from preferences.store.referrals import count_brought
from preferences.store.subscribers import SubscriberRow
from preferences.store.tables import DELIVERY
from preferences.store.topics import topics

_PERSON = (
    "address",
    "name",
    "fields",
    "language",
    "zone",
    "source",
    "known_since",
    "confirmed_at",
    "unsubscribed_at",
    "suppressed",
    "consent_ends_at",
    "somebody_brought_you",
    "people_you_brought",
)


def export(connection: Connection, publication: PublicationRow, person: SubscriberRow) -> list[Section]:
    """The sections of everything known of a subscriber, the person first; in a transaction that only reads."""
    telling = _exporting(connection, publication, person)
    first = Section(name="person", columns=_PERSON, rows=iter([_person(telling)]))
    return [first, *(Section(name=name, columns=columns, rows=read(telling)) for name, columns, read in SECTIONS)]


def _exporting(connection: Connection, publication: PublicationRow, person: SubscriberRow) -> Exporting:
    terms = terms_of(connection, publication.id, [person.id]).get(person.id)
    mine = select(DELIVERY.c.id).where(DELIVERY.c.subscriber_id == person.id).order_by(DELIVERY.c.id)
    places = enumerate(connection.execute(mine).scalars(), start=1)
    return Exporting(
        connection=connection,
        publication=publication,
        person=person,
        language=person.language or publication.language,
        zone=zone_named(publication.zone if terms is None else terms.expectation.zone),
        topics={topic.id: topic.name for topic in topics(connection, publication.id)},
        mails={delivery: place for place, delivery in places},
    )


def _person(telling: Exporting) -> Row:
    person = telling.person
    return {
        "address": person.address,
        "name": person.name,
        "fields": dict(person.fields),
        "language": person.language,
        "zone": str(telling.zone),
        "source": person.source,
        "known_since": person.created_at,
        "confirmed_at": person.confirmed_at,
        "unsubscribed_at": person.unsubscribed_at,
        "suppressed": None if person.suppressed is None else person.suppressed.value,
        "consent_ends_at": person.consent_ends_at,
        "somebody_brought_you": person.brought_by is not None,
        "people_you_brought": count_brought(telling.connection, person.id),
    }
