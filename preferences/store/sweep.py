"""The sweeper: what a process left behind when its lease ended, and campaigns that are finished, but not before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from preferences.delivery import AttemptOutcome, CampaignStatus, State
from preferences.store.events import SYSTEM, record
from preferences.store.leases import expire_leases
from preferences.store.open_deliveries import IS_LEAVING, IS_OPEN, IS_UNDER_WAY, OPEN_OF
from preferences.store.service_mails import release
from preferences.store.settling import put_in_doubt
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import ATTEMPT, CAMPAIGN, DELIVERY, LEASE

_AT_ONCE = 500
_LOOKED_AT = 1000


def sweep_leases(connection: Connection, now: datetime, real_now: datetime) -> int:
    """Put in doubt what was handing over when a lease ended; answers how many. `real_now` is the machine's clock.

    Nobody knows whether the final dot of those was written: they stay counted and are never sent again by themselves.
    """
    ended = expire_leases(connection, real_now)
    if ended:
        release(connection, ended, now)
    rows = connection.execute(
        select(ATTEMPT.c.id, ATTEMPT.c.delivery_id, ATTEMPT.c.publication_id, DELIVERY.c.subscriber_id)
        .join(LEASE, LEASE.c.id == ATTEMPT.c.lease_id)
        .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
        .where(IS_UNDER_WAY & LEASE.c.ended_at.is_not(None))
        .order_by(ATTEMPT.c.id + 0)  # in the order of its key SQLite would read every attempt there is
        .limit(_AT_ONCE)
    ).all()
    lock_subscribers(connection, {row.subscriber_id for row in rows})
    swept = 0
    for row in rows:
        closed = connection.execute(
            update(ATTEMPT)
            .where((ATTEMPT.c.id == row.id) & ATTEMPT.c.outcome.is_(None))
            .values(outcome=AttemptOutcome.IN_DOUBT.value, ended_at=now, reply="the process that sent it ended")
        )
        if closed.rowcount:
            put_in_doubt(connection, row.publication_id, row.delivery_id, now)
            swept += 1
    return swept


def settle_campaigns(connection: Connection, now: datetime) -> list[int]:
    """Bring the status of running campaigns up to date; answers those that are finished by it. Locks them.

    *Waiting*: nothing is due and something waits. *Finished*: every member of the audience has a final outcome.
    """
    finished = []
    running = (CampaignStatus.SENDING.value, CampaignStatus.WAITING.value)
    campaigns = connection.execute(
        select(CAMPAIGN.c.id, CAMPAIGN.c.publication_id, CAMPAIGN.c.status)
        .where(CAMPAIGN.c.status.in_(running))
        .order_by(CAMPAIGN.c.id)
        .with_for_update(key_share=True, skip_locked=True)  # whoever holds one is changing it; the next time will do
    ).all()
    states = _open_states(connection, [campaign.id for campaign in campaigns])
    for campaign in campaigns:
        status = _status(states.get(campaign.id, set()))
        if status is CampaignStatus.FINISHED:
            finished.append(campaign.id)
            record(connection, campaign.publication_id, "finished", SYSTEM, now, campaign_id=campaign.id)
        if status.value != campaign.status:
            connection.execute(
                update(CAMPAIGN)
                .where((CAMPAIGN.c.id == campaign.id) & CAMPAIGN.c.status.in_(running))
                .values(status=status.value, finished_at=now if status is CampaignStatus.FINISHED else None)
            )
    return finished


def _open_states(connection: Connection, campaign_ids: Collection[int]) -> dict[int, set[str]]:
    """The states, but for the final ones, in which each campaign has deliveries; of those surely sending only some."""
    of = DELIVERY.c
    # A million that are still due need not be read to know that a campaign is sending.
    some = connection.execute(select(of.campaign_id, of.state).where(IS_LEAVING).limit(_LOOKED_AT))
    states = {campaign: {state} for campaign, state in some if campaign in campaign_ids}
    others = [campaign for campaign in campaign_ids if campaign not in states]
    if others:
        rows = connection.execute(select(OPEN_OF, of.state).where(OPEN_OF.in_(others) & IS_OPEN).distinct())
        for campaign, state in rows:
            states.setdefault(campaign, set()).add(state)
    return states


def may_be_finished(connection: Connection) -> bool:
    """Whether nothing is due or under way, as far as a look at some of it tells, though a campaign is sending."""
    sending = select(CAMPAIGN.c.id).where(CAMPAIGN.c.status == CampaignStatus.SENDING.value)
    leaving = select(DELIVERY.c.id).where(IS_LEAVING)
    return bool(connection.execute(select(sending.exists() & ~leaving.exists())).scalar_one())


def _status(states: Collection[str]) -> CampaignStatus:
    if not states:
        return CampaignStatus.FINISHED
    if set(states) <= {State.WAITING.value, State.DIGEST_TO_COME.value, State.DEFERRED.value}:
        return CampaignStatus.WAITING
    return CampaignStatus.SENDING
