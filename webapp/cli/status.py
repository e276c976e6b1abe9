"""`troth status`: why is nothing going out?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

import click

from mailer.signing import Signing
from preferences.calendar import zone_named
from preferences.delivery import CampaignStatus, State
from preferences.errors import AnyDoubt
from preferences.store.clock import SystemClock
from preferences.store.database import Database
from preferences.store.leases import LeaseRow
from preferences.store.publications import PublicationRow, publication_named, publications
from preferences.store.statuses import CampaignStands, Situation, situation
from webapp.cli.explain import instant
from webapp.cli.group import FAILED
from webapp.cli.installation import Installation, installation, publication_option
from webapp.pacing import When, destination_in_words, later_in_words, warm_up_in_words

# With less, SQLite cannot write the next group down.
_FULL_OCTETS = 1_000_000
_STATES = (State.DUE, State.HANDING_OVER, State.DEFERRED, State.WAITING, State.DIGEST_TO_COME, State.IN_DOUBT)


@click.command("status")
@publication_option
def command(publication_slug: str | None) -> None:
    """Why is nothing going out? Ends with one sentence that answers it, and with 1 where a person is needed."""
    with installation(publication_slug) as here:
        answers = [_status(here, row) for row in _chosen(here, publication_slug)]
    if any(answers):
        raise SystemExit(FAILED)


def _chosen(here: Installation, slug: str | None) -> list[PublicationRow]:
    """The publication asked for; without one, all of them."""
    with here.database.read() as connection:
        return publications(connection) if slug is None else [publication_named(connection, slug)]


def _status(here: Installation, row: PublicationRow) -> bool:
    """Say how one publication stands; answers whether a person is needed."""
    found = situation(here.database, row, here.now(), SystemClock().now(), is_driven=here.is_sandbox)
    has_relay = here.settings.smtp is not None and not here.is_sandbox
    for line in lines(found, row.zone, has_relay=has_relay):
        click.echo(line)
    problem = _key_in_doubt(here) or full_disk(here.database) or needs_a_person(found)
    click.echo(f"{row.slug}: {problem or answer(found, zone_named(row.zone), row.zone, has_relay=has_relay)}")
    return problem is not None


def _key_in_doubt(here: Installation) -> str | None:
    """Why nothing leaves for want of a key that signs; None where none is missing. A sandbox signs nothing."""
    try:
        if not here.is_sandbox:
            Signing(here.database, here.clock, here.settings.secret_keys).check()
    except AnyDoubt as doubt:
        return str(doubt)
    return None


def full_disk(database: Database, octets: int = _FULL_OCTETS) -> str | None:
    """Why nothing leaves for want of room, in octets, which no process could say in the database."""
    file = database.engine.url.database if database.is_sqlite else None
    try:
        if file is not None and shutil.disk_usage(Path(file).parent).free < octets:
            return f"nothing goes out because the disk of {file} is full: free some, and everything goes on by itself."
    except OSError:
        return None
    return None


def lines(found: Situation, zone_name: str, *, has_relay: bool) -> Iterator[str]:
    """How everything stands that can hold mail back, a line each; instants in the publication's zone."""
    zone = zone_named(zone_name)
    yield f"now: {instant(found.now, zone, zone_name)}"
    yield f"database: revision {found.revision or 'none'}"
    yield f"mail: {'to the mail server' if has_relay else 'to the test inbox, nothing leaves this machine'}"
    beat = "never" if found.heartbeat_at is None else instant(found.heartbeat_at, zone, zone_name)
    yield f"last heartbeat of a process: {beat}{'' if found.is_alive else ' (none is running)'}"
    yield from (process_line(one, found.machine_now, zone, zone_name) for one in found.processes)
    for disagreement in found.disagreements:
        yield f"clock: {disagreement}"
    for campaign in found.campaigns:
        yield _campaign(campaign, zone, zone_name)
    yield from _held_back(found, lambda at: instant(at, zone, zone_name))
    yield f"due now: {found.due}, waiting for a digest: {found.digest_items}, in doubt: {found.in_doubt}"
    yield f"service mails: {found.service_due} due, {found.service_failed} failed; asked for and not seen: {found.outbox}"
    at = "nothing is planned" if found.next_at is None else instant(found.next_at, zone, zone_name)
    yield f"next: {at}"


def _held_back(found: Situation, when: When) -> Iterator[str]:
    for one in found.destinations:
        yield f"destination {destination_in_words(one, found.now, when)}"
    if found.warm_up is not None:
        yield warm_up_in_words(found.warm_up, when)


