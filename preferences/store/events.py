"""Events: what else happened, append-only, with who made it and by which route."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from preferences.delivery import MadeBy
from preferences.store.tables import EVENT
from preferences.unsubscribe import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who makes a change, and by which route; it goes onto every row that the change writes."""

    made_by: MadeBy
    route: Route


SYSTEM = By(made_by=MadeBy.SYSTEM, route=Route.SYSTEM)


def record(
    connection: Connection,
    publication_id: int,
    kind: str,
    by: By,
    at: datetime,
    *,
    subscriber_id: int | None = None,
    delivery_id: int | None = None,
    campaign_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one event. `details` never hold an address."""
    connection.execute(
        insert(EVENT).values(
            publication_id=publication_id,
            subscriber_id=subscriber_id,
            delivery_id=delivery_id,
            campaign_id=campaign_id,
            kind=kind,
            made_by=by.made_by.value,
            route=by.route.value,
            details=json.dumps(details or {}, separators=(",", ":"), sort_keys=True),
            occurred_at=at,
            recorded_at=at,
        )
    )
