"""Today: what goes out, what waits and why, and why nothing goes out when nothing does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from werkzeug.wrappers import Response as Answer

from preferences.calendar import first_instant, local_date
from preferences.delivery import CampaignStatus, State
from preferences.links import Kind
from preferences.store.campaigns import drafts
from preferences.store.clock import SystemClock
from preferences.store.console_today import waiting_reasons, wakes_between
from preferences.store.statuses import CampaignStands, Situation, situation
from webapp.console.campaigns import parts_of
from webapp.console.desk import Desk, Pages
from webapp.console.words import REASONS, STATES, STATUSES, people
from webapp.pacing import destination_in_words, later_in_words, warm_up_in_words

# What a person may have to look at, or what is still to happen; the rest is told by the campaign itself.
_OPEN = (State.DUE, State.HANDING_OVER, State.WAITING, State.DIGEST_TO_COME, State.DEFERRED, State.IN_DOUBT)
_DRAFTS_NAMED = 5
# What has no next instant comes last.
_NEVER = datetime.max.replace(tzinfo=UTC)


def add_routes(pages: Pages) -> None:
    """The first page."""
    pages.show("", "today", show)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Why nothing goes out, or that something does; with where to go where a person is needed."""

    said: str
    needs_person: bool = False
    go_to: str | None = None
    link: str = ""


def show(desk: Desk) -> Answer:
    """How things stand now."""
    found = situation(desk.site.database, desk.owner, desk.now, _machine_now(), is_driven=desk.site.is_sandbox)
    found = replace(found, campaigns=tuple(sorted(found.campaigns, key=lambda one: _next(one) or _NEVER)))
    today = local_date(desk.zone, desk.now)
    midnight = first_instant(desk.zone, today + timedelta(days=1))
    return desk.page(
        "today.html",
        found=found,
        answered=answer(desk, found),
        today=[one for one in found.campaigns if _is_today(one, midnight)],
        out_today=found.due + wakes_between(desk.connection, desk.owner.id, desk.now, midnight),
        drafts=drafts(desk.connection, desk.owner.id, _DRAFTS_NAMED),
        next_of=_next,
        waiting=waiting_reasons(desk.connection, desk.owner.id),
        has_relay=desk.site.settings.smtp is not None and not desk.site.is_sandbox,
        held_back=held_back(desk, found),
        statuses=STATUSES,
        states=STATES,
        reasons=REASONS,
        people=people,
        parts_of=parts_of,
        open_states=_OPEN,
        campaign_id=lambda number: desk.id(Kind.CAMPAIGN, number),
    )


def held_back(desk: Desk, found: Situation) -> list[str]:
    """What holds mail back for a while though its readers want it."""
    lines = [destination_in_words(one, found.now, desk.when) for one in found.destinations]
    return lines if found.warm_up is None else [*lines, warm_up_in_words(found.warm_up, desk.when)]


def _machine_now() -> datetime:
    """The machine's clock, by which processes live, also beside a sandbox."""
    return SystemClock().now()


def _next(stands: CampaignStands) -> datetime | None:
    """When something of a campaign may go out next."""
    return stands.scheduled_at if stands.status is CampaignStatus.SCHEDULED else stands.wakes_at


def _is_today(stands: CampaignStands, midnight: datetime) -> bool:
    """Whether something of a campaign may go out before the day is over."""
    at = _next(stands)
    return stands.status is not CampaignStatus.PAUSED and at is not None and at < midnight


def answer(desk: Desk, found: Situation) -> Answered:
    """The one sentence: what holds everything back comes before what holds back something."""
    if found.restoration is not None:
        said = "Nothing goes out, because the database was restored from a backup and nobody has said what left since."
        return Answered(said=said, needs_person=True, go_to="restored", link="Answer")
    if found.missing:
        missing = " and ".join(found.missing)
        said = f"Nothing goes out until the {missing} {'is' if len(found.missing) == 1 else 'are'} set."
        return Answered(said=said, needs_person=True, go_to="settings", link="Set it in the settings")
    if found.disagreements:
        return Answered(
            said=f"Nothing goes out, because {found.disagreements[0]}: set the clocks right.", needs_person=True
        )
    if not found.is_alive and (found.due or found.service_due or found.outbox):
        said = "Nothing goes out, because no process is running that sends: start one with troth run."
        return Answered(said=said, needs_person=True)
    paused = next((one for one in found.campaigns if one.status is CampaignStatus.PAUSED), None)
    if paused is not None:
        because = f", because {paused.held_because}" if paused.held_because else ""
        go_to = f"campaigns/{desk.id(Kind.CAMPAIGN, paused.id)}"
        said = f"“{paused.name}” is paused{because}. Nothing of it goes out until somebody resumes or ends it."
        return Answered(said=said, needs_person=True, go_to=go_to, link="Look at it")
    if found.overdue or found.service_overdue:
        late = found.overdue + found.service_overdue
        return Answered(
            said=f"{late} mails should have gone out minutes ago: see the log of the worker.", needs_person=True
        )
    return Answered(said=_quiet(desk, found))


def _quiet(desk: Desk, found: Situation) -> str:
    handing_over = sum(one.counts.get(State.HANDING_OVER, 0) for one in found.campaigns)
    if found.due or handing_over:
        return f"Mail is going out: {found.due:,} due, {handing_over:,} being handed over."
    if found.next_at is None:
        return "Nothing goes out, because nothing is scheduled and nothing waits."
    why = later_in_words(found)
    return f"Nothing is due before {desk.when(found.next_at)}{f': {why}' if why else ''}."
