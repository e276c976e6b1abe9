"""Where a delivery, and what it carries, stand after a result."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from preferences.decision import Reason
from preferences.delivery import CampaignStatus, State
from preferences.store.aftermath import append_plain_decision
from preferences.store.among import among_named
from preferences.store.came import Came, Result
from preferences.store.carried import release_carried, settle_carried
from preferences.store.destinations import slowed_until
from preferences.store.events import SYSTEM, record
from preferences.store.tables import CAMPAIGN, DELIVERY

# RFC 5321, section 4.5.4.1: retries grow; mail.md asks for at least 5 minutes before the first.
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
# So that the last try is not decided again only when it has expired: a worker comes to it within seconds.
LAST_TRY_BEFORE = timedelta(minutes=1)
_MOMENT = timedelta(seconds=1)
_GROWS = 6  # after so many tries the pause is the longest

# What had not begun because there was no time for it may begin at once: even a second would never pass on a driven clock.
_AGAIN_AFTER = {
    Came.GIVEN_BACK: timedelta(0),
    Came.FAILED: timedelta(minutes=15),
    Came.RELAY_DOWN: timedelta(seconds=30),
    Came.SENDER_REFUSED: timedelta(minutes=15),
    Came.TEMPLATE_BROKEN: timedelta(minutes=15),
}
_PAUSES = {
    Came.SENDER_REFUSED: ("paused_by_reply", "the mail server refused the sender"),
    Came.TEMPLATE_BROKEN: ("paused_by_template", "the mail cannot be made"),
}


def settle(connection: Connection, publication_id: int, result: Result, now: datetime, jitter: random.Random) -> None:
    """Where a delivery stands after its result; many that were accepted are settled at once by `accept`."""
    match result.came:
        case Came.ACCEPTED:
            accept(connection, [result])
        case Came.IN_DOUBT:
            put_in_doubt(connection, publication_id, result.delivery_id, now)
        case Came.REFUSED:
            _finish(connection, [result.delivery_id], State.REFUSED)
            release_carried(connection, result.delivery_id, now)
        case Came.DEFERRED:
            _retry(connection, result.delivery_id, now, jitter)
        case Came.SLOWED:
            _wait(connection, result.delivery_id, slowed_until(connection, result.subscriber_id, now))
        case Came.TEMPLATE_FAILED | Came.NOT_DELIVERABLE:
            _not_sent(connection, publication_id, result, now)
        case (Came.GIVEN_BACK | Came.FAILED | Came.RELAY_DOWN | Came.SENDER_REFUSED | Came.TEMPLATE_BROKEN) as came:
            _again(connection, result.delivery_id, now + _AGAIN_AFTER[came])
            if came in _PAUSES:
                _pause_campaign(connection, publication_id, result, now)


def accept(connection: Connection, results: Collection[Result]) -> None:
    """The next server has these, and with them what they carried."""
    _finish(connection, [result.delivery_id for result in results], State.ACCEPTED)
    carriers = [result.delivery_id for result in results if result.carries]
    settle_carried(connection, carriers, State.IN_DIGEST, State.CAME_ALONG)


def _finish(connection: Connection, delivery_ids: Collection[int], state: State) -> None:
    if delivery_ids:
        connection.execute(_FINISHED, {"numbers": delivery_ids, "becomes": state.value})


# Writing the statement takes longer than running it.
_FINISHED = (
    update(DELIVERY).where(among_named(DELIVERY.c.id, "numbers")).values(state=bindparam("becomes"), wakes_at=None)
)


def put_in_doubt(connection: Connection, publication_id: int, delivery_id: int, now: datetime) -> None:
    """The final dot was written and no reply came, or nobody knows: it stays counted and is never sent again by itself."""
    connection.execute(
        update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(state=State.IN_DOUBT.value, wakes_at=None)
    )
    settle_carried(connection, [delivery_id], State.IN_DOUBT, State.IN_DOUBT)
    record(connection, publication_id, "in_doubt", SYSTEM, now, delivery_id=delivery_id)


def _retry(connection: Connection, delivery_id: int, now: datetime, jitter: random.Random) -> None:
    of = DELIVERY.c
    tries, expires_at = connection.execute(select(of.tries, of.expires_at).where(of.id == delivery_id)).one()
    pause = min(FIRST_RETRY * 2 ** min(tries, _GROWS), LONGEST_RETRY) * (1 + jitter.random() / 4)
    at = next_try(now, pause, expires_at)
    connection.execute(
        update(DELIVERY).where(of.id == delivery_id).values(state=State.DEFERRED.value, tries=tries + 1, wakes_at=at)
    )
    release_carried(connection, delivery_id, at)


def next_try(now: datetime, pause: timedelta, expires_at: datetime | None) -> datetime:
    """When to try again: after the pause; where that is too late, once more shortly before the expiry.

    Where there is no time for that either it is looked at again when it has expired, to say so.
    """
    if expires_at is None or now + pause <= expires_at:
        return now + pause
    last = expires_at - LAST_TRY_BEFORE
    return last if last - now >= FIRST_RETRY else max(now, expires_at) + _MOMENT


def _wait(connection: Connection, delivery_id: int, at: datetime) -> None:
    """Tried again at `at`; what is said about our pace is no try of this mail."""
    connection.execute(
        update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(state=State.DEFERRED.value, wakes_at=at)
    )
    release_carried(connection, delivery_id, at)


def _again(connection: Connection, delivery_id: int, at: datetime) -> None:
    connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery_id).values(state=State.DUE.value, wakes_at=at))
    release_carried(connection, delivery_id, at)


def _not_sent(connection: Connection, publication_id: int, result: Result, now: datetime) -> None:
    """A mail that could not be made for this one reader: not sent, with the reason, as a decision of its own."""
    reason = Reason(result.came.value)
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == result.delivery_id)
        .values(state=State.NOT_SENT.value, reason=reason.value, wakes_at=None)
    )
    release_carried(connection, result.delivery_id, now)
    append_plain_decision(connection, publication_id, [result.delivery_id], reason, now)


def _pause_campaign(connection: Connection, publication_id: int, result: Result, now: datetime) -> None:
    """What is the sender's or the campaign's own fault pauses the campaign and waits for a person; no reader is touched.

    A digest has nobody to pause: it is tried again.
    """
    kind, why = _PAUSES[result.came]
    of = DELIVERY.c
    campaign_id = connection.execute(select(of.campaign_id).where(of.id == result.delivery_id)).scalar_one()
    running = CAMPAIGN.c.status.in_((CampaignStatus.SENDING.value, CampaignStatus.WAITING.value))
    paused = connection.execute(
        update(CAMPAIGN)
        .where((CAMPAIGN.c.id == campaign_id) & running)
        .values(status=CampaignStatus.PAUSED.value, held_because=f"{why}: {result.reply[:500]}")
    )
    if paused.rowcount:
        record(connection, publication_id, kind, SYSTEM, now, campaign_id=campaign_id)
