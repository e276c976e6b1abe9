"""Proof of consent, append-only: what was agreed to, how and when, and its withdrawal by whichever route."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from preferences.asked import Asked
from preferences.store.changes import locked_subscriber, settle
from preferences.store.events import By
from preferences.store.publications import publication
from preferences.store.rows import inserted_key
from preferences.store.standings import change_standing
from preferences.store.subscribers import SubscriberRow
from preferences.store.tables import CONSENT
from preferences.unsubscribe import Route


class ConsentKind(StrEnum):
    """What a row of the proof says."""

    GIVEN = "given"
    CARRIED_OVER = "carried_over"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    """The same consent, from another address on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One piece of proof. `topics` are slugs with how they arrive; `promise` is the sentence exactly as it was shown.

    `method` says how it was given (confirmed_by_mail, stated_by_program, import, by_link, undone) or withdrawn
    (unsubscribed, erased, withdrawn). Network address and agent are kept for as many days as the publication says.
    Jurisdiction, basis and language are the publication's where they are empty.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """A piece of proof as stored. Empty network address and agent were never known, or were emptied in time."""

    kind: ConsentKind
    method: str
    route: Route
    occurred_at: datetime
    recorded_at: datetime
    address_typed: str | None
    address_normalised: str | None
    topics: tuple[tuple[str, str], ...]
    promise: str
    sentence_version: int
    url: str
    language: str
    network_address: str | None
    agent: str | None
    jurisdiction: str
    basis: str
    wording: str
    batch_id: int | None
    file_hash: str | None
    confirmation_sent_at: datetime | None
    confirmation_pressed_at: datetime | None
    ends_at: datetime | None


_COLUMNS = tuple(CONSENT.c[name] for name in ProofRow.__dataclass_fields__)


def _proof_row(row: Mapping[Any, Any]) -> ProofRow:
    values = dict(row)
    values["kind"], values["route"] = ConsentKind(row["kind"]), Route(row["route"])
    values["topics"] = tuple((one["topic"], one["arrives"]) for one in json.loads(row["topics"]))
    return ProofRow(**values)


def record_consent(
    connection: Connection, publication_id: int, subscriber_id: int, consent: Consent, route: Route, now: datetime
) -> int:
    """Append a piece of proof; answers its number. It changes no standing."""
    values = {name: getattr(consent, name) for name in Consent.__dataclass_fields__}
    values["kind"] = consent.kind.value
    values["topics"] = json.dumps([{"topic": slug, "arrives": arrives} for slug, arrives in consent.topics])
    values |= _of_publication(connection, publication_id, consent)
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


def _of_publication(connection: Connection, publication_id: int, consent: Consent) -> dict[str, str]:
    """What the publication says of every consent that does not say otherwise, as it stood when it was recorded."""
    sender = publication(connection, publication_id)
    return {
        "jurisdiction": consent.jurisdiction or sender.jurisdiction,
        "basis": consent.basis or sender.legal_basis,
        "language": consent.language or sender.language,
    }


def topics_in_proof(asked: Asked) -> tuple[tuple[str, str], ...]:
    """The topics of what was asked for, as the proof keeps them."""
    return tuple((topic.topic, topic.arrives.value) for topic in asked.topics)


def record_withdrawal(
    connection: Connection,
    person: SubscriberRow,
    ended: tuple[tuple[str, str], ...],
    method: str,
    by: By,
    now: datetime,
) -> int:
    """Append that the consent to these topics, with how they arrived, is withdrawn, by whichever route; its number."""
    withdrawn = Consent(
        kind=ConsentKind.WITHDRAWN,
        method=method,
        occurred_at=now,
        address_typed=person.address,
        address_normalised=person.address_normalised,
        topics=ended,
        language=person.language or "",
    )
    return record_consent(connection, person.publication_id, person.id, withdrawn, by.route, now)


def proofs_of(connection: Connection, publication_id: int, subscriber_id: int, limit: int = 100) -> list[ProofRow]:
    """The proof about one subscriber, newest first."""
    mine = (CONSENT.c.publication_id == publication_id) & (CONSENT.c.subscriber_id == subscriber_id)
    chosen = select(*_COLUMNS).where(mine).order_by(CONSENT.c.id.desc()).limit(limit)
    return [_proof_row(row) for row in connection.execute(chosen).mappings()]


def withdraw_consent(connection: Connection, publication_id: int, subscriber_id: int, by: By, now: datetime) -> bool:
    """End the consent of a subscriber: nothing is sent from now on. False where it had ended. Raises `NotFound`."""
    person = locked_subscriber(connection, publication_id, subscriber_id)
    if person.consent_ends_at is not None and person.consent_ends_at <= now:
        return False
    record_withdrawal(connection, person, (), "withdrawn", by, now)
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