def _campaign(campaign: CampaignStands, zone: tzinfo, zone_name: str) -> str:
    parts = [f"campaign {campaign.name!r}: {campaign.status}"]
    if campaign.held_because:
        parts.append(f"because {campaign.held_because}")
    counts = [f"{campaign.counts[state]} {state.replace('_', ' ')}" for state in _STATES if campaign.counts.get(state)]
    parts += [", ".join(counts)] if counts else []
    if campaign.status is CampaignStatus.SCHEDULED and campaign.scheduled_at is not None:
        parts.append(f"for {instant(campaign.scheduled_at, zone, zone_name)}")
    elif campaign.wakes_at is not None:
        parts.append(f"next {instant(campaign.wakes_at, zone, zone_name)}")
    return "; ".join(parts)


def needs_a_person(found: Situation) -> str | None:
    """What holds mail back until a person does something, and what to do; None where nothing does."""
    if found.restoration is not None:
        return "nothing goes out because the database was restored from a backup: see troth restored, and answer."
    if found.missing:
        missing = " and ".join(found.missing)
        verb = "is" if len(found.missing) == 1 else "are"
        return f"nothing may go out until the {missing} {verb} set: troth publication set {found.slug}."
    if found.disagreements:
        return f"nothing goes out because {found.disagreements[0]}: set the clocks right."
    if found.due or found.service_due or found.outbox:
        lacks = _who_is_missing(found)
        if lacks is not None:
            return lacks
    paused = [campaign for campaign in found.campaigns if campaign.status is CampaignStatus.PAUSED]
    if paused:
        why = f", because {paused[0].held_because}" if paused[0].held_because else ""
        return f"campaign {paused[0].name!r} is paused{why}: resume or end it."
    if found.no_way_out and _is_undone(found):
        return f"nothing goes out because no mail could be handed over: {found.no_way_out}"
    if found.overdue or found.service_overdue:
        number = found.overdue + found.service_overdue
        return f"{number} of what is due should have gone out minutes ago: see what the log of the worker says."
    if found.service_failed:
        return f"{found.service_failed} service mails could not be sent: see what the log of the worker says."
    return None


def _who_is_missing(found: Situation) -> str | None:
    """Which kind of process there is none of: of any that sends, or of one of the two that may run apart."""
    if not found.is_alive:
        return "nothing goes out because no process is running that sends: start one with troth run."
    living = [one.process for one in found.processes if one.is_living(found.machine_now)]
    if any(one.threads for one in living) and not any(one.schedules for one in living):
        return "nothing goes out because no process schedules: start one with troth scheduler."
    if any(one.schedules for one in living) and not any(one.threads for one in living):
        return "nothing goes out because no process hands over: start one with troth worker."
    return None


def process_line(one: LeaseRow, machine_now: datetime, zone: tzinfo, zone_name: str) -> str:
    """One process: what it is for, where it runs and answers, and what it last did."""
    process = one.process
    where = f" on {process.host}, number {process.number}" if process.host else ""
    parts = [f"process {one.id}: {process.purpose}{where}"]
    parts += [f"{process.threads} thread{'' if process.threads == 1 else 's'}"] if process.threads else []
    parts += [f"watched at {process.listens}"] if process.listens and one.is_living(machine_now) else []
    if not one.is_living(machine_now):
        since = one.until if one.ended_at is None else one.ended_at
        parts.append(f"ended {instant(since, zone, zone_name)}")
    parts += [f"last {one.did}, {instant(one.did_at, zone, zone_name)}"] if one.did_at is not None else []
    return "; ".join(parts)


def _is_undone(found: Situation) -> bool:
    """Whether anything is due, or was to have gone out already."""
    return bool(found.due) or any(campaign.counts.get(State.DUE) for campaign in found.campaigns)


def answer(found: Situation, zone: tzinfo, zone_name: str, *, has_relay: bool) -> str:
    """Why nothing is going out where nobody has to do anything, or that something is."""
    inbox = "" if has_relay else " Mail stays in the test inbox, because no mail server is set (TROTH_SMTP_URL)."
    handing_over = sum(campaign.counts.get(State.HANDING_OVER, 0) for campaign in found.campaigns)
    if found.due or handing_over:
        return f"mail is going out: {found.due} due, {handing_over} handing over.{inbox}"
    if found.next_at is None:
        return f"nothing is going out because nothing is scheduled and nothing waits.{inbox}"
    why = later_in_words(found)
    return f"nothing is due before {instant(found.next_at, zone, zone_name)}{f': {why}' if why else ''}.{inbox}"
