"""What an import can prove about somebody: the consent that was carried over, and the leaving that ended it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from preferences.expectation import Expectation, Terms, TopicCadences, TopicChoice
from preferences.importing.rows import ImportedSubscriber
from preferences.importing.standings import ImportedAs
from preferences.store.consents import ConsentKind
from preferences.store.imports.orders import BY_IMPORT, ImportOrder
from preferences.store.promises import promise_in_words
from preferences.unsubscribe import Attribution, Cause, Scope
from preferences.wording import SENTENCE_VERSION

# Who arrives like this has left everything, and expects nothing.
ENDED = (ImportedAs.UNSUBSCRIBED, ImportedAs.COMPLAINED)


@dataclass(slots=True, kw_only=True)
class Proofs:
    """The rows that prove, for one batch of one import. The sentence is said once for each zone and language."""

    order: ImportOrder
    batch_id: int
    now: datetime
    _promises: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def confirmed_at(self, person: ImportedSubscriber) -> datetime:
        """Since when somebody counts as confirmed: as far back as the file proves it, else since now."""
        return person.confirmed_at or person.consent_at or person.created_at or self.now

    def left_at(self, person: ImportedSubscriber) -> datetime:
        """When mail to somebody had to end; now, where the file does not say."""
        return person.left_at or self.now

    def zone(self, person: ImportedSubscriber) -> str:
        """The zone in which somebody's expectation is read."""
        return person.zone or self.order.zone

    def expectation(self, zone: str) -> Expectation:
        """What who arrives in that zone expects: this topic, on its current cadence."""
        topic = self.order.topic
        choice = TopicChoice(topic=topic.id, arrives=self.order.arrives, accepted=topic.cadence.id)
        return Expectation(id=0, zone=zone, topics=(choice,))

    def consents(
        self, connection: Connection, subscriber_id: int, person: ImportedSubscriber
    ) -> Iterator[dict[str, Any]]:
        """The proof: what the file and whoever imported it say, and that it was withdrawn where it was."""
        proof = {
            "publication_id": self.order.publication.id,
            "subscriber_id": subscriber_id,
            "kind": ConsentKind.CARRIED_OVER.value,
            "address_typed": person.address.spelled,
            "address_normalised": person.address.normalised,
            "topics": json.dumps([{"topic": self.order.topic.slug, "arrives": self.order.arrives.value}]),
            "promise": self._promise(connection, self.zone(person), person.language),
            "sentence_version": SENTENCE_VERSION,
            "method": "import",
            "language": person.language or self.order.publication.language,
            "network_address": person.network_address,
            "jurisdiction": self.order.publication.jurisdiction,
            "basis": self.order.publication.legal_basis,
            "wording": self.order.declaration,
            "batch_id": self.batch_id,
            "file_hash": self.order.file_hash,
            "confirmation_pressed_at": person.confirmed_at,
            "route": BY_IMPORT.route.value,
            "occurred_at": person.consent_at or person.confirmed_at or person.created_at or self.now,
            "recorded_at": self.now,
        }
        yield proof
        if person.standing in ENDED:
            yield proof | {"kind": ConsentKind.WITHDRAWN.value, "occurred_at": self.left_at(person)}

    def _promise(self, connection: Connection, zone: str, language: str | None) -> str:
        """The sentence that holds from now on for who arrives in this zone."""
        known = (zone, language)
        if known not in self._promises:
            topic = self.order.topic
            cadences = TopicCadences(accepted=topic.cadence, current=topic.cadence, notice=topic.is_notice)
            terms = Terms(expectation=self.expectation(zone), cadences={topic.id: cadences})
            publication = self.order.publication
            self._promises[known] = promise_in_words(connection, publication, terms, self.now, language)
        return self._promises[known]

    def unsubscribe(self, subscriber_id: int, person: ImportedSubscriber) -> dict[str, Any]:
        """The row of an unsubscribe that happened elsewhere: attributed to no mail of ours."""
        left_at = self.left_at(person)
        return {
            "publication_id": self.order.publication.id,
            "subscriber_id": subscriber_id,
            "scope": Scope.ALL.value,
            "cause": person.cause.value,
            "cause_at": None if person.cause is Cause.UNSTATED else left_at,
            "words": person.words,
            "attribution": Attribution.NONE.value,
            "tenure_days": max(0, (left_at - self.confirmed_at(person)).days),
            "occurred_at": left_at,
            "recorded_at": self.now,
            "made_by": BY_IMPORT.made_by.value,
            "route": BY_IMPORT.route.value,
        }
