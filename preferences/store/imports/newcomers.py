"""Rows for people who were not here: subscriber, expectation, proof of consent, and what ended already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from preferences.address import address_hash
from preferences.expectation import Overflow, Standing, Suppression
from preferences.importing.rows import ImportedSubscriber
from preferences.importing.standings import ImportedAs
from preferences.store.expectations import pattern_id
from preferences.store.imports.orders import BY_IMPORT, ImportOrder
from preferences.store.imports.proofs import ENDED, Proofs
from preferences.store.imports.statements import insert_ignoring
from preferences.store.installation import suppression_key
from preferences.store.standings import in_details
from preferences.store.subscribers import IMPORTED
from preferences.store.tables import (
    CONSENT,
    DEAD_ADDRESS,
    EVENT,
    EXPECTATION,
    EXPECTATION_TOPIC,
    SUBSCRIBER,
    SUPPRESSED,
    UNSUBSCRIBE,
)

_SUPPRESSIONS = {ImportedAs.DEAD: Suppression.DEAD_ADDRESS, ImportedAs.COMPLAINED: Suppression.COMPLAINT}
_MADE = {"made_by": BY_IMPORT.made_by.value, "route": BY_IMPORT.route.value}


@dataclass(slots=True, kw_only=True)
class Newcomers:
    """Takes newcomers in for one batch of one import. What is the same for many of them is found out once."""

    proofs: Proofs
    _patterns: dict[str, int] = field(default_factory=dict)

    @property
    def order(self) -> ImportOrder:
        """What is imported."""
        return self.proofs.order

    @property
    def now(self) -> datetime:
        """The instant of the transaction, in UTC."""
        return self.proofs.now

    def take_in(self, connection: Connection, people: Sequence[ImportedSubscriber]) -> set[str]:
        """Add these people; answers the normalised addresses at which somebody else arrived at the same moment."""
        if not people:
            return set()
        rows = [self._subscriber(person) for person in people]
        added = connection.execute(
            insert_ignoring(connection, SUBSCRIBER).returning(SUBSCRIBER.c.id, SUBSCRIBER.c.address_normalised), rows
        )
        id_of = {row.address_normalised: row.id for row in added}
        here = [(id_of[one.address.normalised], one) for one in people if one.address.normalised in id_of]
        self._begin_expectations(connection, here)
        self._insert(connection, CONSENT, [row for one in here for row in self.proofs.consents(connection, *one)])
        ended = [self.proofs.unsubscribe(*one) for one in here if one[1].standing in ENDED]
        self._insert(connection, UNSUBSCRIBE, ended)
        self._suppress(connection, [person for _, person in here if person.standing in _SUPPRESSIONS])
        self._insert(connection, EVENT, [self._event(*one) for one in here])
        return {person.address.normalised for person in people} - set(id_of)

    def _insert(self, connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            connection.execute(insert(table), rows)

    def _of_publication(self) -> dict[str, int]:
        return {"publication_id": self.order.publication.id}

    def _subscriber(self, person: ImportedSubscriber) -> dict[str, Any]:
        standing = self._standing(person)
        return {
            **self._of_publication(),
            "address": person.address.spelled,
            "address_normalised": person.address.normalised,
            "name": person.name,
            "fields": json.dumps(dict(person.fields), ensure_ascii=False, sort_keys=True),
            "language": person.language,
            "source": IMPORTED,
            "confirmed_at": self.proofs.confirmed_at(person) if standing.confirmed else None,
            "unsubscribed_at": self.proofs.left_at(person) if standing.unsubscribed else None,
            "suppressed": None if standing.suppressed is None else standing.suppressed.value,
            "suppressed_at": None if standing.suppressed is None else self.proofs.left_at(person),
            "version": 1,
            "created_at": person.created_at or self.now,
        }

    def _standing(self, person: ImportedSubscriber) -> Standing:
        return Standing(
            confirmed=person.standing is ImportedAs.CONFIRMED
            or (person.standing.has_left and person.confirmed_at is not None),
            unsubscribed=person.standing in ENDED,
            suppressed=_SUPPRESSIONS.get(person.standing),
        )

    def _begin_expectations(self, connection: Connection, here: Sequence[tuple[int, ImportedSubscriber]]) -> None:
        """The topic, on its current cadence, marked as carried over; who has left expects nothing."""
        expecting = [(id_, person) for id_, person in here if person.standing not in ENDED]
        if not expecting:
            return
        rows = [
            {
                **self._of_publication(),
                "subscriber_id": subscriber_id,
                "pattern_id": self._pattern(connection, self.proofs.zone(person)),
                "since": self.now,
                "zone_assumed": person.zone_assumed,
                "overflow": Overflow.COME_ALONG.value,
                "carried_over": True,
                "recorded_at": self.now,
                **_MADE,
            }
            for subscriber_id, person in expecting
        ]
        begun = connection.execute(insert(EXPECTATION).returning(EXPECTATION.c.id), rows).scalars()
        self._insert(connection, EXPECTATION_TOPIC, [self._topic(expectation) for expectation in begun])

    def _topic(self, expectation_id: int) -> dict[str, Any]:
        return {
            **self._of_publication(),
            "expectation_id": expectation_id,
            "topic_id": self.order.topic.id,
            "position": 0,
            "arrives": self.order.arrives.value,
            "accepted_id": self.order.topic.cadence.id,
        }

    def _pattern(self, connection: Connection, zone: str) -> int:
        if zone not in self._patterns:
            value = self.proofs.expectation(zone)
            self._patterns[zone] = pattern_id(connection, self.order.publication.id, value)
        return self._patterns[zone]

    def _suppress(self, connection: Connection, people: Sequence[ImportedSubscriber]) -> None:
        """Keep the hashes of addresses that nothing is written to; a dead one is dead for every publication."""
        if not people:
            return
        key = suppression_key(connection)
        digests = {person.address.normalised: address_hash(key, person.address.normalised) for person in people}
        rows = [
            {
                **self._of_publication(),
                "address_hash": digests[person.address.normalised],
                "reason": _SUPPRESSIONS[person.standing].value,
                "occurred_at": self.proofs.left_at(person),
                "recorded_at": self.now,
                **_MADE,
            }
            for person in people
        ]
        connection.execute(insert_ignoring(connection, SUPPRESSED), rows)
        dead = [digests[one.address.normalised] for one in people if one.standing is ImportedAs.DEAD]
        if dead:
            hashes = [{"address_hash": digest, "recorded_at": self.now} for digest in dead]
            connection.execute(insert_ignoring(connection, DEAD_ADDRESS), hashes)

    def _event(self, subscriber_id: int, person: ImportedSubscriber) -> dict[str, Any]:
        details = {"batch": self.proofs.batch_id, "line": person.line, "standing": in_details(self._standing(person))}
        return {
            **self._of_publication(),
            "subscriber_id": subscriber_id,
            "kind": "imported",
            "details": json.dumps(details, separators=(",", ":"), sort_keys=True),
            "occurred_at": self.now,
            "recorded_at": self.now,
            **_MADE,
        }
