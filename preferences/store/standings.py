"""Recording that a standing changed: each such event says the standing from then on, so that it can be told for any
instant from the ledger alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from preferences.expectation import Standing
from preferences.store.events import By, record
from preferences.store.subscribers import next_version, subscriber


def change_standing(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    kind: str,
    by: By,
    now: datetime,
    *,
    columns: Mapping[str, object],
    delivery_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Set standing columns of a locked subscriber and append the event `kind`, whose details hold the new standing."""
    next_version(connection, subscriber_id, **columns)
    standing = subscriber(connection, publication_id, subscriber_id).standing
    record(
        connection,
        publication_id,
        kind,
        by,
        now,
        subscriber_id=subscriber_id,
        delivery_id=delivery_id,
        details={**(details or {}), "standing": in_details(standing)},
    )


def in_details(standing: Standing) -> dict[str, Any]:
    """A standing as it stands in the details of an event."""
    ends_at = standing.consent_ends_at
    return {
        "confirmed": standing.confirmed,
        "unsubscribed": standing.unsubscribed,
        "suppressed": None if standing.suppressed is None else standing.suppressed.value,
        "consent_ends_at": None if ends_at is None else ends_at.isoformat(),
    }
