"""The way of a campaign through its states, as far as a person asks for it: schedule, pause, resume, end.

Each step is one conditional update, so that of two who ask for different things one is refused. What follows (planning,
sending, waiting, finishing) is the mailer's; what it must plan stands in the outbox since the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, literal, select, update

from preferences.calendar import first_instant, zone_named
from preferences.decision import Outcome, Reason
from preferences.delivery import CampaignStatus, State
from preferences.errors import Invalid
from preferences.spread import LONGEST_SPREAD, NO_SPREAD
from preferences.store.campaign_values import named_topics
from preferences.store.campaigns import CampaignRow, campaign
from preferences.store.events import By, record
from preferences.store.publications import PublicationRow, publication
from preferences.store.redecide import decide_waiting_again
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import CAMPAIGN, DECISION, DELIVERY, OUTBOX
from preferences.store.turnstile import wait_until_through

# What is scheduled for a moment ago was meant for now.
GRACE = timedelta(minutes=1)
ONE_MINUTE = timedelta(minutes=1)
# The first zone to reach a local time is fourteen hours ahead of UTC (Pacific/Kiritimati).
FURTHEST_AHEAD = timedelta(hours=14)
# What is handing over can no longer be held back; its answer is recorded as it comes.
ENDABLE = (State.DUE.value, State.WAITING.value, State.DIGEST_TO_COME.value, State.DEFERRED.value)
_CHUNK = 500
_C, _D = CAMPAIGN.c, DELIVERY.c


def schedule(
    connection: Connection,
    publication_id: int,
    campaign_id: int,
    at: datetime,
    by: By,
    now: datetime,
    *,
    spread: timedelta = NO_SPREAD,
) -> CampaignRow:
    """Schedule a draft (or one that is scheduled, anew): at an instant, or at a naive local time, each reader's own.

    Over a `spread`, of whole minutes, each reader has an instant of their own from there on. Raises `Invalid` for what
    is past, too long, or over before it ends, and for a publication that may not send yet; `Conflict` for another status.
    """
    found = campaign(connection, publication_id, campaign_id)
    owner = publication(connection, publication_id)
    may_be_scheduled(connection, owner, found)
    scheduled_at = planned_at(at, owner, now)
    minutes = checked_spread(spread)
    expires_at = found.values.expires_at
    if expires_at is not None and expires_at <= scheduled_at:
        raise Invalid.one("expires_at", "this campaign would expire before it is sent; change one of the two instants")
    if expires_at is not None and expires_at <= scheduled_at + spread:
        raise Invalid.one("spread_minutes", "this campaign would expire before all of it is sent; spread it less")
    local_at = None if at.tzinfo is not None else at.isoformat(timespec="minutes")
    _move(
        connection,
        found,
        _UNPLANNED,
        CampaignStatus.SCHEDULED,
        "scheduled",
        scheduled_at=scheduled_at,
        local_at=local_at,
        spread_minutes=minutes,
        held_because=None,
    )
    _ask_to_plan(connection, publication_id, campaign_id, now)
    details = {"at": scheduled_at.isoformat(), "local": local_at} | ({"spread_minutes": minutes} if minutes else {})
    record(connection, publication_id, "campaign_scheduled", by, now, campaign_id=campaign_id, details=details)
    return campaign(connection, publication_id, campaign_id)


_UNPLANNED = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.PAUSED)


def may_be_scheduled(connection: Connection, owner: PublicationRow, found: CampaignRow) -> None:
    """Refuse what cannot be sent: by its status, its topics, or because nothing may leave yet."""
    if found.status not in _UNPLANNED or found.planned_at is not None:
        raise found.refused("scheduled")
    if not owner.may_send:
        missing = [name for name in ("sender", "postal_address") if not getattr(owner, name)]
        raise Invalid.one(missing[0], f"nothing leaves before the publication has its {' and '.join(missing)}: set it")
    named_topics(connection, owner.id, found.values.topics)


def planned_at(at: datetime, owner: PublicationRow, now: datetime) -> datetime:
    """When a campaign is planned that is scheduled for an instant, or for a naive local time. Raises `Invalid`."""
    return _local_start(at, owner, now) if at.tzinfo is None else _start(at, now)


def checked_spread(spread: timedelta) -> int | None:
    """A spread in minutes, None for none. Raises `Invalid`."""
    longest = LONGEST_SPREAD // ONE_MINUTE
    if spread % ONE_MINUTE or not NO_SPREAD <= spread <= LONGEST_SPREAD:
        raise Invalid.one("spread_minutes", f"must be a whole number of minutes from 0 to {longest}")
    return spread // ONE_MINUTE or None


def _start(at: datetime, now: datetime) -> datetime:
    if at < now - GRACE:
        raise Invalid.one("at", f'{at.isoformat()} is past; give a later instant, or "now"')
    return max(at, now)


def _local_start(local: datetime, owner: PublicationRow, now: datetime) -> datetime:
    """When the first zone reaches a local time; now, where that was already but the publication's own is to come."""
    own = first_instant(zone_named(owner.zone), local.date(), local.time())
    if own < now - GRACE:
        raise Invalid.one("local", f"{local.isoformat()} is past in {owner.zone}; give a later local time")
    return max(local.replace(tzinfo=UTC) - FURTHEST_AHEAD, now)


