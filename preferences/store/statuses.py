"""Why is nothing going out? Everything that can hold mail back, read at one moment, and the one sentence that answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from preferences.delivery import AttemptOutcome, CampaignStatus, State
from preferences.store.clock import LARGEST_DISAGREEMENT
from preferences.store.database import Database
from preferences.store.destinations import Destination, destinations
from preferences.store.leases import LASTS, WEB, LeaseRow, processes
from preferences.store.publications import PublicationRow
from preferences.store.restorations import Restoration, open_restoration
from preferences.store.revisions import revision_in
from preferences.store.service_mails import ServiceState
from preferences.store.tables import ATTEMPT, CAMPAIGN, COUNTED, DELIVERY, LEASE, OUTBOX, SERVICE_MAIL, UNCOUNTED
from preferences.store.warm_up import WarmUp, warm_up

# What is due is handed over within seconds; after this something is wrong.
OVERDUE = timedelta(minutes=5)
# A process that ended is shown for so long.
SHOWN_AFTER_END = timedelta(minutes=10)
_SHOWN = (CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.WAITING, CampaignStatus.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStands:
    """A campaign that is not done: how many of its deliveries are in which state, and when one is looked at next."""

    id: int
    name: str
    status: CampaignStatus
    scheduled_at: datetime | None
    held_because: str | None
    counts: dict[State, int]
    wakes_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What holds mail back or does not, for one publication. Instants in UTC; counts of rows.

    `due` are deliveries whose time has come in campaigns that run, `overdue` those for which it came long ago, and
    `digest_items` what waits for a digest. `heartbeat_at` is when a process last said that it is there,
    and `processes` are those that live and those that ended lately; one that only serves pages sends nothing.
    `disagreements` are clocks that must agree and do not, in words. `no_way_out` is what was said when the last mail
    was given back before anything of it was sent, None where the last one was not. `restoration` waits for a person.
    `destinations` are those that are slowed or have a ceiling; they and `warm_up` are the whole installation's.
    """

    now: datetime
    machine_now: datetime
    slug: str
    missing: tuple[str, ...]
    campaigns: tuple[CampaignStands, ...]
    due: int
    overdue: int
    digest_items: int
    in_doubt: int
    next_at: datetime | None
    disagreements: tuple[str, ...]
    heartbeat_at: datetime | None
    is_alive: bool
    processes: tuple[LeaseRow, ...]
    service_due: int
    service_failed: int
    service_overdue: int
    outbox: int
    revision: str | None
    no_way_out: str | None
    restoration: Restoration | None = None
    destinations: tuple[Destination, ...] = ()
    warm_up: WarmUp | None = None


def situation(
    database: Database, publication: PublicationRow, now: datetime, machine_now: datetime, *, is_driven: bool
) -> Situation:
    """How things stand. `machine_now` is the machine's clock, by which processes live; `is_driven` that of a sandbox."""
    database_now = database.own_now()
    with database.read() as connection:
        heartbeat_at, is_alive = _heartbeat(connection, machine_now)
        campaigns = tuple(_campaigns(connection, publication.id))
        return Situation(
            now=now,
            machine_now=machine_now,
            slug=publication.slug,
            missing=_missing(publication),
            campaigns=campaigns,
            due=_due(connection, publication.id, now),
            overdue=0 if is_driven else _due(connection, publication.id, now - OVERDUE),
            digest_items=_in_state(connection, publication.id, State.DIGEST_TO_COME),
            in_doubt=_in_state(connection, publication.id, State.IN_DOUBT),
            next_at=_next_at(connection, publication.id, now),
            disagreements=tuple(_disagreements(connection, now, machine_now, database_now)),
            heartbeat_at=heartbeat_at,
            is_alive=is_alive,
            processes=tuple(processes(connection, machine_now, ended_within=SHOWN_AFTER_END)),
            service_due=_service(connection, publication.id, ServiceState.DUE, now),
            service_failed=_service(connection, publication.id, ServiceState.FAILED, now),
            service_overdue=0 if is_driven else _service(connection, publication.id, ServiceState.DUE, now - OVERDUE),
            outbox=_outbox(connection, publication.id),
            revision=revision_in(connection),
            no_way_out=_no_way_out(connection, publication.id),
            restoration=open_restoration(connection),
            destinations=tuple(destinations(connection, now)),
            warm_up=warm_up(connection, now),
        )


def _no_way_out(connection: Connection, publication_id: int) -> str | None:
    """Why the last hand-over did not begin: as a rule the mail server that cannot be reached."""
    of = ATTEMPT.c
    ended = (of.publication_id == publication_id) & of.outcome.is_not(None)
    last = connection.execute(select(of.outcome, of.reply).where(ended).order_by(of.id.desc()).limit(1)).first()
    return last.reply if last is not None and last.outcome == AttemptOutcome.GIVEN_BACK.value else None


def _missing(publication: PublicationRow) -> tuple[str, ...]:
    """What must be set before anything may leave."""
    wanted = {"sender": publication.sender, "postal address": publication.postal_address}
    return tuple(name for name, value in wanted.items() if not value)


