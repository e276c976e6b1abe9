"""One batch of rows: as a preview that changes nothing, or for good, with how far the import has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from preferences.errors import Conflict
from preferences.importing.rows import ImportedSubscriber
from preferences.store.imports.batches import Batch, advance
from preferences.store.imports.newcomers import Newcomers
from preferences.store.imports.orders import ImportOrder
from preferences.store.imports.outcomes import NEW, Became, Resident, what_becomes
from preferences.store.imports.proofs import Proofs
from preferences.store.imports.residents import add_topic, end_mail

# Rows per transaction: short enough that mail goes on leaving beside it.
BATCH_ROWS = 500


class Overtaken(Conflict):
    """Somebody subscribed at the moment at which they were imported. Nothing was changed: take the batch in again."""


@dataclass(slots=True, kw_only=True)
class Preview:
    """What an import would do, batch after batch."""

    order: ImportOrder
    _arrived: set[str] = field(default_factory=set)

    def count(self, connection: Connection, people: Sequence[ImportedSubscriber]) -> Counter[Became]:
        """What would become of these rows, were those before them taken in."""
        counts: Counter[Became] = Counter()
        for became, person, _ in what_becomes(connection, self.order, people):
            address = person.address.normalised
            counts[Became.HAS_LEFT_SINCE if became in NEW and address in self._arrived else became] += 1
            self._arrived.add(address)
        return counts


def take_in(
    connection: Connection,
    order: ImportOrder,
    batch: Batch,
    people: Sequence[ImportedSubscriber],
    rows: int,
    now: datetime,
) -> Batch:
    """Take these people in, who stand in the next `rows` rows of the file; answers how far the import has come.

    All of it or nothing: the caller's transaction. Raises `Conflict` where somebody else imports the same file, and
    `Overtaken`.
    """
    proofs = Proofs(order=order, batch_id=batch.id, now=now)
    counts: Counter[Became] = Counter()
    for round_ in _rounds(people):
        counts += _take_round(connection, proofs, round_)
    return advance(connection, batch, rows, counts)


def _rounds(people: Sequence[ImportedSubscriber]) -> Iterator[list[ImportedSubscriber]]:
    """The people in order, so that each address stands in a round once: a second row meets what the first one did."""
    first: list[ImportedSubscriber] = []
    again: list[ImportedSubscriber] = []
    seen: set[str] = set()
    for person in people:
        (again if person.address.normalised in seen else first).append(person)
        seen.add(person.address.normalised)
    if first:
        yield first
        yield from _rounds(again)


def _take_round(connection: Connection, proofs: Proofs, people: Sequence[ImportedSubscriber]) -> Counter[Became]:
    found = what_becomes(connection, proofs.order, people)
    counts = Counter(became for became, _, _ in found)
    newcomers = [person for became, person, _ in found if became in NEW]
    overtaken = Newcomers(proofs=proofs).take_in(connection, newcomers)
    if overtaken:
        raise Overtaken("somebody subscribed at the moment they were imported; import the file again to go on")
    _change_residents(connection, proofs, found)
    return counts


def _change_residents(
    connection: Connection,
    proofs: Proofs,
    found: Sequence[tuple[Became, ImportedSubscriber, Resident | None]],
) -> None:
    residents = [(became, here.id, person) for became, person, here in found if here is not None]
    add_topic(connection, proofs, [(id_, one) for became, id_, one in residents if became is Became.TOPIC_ADDED])
    for became, id_, person in residents:
        if became is Became.HAS_LEFT_SINCE:
            end_mail(connection, proofs, id_, person)