def pause(
    connection: Connection, publication_id: int, campaign_id: int, by: By, now: datetime, *, because: str | None = None
) -> CampaignRow:
    """Hold back all that has not begun to be handed over. Raises `Conflict` where nothing is under way.

    Once this is committed, nothing more of it is decided to be handed over, whoever was deciding meanwhile.
    """
    wait_until_through(connection, publication_id)
    found = campaign(connection, publication_id, campaign_id)
    under_way = (CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.WAITING)
    _move(connection, found, under_way, CampaignStatus.PAUSED, "paused", held_because=because)
    record(connection, publication_id, "campaign_paused", by, now, campaign_id=campaign_id)
    return campaign(connection, publication_id, campaign_id)


def resume(connection: Connection, publication_id: int, campaign_id: int, by: By, now: datetime) -> CampaignRow:
    """Let a paused campaign go on: to its planning where it was not planned yet. Raises `Conflict`."""
    found = campaign(connection, publication_id, campaign_id)
    is_planned = found.planned_at is not None
    if not is_planned:
        may_be_scheduled(connection, publication(connection, publication_id), found)
    status = CampaignStatus.SENDING if is_planned else CampaignStatus.SCHEDULED
    _move(connection, found, (CampaignStatus.PAUSED,), status, "resumed", held_because=None)
    if is_planned:
        _move_to_next_slots(connection, publication_id, campaign_id, now)
    else:
        _ask_to_plan(connection, publication_id, campaign_id, now)
    record(connection, publication_id, "campaign_resumed", by, now, campaign_id=campaign_id)
    return campaign(connection, publication_id, campaign_id)


def _move_to_next_slots(connection: Connection, publication_id: int, campaign_id: int, now: datetime) -> None:
    """What missed the slot of its digest while it was paused waits for the next: no digest leaves between slots."""
    missed = (_D.campaign_id == campaign_id) & (_D.state == State.DIGEST_TO_COME.value) & (_D.wakes_at <= now)
    ids = connection.execute(select(_D.subscriber_id).where(missed).order_by(_D.subscriber_id)).scalars().all()
    for first in range(0, len(ids), _CHUNK):
        chunk = ids[first : first + _CHUNK]
        lock_subscribers(connection, chunk)
        connection.execute(update(DELIVERY).where(missed & _D.subscriber_id.in_(chunk)).values(wakes_at=None))
        decide_waiting_again(connection, publication_id, chunk, now)


def end(connection: Connection, publication_id: int, campaign_id: int, by: By, now: datetime) -> CampaignRow:
    """End a campaign for good: whatever of it has not begun to be handed over is not sent. Raises `Conflict`."""
    found = campaign(connection, publication_id, campaign_id)
    not_over = tuple(set(CampaignStatus) - {CampaignStatus.ENDED, CampaignStatus.FINISHED})
    _move(connection, found, not_over, CampaignStatus.ENDED, "ended", finished_at=now)
    ended = _end_deliveries(connection, publication_id, campaign_id, now)
    details = {"not_sent": ended}
    record(connection, publication_id, "campaign_ended", by, now, campaign_id=campaign_id, details=details)
    return campaign(connection, publication_id, campaign_id)


def _end_deliveries(connection: Connection, publication_id: int, campaign_id: int, now: datetime) -> int:
    """Under the subscribers' locks, as everything that a hand-over could meet; answers how many were ended."""
    open_ones = (_D.campaign_id == campaign_id) & _D.state.in_(ENDABLE)
    ids = connection.execute(select(_D.subscriber_id).where(open_ones).order_by(_D.subscriber_id)).scalars().all()
    ended = 0
    for first in range(0, len(ids), _CHUNK):
        chunk = ids[first : first + _CHUNK]
        lock_subscribers(connection, chunk)
        ended += _end_some(connection, publication_id, campaign_id, chunk, now)
    return ended


def _end_some(
    connection: Connection, publication_id: int, campaign_id: int, subscribers: Collection[int], now: datetime
) -> int:
    these = (_D.campaign_id == campaign_id) & _D.state.in_(ENDABLE) & _D.subscriber_id.in_(subscribers)
    # No basis: a person decided this, and no rule could decide it again.
    decided = select(
        literal(publication_id),
        _D.id,
        literal(now, DECISION.c.decided_at.type),
        literal(Outcome.NOT_SENT.value),
        literal(Reason.CAMPAIGN_ENDED.value),
        _D.topic_id,
        literal("{}"),
    ).where(these)
    columns = ["publication_id", "delivery_id", "decided_at", "outcome", "reason", "topic_id", "basis"]
    connection.execute(insert(DECISION).from_select(columns, decided))
    done = connection.execute(
        update(DELIVERY)
        .where(these)
        .values(
            state=State.NOT_SENT.value,
            reason=Reason.CAMPAIGN_ENDED.value,
            wakes_at=None,
            opens_at=None,
            carrier_id=None,
        )
    )
    return done.rowcount


def _move(
    connection: Connection,
    found: CampaignRow,
    since: Collection[CampaignStatus],
    until: CampaignStatus,
    what: str,
    **values: object,
) -> None:
    """Take the campaign from one of some states to another, if it is still there. Raises `Conflict`."""
    same_plan = _C.planned_at.is_(None) if found.planned_at is None else _C.planned_at.is_not(None)
    done = connection.execute(
        update(CAMPAIGN)
        .where((_C.id == found.id) & _C.status.in_([status.value for status in since]) & same_plan)
        .values(status=until.value, **values)
    )
    if done.rowcount == 0:
        raise found.refused(what)


def _ask_to_plan(connection: Connection, publication_id: int, campaign_id: int, now: datetime) -> None:
    row = {"publication_id": publication_id, "kind": "plan", "subject_id": campaign_id, "created_at": now}
    connection.execute(insert(OUTBOX).values(**row))
