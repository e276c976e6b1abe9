"""Campaigns: the list, one of them at every stage, and the buttons that move it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from werkzeug.wrappers import Response as Answer

from preferences.calendar import local_date
from preferences.delivery import CampaignStatus, State
from preferences.errors import Invalid
from preferences.links import Kind
from preferences.store import schedules
from preferences.store.campaigns import CampaignRow, campaign, campaigns
from preferences.store.console_again import all_arrived, none_arrived, refused_in_time, try_all_refused_again
from preferences.store.counts import CampaignCounts, counts
from preferences.store.reader_answers import count_answers
from preferences.store.referrals import brought_by_campaigns
from preferences.store.topics import topics
from preferences.store.votes import vote_counts
from preferences.wording import date_in_words
from webapp.console.desk import Desk, Pages
from webapp.console.words import CAUSES, REASONS, STATES, STATUSES, VOTES, people, span_in_words

_ON_ONE_PAGE = 50
# What has not left yet, and can still be held back.
TO_COME = (State.DUE, State.WAITING, State.DIGEST_TO_COME, State.DEFERRED)
# What a campaign's result is told by, in this order; the rest follows where there is any.
_RESULT = (
    State.ACCEPTED,
    State.CAME_ALONG,
    State.IN_DIGEST,
    State.WEB,
    State.WAITING,
    State.DIGEST_TO_COME,
    State.DUE,
    State.HANDING_OVER,
    State.DEFERRED,
    State.NOT_SENT,
    State.REFUSED,
    State.IN_DOUBT,
)
# Which part of the bar, and which colour, a state belongs to.
KINDS = {
    State.ACCEPTED: "is-had",
    State.CAME_ALONG: "is-had",
    State.IN_DIGEST: "is-had",
    State.WEB: "is-read",
    State.WAITING: "is-waiting",
    State.DIGEST_TO_COME: "is-waiting",
    State.DUE: "is-waiting",
    State.HANDING_OVER: "is-waiting",
    State.DEFERRED: "is-waiting",
    State.NOT_SENT: "is-not",
    State.REFUSED: "is-trouble",
    State.IN_DOUBT: "is-trouble",
}
_PARTS = tuple(dict.fromkeys(KINDS.values()))
_ALWAYS_TOLD = frozenset(_RESULT[:5]) | {State.NOT_SENT, State.IN_DOUBT}


def add_routes(pages: Pages) -> None:
    """`campaigns`, one of them, and what can be done with it."""
    pages.show("campaigns", "campaigns", show_all)
    pages.show("campaigns/<campaign_id>", "campaign", show_one)
    pages.post("campaigns/<campaign_id>/do", "campaign_do", show_one, do)
    pages.form("campaigns/<campaign_id>/end", "campaign_end", show_end, end)


def show_all(desk: Desk) -> Answer:
    """All campaigns, newest first."""
    before = desk.query.one("before")
    number = desk.number(Kind.CAMPAIGN, before) if before else None
    rows = campaigns(desk.connection, desk.owner.id, _ON_ONE_PAGE + 1, number)
    shown = rows[:_ON_ONE_PAGE]
    older = desk.id(Kind.CAMPAIGN, shown[-1].id) if len(rows) > _ON_ONE_PAGE else None
    brought = brought_by_campaigns(desk.connection, [row.id for row in shown])
    has_topics = bool(topics(desk.connection, desk.owner.id))
    lines = [(row, desk.id(Kind.CAMPAIGN, row.id), when_of(desk, row), brought.get(row.id, 0)) for row in shown]
    return desk.page("campaigns.html", campaigns=lines, older=older, has_topics=has_topics, statuses=STATUSES)


def when_of(desk: Desk, row: CampaignRow) -> str:
    """When a campaign is or was scheduled for, in words; empty where it never was."""
    spread = f", spread over {span_in_words(row.spread_minutes)}" if row.spread_minutes else ""
    if row.local_at is not None:
        on = date_in_words(row.local_at.date(), local_date(desk.zone, desk.now))
        return f"{on} at {row.local_at:%H:%M}, each reader’s own time{spread}"
    return f"{desk.when(row.scheduled_at)}{spread}" if row.scheduled_at else ""


def found(desk: Desk, campaign_id: str) -> CampaignRow:
    """The campaign of an id. Raises `NotFound`."""
    return campaign(desk.connection, desk.owner.id, desk.number(Kind.CAMPAIGN, campaign_id))


def show_one(desk: Desk, campaign_id: str) -> Answer:
    """One campaign: what it says, where it stands, and what became of it."""
    row = found(desk, campaign_id)
    counted = counts(desk.connection, row.id)
    return desk.page(
        "campaign.html",
        campaign=row,
        campaign_id=campaign_id,
        when=when_of(desk, row),
        topics=[topic.name for topic in topics(desk.connection, desk.owner.id) if topic.slug in row.values.topics],
        counts=counted,
        result=[(state, counted.by_state[state]) for state in _RESULT if _is_told(counted, state)],
        left=sum(counted.left.values()),
        brought=brought_by_campaigns(desk.connection, [row.id]).get(row.id, 0),
        answered=count_answers(desk.connection, desk.owner.id, row.id),
        votes=vote_counts(desk.connection, row.id),
        vote_words=VOTES,
        to_come=_to_come(counted),
        kinds=KINDS,
        parts=parts_of(counted.by_state),
        waits_for=sorted(counted.waiting.items(), key=lambda one: -one[1]),
        again=len(refused_in_time(desk.connection, row.id, desk.now)),
        progress=_progress(desk, row, counted),
        states=STATES,
        reasons=REASONS,
        causes=CAUSES,
        statuses=STATUSES,
        people=people,
    )


def parts_of(by_state: Mapping[State, int]) -> list[tuple[str, int]]:
    """What the bar is made of: how many of each kind, in the order of `KINDS`."""
    return [(kind, sum(by_state.get(state, 0) for state in State if KINDS[state] == kind)) for kind in _PARTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a campaign is that is just being sent: what left or is decided for good, of everybody.

    `until` is when the last turn is of one that is spread, in words; empty for any other, and once that is over.
    """

    done: int
    audience: int
    until: str = ""