def _campaigns(connection: Connection, publication_id: int) -> Iterator[CampaignStands]:
    of = CAMPAIGN.c
    chosen = (of.publication_id == publication_id) & of.status.in_([one.value for one in _SHOWN])
    rows = connection.execute(select(CAMPAIGN).where(chosen).order_by(of.id)).mappings().all()
    counts: dict[int, dict[State, int]] = {}
    wakes: dict[int, datetime] = {}
    for row in connection.execute(
        select(
            DELIVERY.c.campaign_id,
            DELIVERY.c.state,
            func.count().label("number"),
            func.min(DELIVERY.c.wakes_at).label("wakes_at"),
        )
        .where(DELIVERY.c.campaign_id.in_([row["id"] for row in rows]))
        .group_by(DELIVERY.c.campaign_id, DELIVERY.c.state)
    ).mappings():
        campaign, state, wakes_at = row["campaign_id"], State(row["state"]), row["wakes_at"]
        counts.setdefault(campaign, {})[state] = row["number"]
        if state.value in _WAKING and wakes_at is not None:
            wakes[campaign] = min(wakes_at, wakes.get(campaign, wakes_at))
    for row in rows:
        yield CampaignStands(
            id=row["id"],
            name=row["name"],
            status=CampaignStatus(row["status"]),
            scheduled_at=row["scheduled_at"],
            held_because=row["held_because"],
            counts=counts.get(row["id"], {}),
            wakes_at=wakes.get(row["id"]),
        )


_RUNS = (CampaignStatus.SENDING.value, CampaignStatus.WAITING.value)
_WAKING = (State.DUE.value, State.WAITING.value, State.DIGEST_TO_COME.value, State.DEFERRED.value)


def _due(connection: Connection, publication_id: int, at: datetime) -> int:
    of = DELIVERY.c
    chosen = (of.publication_id == publication_id) & of.state.in_(_WAKING) & (of.wakes_at <= at)
    runs = of.campaign_id.is_(None) | CAMPAIGN.c.status.in_(_RUNS)
    statement = select(func.count()).select_from(DELIVERY).outerjoin(CAMPAIGN, CAMPAIGN.c.id == of.campaign_id)
    number: int = connection.execute(statement.where(chosen & runs)).scalar_one()
    scheduled = select(func.count()).where(
        (CAMPAIGN.c.publication_id == publication_id)
        & (CAMPAIGN.c.status == CampaignStatus.SCHEDULED.value)
        & (CAMPAIGN.c.scheduled_at <= at)
    )
    to_plan: int = connection.execute(scheduled).scalar_one()
    return number + to_plan


def _in_state(connection: Connection, publication_id: int, state: State) -> int:
    chosen = (DELIVERY.c.publication_id == publication_id) & (DELIVERY.c.state == state.value)
    number: int = connection.execute(select(func.count()).select_from(DELIVERY).where(chosen)).scalar_one()
    return number


def _next_at(connection: Connection, publication_id: int, now: datetime) -> datetime | None:
    """When something is looked at or planned next, later than now."""
    waking = select(func.min(DELIVERY.c.wakes_at)).where(
        (DELIVERY.c.publication_id == publication_id) & DELIVERY.c.state.in_(_WAKING) & (DELIVERY.c.wakes_at > now)
    )
    planned = select(func.min(CAMPAIGN.c.scheduled_at)).where(
        (CAMPAIGN.c.publication_id == publication_id)
        & (CAMPAIGN.c.status == CampaignStatus.SCHEDULED.value)
        & (CAMPAIGN.c.scheduled_at > now)
    )
    found = (connection.execute(statement).scalar() for statement in (waking, planned))
    return min((at for at in found if at is not None), default=None)


def _disagreements(
    connection: Connection, now: datetime, machine_now: datetime, database_now: datetime
) -> Iterator[str]:
    """Clocks that must agree: this machine's with the database's, and the newest counted mail with now."""
    apart = machine_now - database_now
    if abs(apart) > LARGEST_DISAGREEMENT:
        yield f"this machine's clock and the database's differ by {abs(int(apart.total_seconds()))} s"
    newest = connection.execute(
        select(COUNTED.c.counted_at)
        .outerjoin(UNCOUNTED, UNCOUNTED.c.counted_id == COUNTED.c.id)
        .where(COUNTED.c.attempt_id.is_not(None) & UNCOUNTED.c.counted_id.is_(None))
        .order_by(COUNTED.c.id.desc())
        .limit(1)
    ).scalar()
    if newest is not None and newest - now > LARGEST_DISAGREEMENT:
        yield f"the newest counted mail lies {int((newest - now).total_seconds())} s in the future"


def _heartbeat(connection: Connection, machine_now: datetime) -> tuple[datetime | None, bool]:
    """When a process last renewed its lease, and whether one still holds it."""
    sends = LEASE.c.purpose != WEB
    until = connection.execute(select(func.max(LEASE.c.until)).where(sends)).scalar()
    holds = select(LEASE.c.id).where(sends & LEASE.c.ended_at.is_(None) & (LEASE.c.until > machine_now)).limit(1)
    return None if until is None else until - LASTS, connection.execute(holds).first() is not None


def _service(connection: Connection, publication_id: int, state: ServiceState, at: datetime) -> int:
    of = SERVICE_MAIL.c
    chosen = (of.publication_id == publication_id) & (of.state == state.value) & (of.due_at <= at)
    number: int = connection.execute(select(func.count()).select_from(SERVICE_MAIL).where(chosen)).scalar_one()
    return number


def _outbox(connection: Connection, publication_id: int) -> int:
    chosen = (OUTBOX.c.publication_id == publication_id) & OUTBOX.c.done_at.is_(None)
    number: int = connection.execute(select(func.count()).select_from(OUTBOX).where(chosen)).scalar_one()
    return number
