"""`troth explain`: why somebody got a campaign, or did not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

import click

from preferences.address import parse_address
from preferences.decision import Evidence, Outcome
from preferences.store.explaining import Explanation, Step, Tried, campaign_called, explain
from preferences.store.publications import publication_named
from preferences.wording import ShownTo, decision_in_words
from webapp.cli.audit import public_ids
from webapp.cli.installation import installation, publication_option

_PERIODS = {"two_weeks": "in two weeks"}


@click.command("explain")
@click.argument("email")
@click.argument("campaign")
@publication_option
def command(email: str, campaign: str, publication_slug: str | None) -> None:
    """Why EMAIL got CAMPAIGN, or did not: every decision, its evidence, and the promise it was judged under.

    CAMPAIGN is its public number, its number, or its exact name.
    """
    address = parse_address(email, "EMAIL")
    with installation(publication_slug) as here:
        ids = public_ids(here.database)
        with here.database.read() as connection:
            row = publication_named(connection, publication_slug)
            found = explain(connection, row, address, campaign_called(connection, row.id, campaign, ids))
    for line in lines(found):
        click.echo(line)


def lines(found: Explanation) -> Iterator[str]:
    """The explanation, decision by decision; a promise is said where it is another one than before."""
    yield f"Campaign {found.campaign!r} for this subscriber: {found.state.replace('_', ' ')}."
    said: str | None = None
    for number, step in enumerate(found.steps, start=1):
        yield ""
        yield f"{number}. {instant(step.decided_at, step.zone, step.zone_name)}"
        yield from (f"   {line}" for line in _decided(step))
        if step.promise is not None and step.promise != said:
            yield f"   judged under expectation {step.expectation_id}:"
            yield from (f"     {line}" for line in step.promise.splitlines())
        elif step.promise is not None:
            yield f"   judged under expectation {step.expectation_id}, the same promise"
        said = step.promise
    if found.steps:
        zone, zone_name = found.steps[-1].zone, found.steps[-1].zone_name
        yield from _afterwards(found, zone, zone_name)


def _decided(step: Step) -> Iterator[str]:
    decision = step.decision
    topic = "" if step.topic is None else f", charged to {step.topic}"
    yield f"{decision.outcome}, {decision.reason}{topic}"
    yield decision_in_words(decision, zone=step.zone, at=step.decided_at, topic=step.topic, shown_to=ShownTo.MARKETER)
    if decision.evidence is not None:
        yield f"evidence: {evidence(decision.evidence, step.zone, step.zone_name)}"
    if decision.opens_at is not None and decision.outcome in (Outcome.WAIT, Outcome.DIGEST, Outcome.NOT_SENT):
        yield f"opens at: {instant(decision.opens_at, step.zone, step.zone_name)}"


def evidence(found: Evidence, zone: tzinfo, zone_name: str) -> str:
    """Which cap, n of n, and the window: local dates of a calendar window, instants of a rolling one."""
    per = _PERIODS.get(found.cap.per, f"a {found.cap.per}")
    cap = f"{found.whose}, at most {found.cap.count} {per}: {found.counted} of {found.counted} counted"
    if found.calendar is None:
        since, until = instant(found.since, zone, zone_name), instant(found.until, zone, zone_name)
        return f"{cap}, full from {since} until {until}"
    first = found.since.astimezone(zone).date()
    last = (found.until - timedelta(microseconds=1)).astimezone(zone).date()
    dates = f"on {first}" if first == last else f"from {first} to {last}"
    return f"{cap} {dates} ({zone_name})"


def _afterwards(found: Explanation, zone: tzinfo, zone_name: str) -> Iterator[str]:
    """What it travelled in, and how the handing over went."""
    yield ""
    if found.carried_by is not None:
        yield f"It travelled in {found.carried_by}."
    for tried in found.tried:
        yield _tried(tried, zone, zone_name)
    if not found.tried:
        yield "It was not handed over."
    if found.slowed is not None and found.slowed.slow_until is not None:
        until = instant(found.slowed.slow_until, zone, zone_name)
        yield f"It waits until {until} for {found.slowed.domain}, which wants less mail now: {found.slowed.said}"
    if found.next_try_at is not None:
        end = "" if found.expires_at is None else f", no later than {instant(found.expires_at, zone, zone_name)}"
        yield f"It is decided and tried again at {instant(found.next_try_at, zone, zone_name)}{end}."
    for event in found.happened:
        yield f"{instant(event.occurred_at, zone, zone_name)}: {event.kind.replace('_', ' ')}"


def _tried(tried: Tried, zone: tzinfo, zone_name: str) -> str:
    outcome = "is under way" if tried.outcome is None else f"was {tried.outcome.replace('_', ' ')}"
    begun = (
        "" if tried.begun_at is None else f", began {(tried.begun_at - tried.committed_at).total_seconds():.1f} s later"
    )
    reply = (
        "" if tried.code is None and not tried.reply else f" ({' '.join(filter(None, (_code(tried), tried.reply)))})"
    )
    by = "" if tried.relay is None else f" by {tried.relay}"
    return f"Handing over at {instant(tried.committed_at, zone, zone_name)}{begun}: {outcome}{by}{reply}."


def _code(tried: Tried) -> str:
    return "" if tried.code is None else str(tried.code)


def instant(at: datetime, zone: tzinfo, zone_name: str) -> str:
    """An instant in a zone's own time, with the zone named."""
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S} {zone_name}"
