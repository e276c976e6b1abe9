"""The law's own terms for what the audit decides again and for the promises it reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from preferences.audit import ledger
from preferences.basis_record import Basis
from preferences.cadence import Cadence
from preferences.expectation import Expectation, Terms, TopicCadences
from preferences.store.expectations import terms_at
from preferences.store.topics import cadences


class TermsThen:
    """The terms of some expectations with whichever cadences were current then; each is made once."""

    def __init__(self, connection: Connection, publication_id: int, expectation_ids: Collection[int]) -> None:
        self._now: dict[int, Terms] = {}
        self._unreadable: dict[int, str] = {}
        self._read(connection, publication_id, expectation_ids)
        self._connection = connection
        self._cadences: dict[int, Cadence] = {}
        self._made: dict[tuple[int, tuple[tuple[int, int], ...]], Terms] = {}

    def _read(self, connection: Connection, publication_id: int, expectation_ids: Collection[int]) -> None:
        """All at once; where one of them cannot be read, each by itself, so that the others still can."""
        try:
            self._now.update(terms_at(connection, publication_id, expectation_ids) if expectation_ids else {})
        except ValueError as error:
            if len(expectation_ids) == 1:
                self._unreadable.update(dict.fromkeys(expectation_ids, str(error)))
                return
            for one in expectation_ids:
                self._read(connection, publication_id, [one])

    def know(self, cadence_ids: Iterable[int]) -> None:
        """Read these cadences, all at once."""
        missing = set(cadence_ids) - set(self._cadences)
        if missing:
            self._cadences.update(cadences(self._connection, missing))

    def of_basis(self, basis: Basis) -> Terms:
        """The terms that a basis names. Raises ValueError where there are none."""
        if not basis.expectation:
            return Terms(expectation=Expectation(id=0, zone="UTC", topics=()), cadences={})
        return self.of(basis.expectation, {topic: current for topic, _, current in basis.cadences})

    def of(self, expectation: int, current: Mapping[int, int]) -> Terms:
        """The terms of an expectation with these current cadences, by topic; of others the accepted one.

        Raises ValueError where the expectation cannot be read: nothing is sent under one like that.
        """
        key = (expectation, tuple(sorted(current.items())))
        if key not in self._made:
            self._made[key] = self._make(expectation, current)
        return self._made[key]

    def _make(self, expectation: int, current: Mapping[int, int]) -> Terms:
        there = self._now.get(expectation)
        if expectation in self._unreadable:
            raise ValueError(f"expectation {expectation} cannot be read: {self._unreadable[expectation]}")
        if there is None:
            raise ValueError(f"there is no expectation {expectation}")
        self.know(current.values())
        versions: dict[int, TopicCadences] = {}
        for topic, known in there.cadences.items():
            named = current.get(topic, known.accepted.id)
            cadence = known.accepted if named == known.accepted.id else self._cadences.get(named)
            if cadence is None:
                raise ValueError(f"there is no cadence {named}")
            versions[topic] = TopicCadences(accepted=known.accepted, current=cadence, notice=known.notice)
        return Terms(expectation=there.expectation, cadences=versions)


def current_at(publication: ledger.Publication, expectation: ledger.Expectation, at: datetime) -> dict[int, int]:
    """The cadence that each topic of an expectation stated last at an instant."""
    found = {}
    for topic in expectation.choices:
        stated = [one.id for one in publication.topics[topic].cadences if one.stated_at <= at]
        if stated:
            found[topic] = stated[-1]
    return found