def _progress(desk: Desk, row: CampaignRow, counted: CampaignCounts) -> Progress | None:
    """None where nothing happens at this moment."""
    begins = row.status is CampaignStatus.SCHEDULED and row.scheduled_at is not None and row.scheduled_at <= desk.now
    leaving = sum(counted.by_state[state] for state in (State.DUE, State.HANDING_OVER))
    if begins:
        return Progress(done=0, audience=0)
    # Also when the last has left: only then it is said what came of it, and who looks on must see it.
    if row.status is not CampaignStatus.SENDING:
        return None
    return Progress(done=(row.audience or 0) - leaving, audience=row.audience or 0, until=_spread_until(desk, row))


def _spread_until(desk: Desk, row: CampaignRow) -> str:
    if row.scheduled_at is None or row.local_at is not None or not row.spread_minutes:
        return ""
    until = row.scheduled_at + timedelta(minutes=row.spread_minutes)
    return desk.when(until) if until > desk.now else ""


def _is_told(counted: CampaignCounts, state: State) -> bool:
    return state in _ALWAYS_TOLD or counted.by_state[state] > 0


def _to_come(counted: CampaignCounts) -> int:
    return sum(counted.by_state[state] for state in TO_COME)


def do(desk: Desk, campaign_id: str) -> Answer:
    """Pause or resume; try what was refused again; say what became of everything in doubt."""
    step = _STEPS.get(desk.filled.one("do"))
    if step is None:
        raise Invalid.one("do", "this page has no such button")
    step(desk.connection, desk.owner.id, found(desk, campaign_id).id, desk.by, desk.now)
    return desk.see(f"campaigns/{campaign_id}")


_STEPS: Mapping[str, Callable[..., object]] = {
    "pause": schedules.pause,
    "resume": schedules.resume,
    "again": try_all_refused_again,
    "all_arrived": all_arrived,
    "none_arrived": none_arrived,
}


def show_end(desk: Desk, campaign_id: str) -> Answer:
    """What ending it would mean, and for how many."""
    row = found(desk, campaign_id)
    counted = counts(desk.connection, row.id)
    is_over = row.status in (CampaignStatus.ENDED, CampaignStatus.FINISHED)
    return desk.page(
        "campaign_end.html",
        campaign=row,
        campaign_id=campaign_id,
        to_come=_to_come(counted),
        had=counted.accepted,
        is_over=is_over,
        people=people,
    )


def end(desk: Desk, campaign_id: str) -> Answer:
    """End it for good."""
    schedules.end(desk.connection, desk.owner.id, found(desk, campaign_id).id, desk.by, desk.now)
    return desk.see(f"campaigns/{campaign_id}")
