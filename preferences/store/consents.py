"""Proof of consent, append-only: what was agreed to, how and when, and its withdrawal by whichever route."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from preferences.asked import Asked
from preferences.store.changes import locked_subscriber, settle
from preferences.store.events import By
from preferences.store.rows import inserted_key
from preferences.store.standings import change_standing
from preferences.store.tables import CONSENT
from preferences.unsubscribe import Route


class ConsentKind(StrEnum):
    """What a row of the proof says."""

    GIVEN = "given"
    CARRIED_OVER = "carried_over"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One piece of proof. `topics` are slugs with how they arrive; `promise` is the sentence exactly as it was shown.

    `method` says how it was given: confirmed_by_mail, stated_by_program, import, by_link. Network address and agent
    are kept as long as the installation says.
    """

    kind: ConsentKind
    method: str
    occurred_at: datetime
    address_typed: str | None = None
    address_normalised: str | None = None
    topics: tuple[tuple[str, str], ...] = ()
    promise: str = ""
    sentence_version: int = 0
    url: str = ""
    language: str = ""
    network_address: str | None = None
    agent: str | None = None
    jurisdiction: str = ""
    basis: str = ""
    wording: str = ""
    batch_id: int | None = None
    file_hash: str | None = None
    confirmation_sent_at: datetime | None = None
    confirmation_pressed_at: datetime | None = None
    ends_at: datetime | None = None


def record_consent(
    connection: Connection, publication_id: int, subscriber_id: int, consent: Consent, route: Route, now: datetime
) -> int:
    """Append a piece of proof; answers its number. It changes no standing."""
    values = {name: getattr(consent, name) for name in Consent.__dataclass_fields__}
    values["kind"] = consent.kind.value
    values["topics"] = json.dumps([{"topic": slug, "arrives": arrives} for slug, arrives in consent.topics])
    result = connection.execute(
        insert(CONSENT).values(
            publication_id=publication_id,
            subscriber_id=subscriber_id,
            route=route.value,
            recorded_at=now,
            **values,
        )
    )
    return inserted_key(result)


def topics_in_proof(asked: Asked) -> tuple[tuple[str, str], ...]:
    """The topics of what was asked for, as the proof keeps them."""
    return tuple((topic.topic, topic.arrives.value) for topic in asked.topics)


def withdraw_consent(connection: Connection, publication_id: int, subscriber_id: int, by: By, now: datetime) -> bool:
    """End the consent of a subscriber: nothing is sent from now on. False where it had ended. Raises `NotFound`."""
    person = locked_subscriber(connection, publication_id, subscriber_id)
    if person.consent_ends_at is not None and person.consent_ends_at <= now:
        return False
    withdrawn = Consent(kind=ConsentKind.WITHDRAWN, method=by.route.value, occurred_at=now)
    record_consent(connection, publication_id, subscriber_id, withdrawn, by.route, now)
    change_standing(
        connection,
        publication_id,
        subscriber_id,
        "consent_withdrawn",
        by,
        now,
        columns={"consent_ends_at": now},
    )
    settle(connection, publication_id, [subscriber_id], now)
    return True
