"""What becomes of each row: who is new, who was here, and what the file may change about them.

The last word of a reader holds: who left, or never took this topic up again after leaving it, stays away, whatever a
file says. A file that says that somebody has left since is believed as long as that reader came by import and has
chosen nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from preferences.address import address_hash
from preferences.importing.rows import ImportedSubscriber
from preferences.importing.standings import ImportedAs
from preferences.store.imports.orders import ImportOrder
from preferences.store.installation import suppression_key
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import DEAD_ADDRESS, EXPECTATION, EXPECTATION_TOPIC, SUBSCRIBER, SUPPRESSED

_E, _S, _T = EXPECTATION.c, SUBSCRIBER.c, EXPECTATION_TOPIC.c


class Became(StrEnum):
    """What becomes of a row."""

    SUBSCRIBED = "subscribed"
    UNCONFIRMED = "unconfirmed"
    UNSUBSCRIBED = "unsubscribed"
    DEAD = "dead"
    COMPLAINED = "complained"
    TOPIC_ADDED = "topic_added"
    UNCHANGED = "unchanged"
    LEFT_TOPIC = "left_topic"
    STAYS_AWAY = "stays_away"
    STAYS_SUPPRESSED = "stays_suppressed"
    HAS_LEFT_SINCE = "has_left_since"
    CHOSE_HERE = "chose_here"


IN_WORDS = {
    Became.SUBSCRIBED: "subscribed",
    Became.UNCONFIRMED: "added unconfirmed: the file has no time at which they confirmed, so nothing is sent to them",
    Became.UNSUBSCRIBED: "added as unsubscribed: nothing is sent to them",
    Became.DEAD: "added as dead addresses: nothing is sent to them",
    Became.COMPLAINED: "added as having complained: nothing is sent to them",
    Became.TOPIC_ADDED: "here already: the topic was added, nothing else changed",
    Became.UNCHANGED: "here already with this topic: nothing changed",
    Became.LEFT_TOPIC: "left this topic here: they stay without it",
    Became.STAYS_AWAY: "unsubscribed here: they stay so",
    Became.STAYS_SUPPRESSED: "suppressed here: they stay so",
    Became.HAS_LEFT_SINCE: "imported earlier and have left since: nothing is sent to them any more",
    Became.CHOSE_HERE: "left elsewhere, but chose here themselves: nothing changed",
}
_ARRIVING = {
    ImportedAs.CONFIRMED: Became.SUBSCRIBED,
    ImportedAs.UNCONFIRMED: Became.UNCONFIRMED,
    ImportedAs.UNSUBSCRIBED: Became.UNSUBSCRIBED,
    ImportedAs.DEAD: Became.DEAD,
    ImportedAs.COMPLAINED: Became.COMPLAINED,
}
NEW = frozenset(_ARRIVING.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody at the address already. `has_topic` is None where they once had the topic and have left it."""

    id: int
    is_suppressed: bool
    is_unsubscribed: bool
    came_by_import: bool
    expects: bool
    has_topic: bool | None


def what_becomes(
    connection: Connection, order: ImportOrder, people: Sequence[ImportedSubscriber]
) -> list[tuple[Became, ImportedSubscriber, Resident | None]]:
    """What becomes of each of these rows, in order; the residents among them are locked where the caller writes."""
    there = _residents(connection, order, people)
    away = _suppressed(connection, order, people)
    found: list[tuple[Became, ImportedSubscriber, Resident | None]] = []
    for person in people:
        resident = there.get(person.address.normalised)
        if resident is not None:
            found.append((_of_resident(person, resident), person, resident))
        else:
            is_away = person.address.normalised in away
            became = Became.STAYS_SUPPRESSED if is_away else _ARRIVING[person.standing]
            found.append((became, person, None))
    return found


def _of_resident(person: ImportedSubscriber, here: Resident) -> Became:
    if here.is_suppressed:
        return Became.STAYS_SUPPRESSED
    if here.is_unsubscribed:
        return Became.STAYS_AWAY
    if person.standing.has_left:
        return Became.HAS_LEFT_SINCE if here.came_by_import else Became.CHOSE_HERE
    if here.has_topic is None:
        return Became.LEFT_TOPIC
    return Became.UNCHANGED if here.has_topic or not here.expects else Became.TOPIC_ADDED


def _residents(connection: Connection, order: ImportOrder, people: Sequence[ImportedSubscriber]) -> dict[str, Resident]:
    """Those at these addresses already, by normalised address. Locked first and read then, as every change does."""
    at_addresses = (_S.publication_id == order.publication.id) & _S.address_normalised.in_(
        [person.address.normalised for person in people]
    )
    ids = connection.execute(select(_S.id).where(at_addresses)).scalars().all()
    if not ids:
        return {}
    lock_subscribers(connection, ids)
    open_ones = _open_expectations(connection, ids)
    with_topic = _with_topic(connection, order.topic.id, ids)
    columns = (_S.id, _S.address_normalised, _S.suppressed, _S.unsubscribed_at)
    rows = connection.execute(select(*columns).where(_S.id.in_(ids) & _S.address_normalised.is_not(None)))
    return {
        row.address_normalised: Resident(
            id=row.id,
            is_suppressed=row.suppressed is not None,
            is_unsubscribed=row.unsubscribed_at is not None,
            came_by_import=open_ones.get(row.id, False),
            expects=row.id in open_ones,
            has_topic=with_topic.get(row.id, False),
        )
        for row in rows
    }


def _open_expectations(connection: Connection, ids: Collection[int]) -> dict[int, bool]:
    """Who has an expectation in force, and whether it came by import."""
    rows = connection.execute(
        select(_E.subscriber_id, _E.carried_over).where(_E.subscriber_id.in_(ids) & _E.until.is_(None))
    )
    return {row.subscriber_id: row.carried_over for row in rows}


def _with_topic(connection: Connection, topic_id: int, ids: Collection[int]) -> Mapping[int, bool | None]:
    """True for who has the topic now, None for who had it once."""
    rows = connection.execute(
        select(_E.subscriber_id, _E.until)
        .join(EXPECTATION_TOPIC, _T.expectation_id == _E.id)
        .where(_E.subscriber_id.in_(ids) & (_T.topic_id == topic_id))
    )
    has: dict[int, bool | None] = {}
    for row in rows:
        has[row.subscriber_id] = True if row.until is None else has.get(row.subscriber_id)
    return has


def _suppressed(connection: Connection, order: ImportOrder, people: Sequence[ImportedSubscriber]) -> set[str]:
    """The normalised addresses among these to which nothing may be written, whoever was there."""
    key = suppression_key(connection)
    address_of = {address_hash(key, one.address.normalised): one.address.normalised for one in people}
    dead = select(DEAD_ADDRESS.c.address_hash).where(DEAD_ADDRESS.c.address_hash.in_(address_of))
    here = select(SUPPRESSED.c.address_hash).where(
        (SUPPRESSED.c.publication_id == order.publication.id) & SUPPRESSED.c.address_hash.in_(address_of)
    )
    return {address_of[bytes(digest)] for digest in connection.execute(dead.union(here)).scalars()}
