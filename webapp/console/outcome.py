"""The people behind every number of a campaign, and what a person answers about the deliveries that are in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from werkzeug.wrappers import Response as Answer

from preferences.decision import Reason
from preferences.delivery import State
from preferences.errors import Invalid, NotFound
from preferences.links import Kind
from preferences.store.console_people import left_over
from preferences.store.deliveries import deliveries
from preferences.store.doubts import it_arrived, it_did_not_arrive, try_refused_again
from preferences.store.subscribers import subscribers
from preferences.unsubscribe import Cause
from webapp.console.campaigns import found
from webapp.console.desk import Desk, Pages
from webapp.console.words import CAUSES, REASONS, ROUTES, STATES

_ON_ONE_PAGE = 100


def add_routes(pages: Pages) -> None:
    """The people of a campaign, and those who left over it."""
    pages.form("campaigns/<campaign_id>/people", "campaign_people", show, answer)
    pages.show("campaigns/<campaign_id>/left", "campaign_left", show_left)


def show(desk: Desk, campaign_id: str) -> Answer:
    """Everybody in the audience, or those of one state or reason."""
    row = found(desk, campaign_id)
    state, reason = _chosen(desk)
    after = desk.query.one("after")
    rows = deliveries(
        desk.connection,
        row.id,
        _ON_ONE_PAGE + 1,
        after=desk.number(Kind.DELIVERY, after) if after else 0,
        state=state,
        reason=reason,
    )
    shown = rows[:_ON_ONE_PAGE]
    known = subscribers(desk.connection, {one.subscriber_id for one in shown})
    lines = [
        (one, known[one.subscriber_id], desk.id(Kind.SUBSCRIBER, one.subscriber_id), desk.id(Kind.DELIVERY, one.id))
        for one in shown
    ]
    return desk.page(
        "campaign_people.html",
        campaign=row,
        campaign_id=campaign_id,
        lines=lines,
        state=state,
        reason=reason,
        more=desk.id(Kind.DELIVERY, shown[-1].id) if len(rows) > _ON_ONE_PAGE else None,
        states=STATES,
        reasons=REASONS,
        reason_of=lambda one: "" if one.decision is None else REASONS[Reason(one.decision.reason)],
    )


def _chosen(desk: Desk) -> tuple[State | None, Reason | None]:
    state, reason = desk.query.one("state"), desk.query.one("reason")
    try:
        return State(state) if state else None, Reason(reason) if reason else None
    except ValueError as error:
        raise NotFound("there is no such state or reason") from error


_ANSWERS: Mapping[str, Callable[..., None]] = {
    "arrived": it_arrived,
    "not_arrived": it_did_not_arrive,
    "again": try_refused_again,
}


def answer(desk: Desk, campaign_id: str) -> Answer:
    """Note what a person says about one delivery."""
    found(desk, campaign_id)
    said = _ANSWERS.get(desk.filled.one("do"))
    if said is None:
        raise Invalid.one("do", "this page has no such button")
    number = desk.number(Kind.DELIVERY, desk.filled.one("delivery"))
    said(desk.connection, desk.owner.id, number, desk.by, desk.now)
    state = desk.query.one("state")
    return desk.see(f"campaigns/{campaign_id}/people" + (f"?state={state}" if state in set(State) else ""))


def show_left(desk: Desk, campaign_id: str) -> Answer:
    """Who left over it, and what they said."""
    row = found(desk, campaign_id)
    cause = desk.query.one("cause")
    if cause and cause not in set(Cause):
        raise NotFound("there is no such cause")
    rows = left_over(desk.connection, row.id, Cause(cause) if cause else None)
    known = subscribers(desk.connection, {one.subscriber_id for one in rows})
    lines = [(one, known[one.subscriber_id], desk.id(Kind.SUBSCRIBER, one.subscriber_id)) for one in rows]
    return desk.page(
        "campaign_left.html",
        campaign=row,
        campaign_id=campaign_id,
        lines=lines,
        cause=Cause(cause) if cause else None,
        causes=CAUSES,
        routes=ROUTES,
    )
