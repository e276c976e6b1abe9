"""The row of a digest: one for each subscriber, rhythm and slot."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from preferences.campaign import ExpiryBasis
from preferences.decision import DIGEST_REASONS
from preferences.delivery import State
from preferences.expectation import Arrives
from preferences.store.rows import inserted_key
from preferences.store.tables import DELIVERY


def digest_for_slot(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    rhythm: Arrives,
    slot_on: date,
    slot_at: datetime,
) -> int | None:
    """The number of a new digest for a slot of a subscriber, who is locked; None where that slot had one already."""
    of = DELIVERY.c
    there = (of.subscriber_id == subscriber_id) & (of.rhythm == rhythm.value) & (of.slot_on == slot_on)
    if connection.execute(select(of.id).where(there)).first() is not None:
        return None
    result = connection.execute(
        insert(DELIVERY).values(
            publication_id=publication_id,
            subscriber_id=subscriber_id,
            rhythm=rhythm.value,
            slot_on=slot_on,
            state=State.DUE.value,
            reason=DIGEST_REASONS[rhythm].value,
            scheduled_at=slot_at,
            expiry=ExpiryBasis.DEFAULT.value,
        )
    )
    return inserted_key(result)
