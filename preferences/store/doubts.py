"""What a person says about a hand-over in doubt, and trying a refused one again. Both are events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from preferences.delivery import AttemptOutcome, CampaignStatus, State
from preferences.errors import Conflict, NotFound
from preferences.store.events import By, record
from preferences.store.openings import recompute
from preferences.store.redecide import decide_waiting_again
from preferences.store.results import release_carried, settle_carried
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import ATTEMPT, CAMPAIGN, COUNTED, DELIVERY, UNCOUNTED


def it_arrived(connection: Connection, publication_id: int, delivery_id: int, by: By, now: datetime) -> None:
    """A person says that a mail in doubt arrived: it is accepted. Raises `NotFound` and `Conflict`."""
    _locked_in(connection, publication_id, delivery_id, State.IN_DOUBT)
    connection.execute(
        update(ATTEMPT)
        .where((ATTEMPT.c.delivery_id == delivery_id) & (ATTEMPT.c.outcome == AttemptOutcome.IN_DOUBT.value))
        .values(outcome=AttemptOutcome.ACCEPTED.value)
    )
    connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(state=State.ACCEPTED.value))
    settle_carried(connection, [delivery_id], State.IN_DIGEST, State.CAME_ALONG)
    record(connection, publication_id, "said_arrived", by, now, delivery_id=delivery_id)


def it_did_not_arrive(connection: Connection, publication_id: int, delivery_id: int, by: By, now: datetime) -> None:
    """A person says that a mail in doubt did not arrive: un-counted, due again. Raises `NotFound` and `Conflict`."""
    _again(connection, publication_id, delivery_id, State.IN_DOUBT, AttemptOutcome.IN_DOUBT, now)
    record(connection, publication_id, "said_not_arrived", by, now, delivery_id=delivery_id)


def try_refused_again(connection: Connection, publication_id: int, delivery_id: int, by: By, now: datetime) -> None:
    """A person wants a refused mail tried again: due, decided again first. Raises `NotFound` and `Conflict`."""
    _again(connection, publication_id, delivery_id, State.REFUSED, AttemptOutcome.REFUSED, now)
    record(connection, publication_id, "refused_again", by, now, delivery_id=delivery_id)


def _again(
    connection: Connection,
    publication_id: int,
    delivery_id: int,
    state: State,
    outcome: AttemptOutcome,
    now: datetime,
) -> None:
    subscriber_id, campaign_id = _locked_in(connection, publication_id, delivery_id, state)
    attempts = (
        connection.execute(
            select(ATTEMPT.c.id).where((ATTEMPT.c.delivery_id == delivery_id) & (ATTEMPT.c.outcome == outcome.value))
        )
        .scalars()
        .all()
    )
    connection.execute(update(ATTEMPT).where(ATTEMPT.c.id.in_(attempts)).values(outcome=AttemptOutcome.REFUSED.value))
    counted = select(COUNTED.c.id).outerjoin(UNCOUNTED, UNCOUNTED.c.counted_id == COUNTED.c.id)
    still = connection.execute(
        counted.where(COUNTED.c.attempt_id.in_(attempts) & UNCOUNTED.c.counted_id.is_(None))
    ).scalars()
    rows = [
        {"counted_id": one, "publication_id": publication_id, "why": "person", "occurred_at": now, "recorded_at": now}
        for one in still
    ]
    if rows:
        connection.execute(insert(UNCOUNTED), rows)
    connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(state=State.DUE.value, wakes_at=now))
    release_carried(connection, delivery_id)
    if campaign_id is not None:
        _reopen(connection, campaign_id)
    recompute(connection, publication_id, [subscriber_id], now)
    decide_waiting_again(connection, publication_id, [subscriber_id], now)


def _reopen(connection: Connection, campaign_id: int) -> None:
    done = (CampaignStatus.FINISHED.value, CampaignStatus.WAITING.value)
    connection.execute(
        update(CAMPAIGN)
        .where((CAMPAIGN.c.id == campaign_id) & CAMPAIGN.c.status.in_(done))
        .values(status=CampaignStatus.SENDING.value, finished_at=None)
    )


def _locked_in(connection: Connection, publication_id: int, delivery_id: int, state: State) -> tuple[int, int | None]:
    """Lock the subscriber of a delivery and check that it stands in that state; answers subscriber and campaign."""
    where = (DELIVERY.c.id == delivery_id) & (DELIVERY.c.publication_id == publication_id)
    subscriber_id = connection.execute(select(DELIVERY.c.subscriber_id).where(where)).scalar()
    if subscriber_id is None:
        raise NotFound("there is no such delivery in this publication")
    lock_subscribers(connection, [subscriber_id])
    row = connection.execute(select(DELIVERY.c.state, DELIVERY.c.campaign_id).where(where)).one()
    if row.state != state.value:
        raise Conflict(f"this delivery is {row.state}, not {state.value}: there is nothing to answer")
    return subscriber_id, row.campaign_id
