"""The quiet line: more like this, less like this, too often. A GET asks, a button says it, and the page then offers
the change that it asks for: a vote by itself changes nothing of what somebody gets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Answer

from preferences.asked import Asked
from preferences.calendar import local_date, zone_named
from preferences.errors import Conflict, Invalid, NotFound, Said
from preferences.expectation import Arrives
from preferences.links import Right
from preferences.opt_down import compare, once_a_week, paused_for_a_month
from preferences.store.reader_answers import Asking, asking
from preferences.store.reads import mail_to_read
from preferences.store.transactions import Transaction
from preferences.store.votes import last_vote, vote
from preferences.vote import Vote
from webapp.forms import Filled
from webapp.pages.access import Visit, visit_of_mail
from webapp.pages.desk import Desk, desk_of, desk_to_change
from webapp.pages.page import render, see
from webapp.pages.saving import change_to
from webapp.pages.waking import wake
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/r/<token>/vote`."""
    path = "/r/<token>/vote"
    pages.add_url_rule(path, "vote", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "press_vote", partial(press, site), methods=["POST"], strict_slashes=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Less:
    """What of less can be offered to a reader right here; only what would change something."""

    topic_id: int | None
    topic_name: str
    weekly: bool
    once_a_week: bool
    pause: bool
    leave: bool


def show(site: Site, token: str) -> Response:
    """The one button that says it; where that was said already, thanks and what can be changed."""
    with site.database.read() as connection:
        seen, delivery = visit_of_mail(site, connection, token)
        _check_may(seen)
        said = last_vote(connection, delivery)
        mail = mail_to_read(connection, seen.publication.id, seen.person.id, delivery)
        title = _title(connection, seen, delivery)
        less = _less(desk_of(site, connection, token), mail.topic_id)
    wanted = _vote(request.args.get("said", ""))
    return render(
        "vote.html",
        publication=seen.publication,
        token=token,
        title=title,
        asked=wanted if wanted is not said else None,
        said=said,
        votes=tuple(Vote),
        less=less,
    )


def _check_may(seen: Visit) -> None:
    if not seen.may(Right.VOTE):
        raise NotFound("this link may not vote")


def _vote(text: str) -> Vote | None:
    return next((one for one in Vote if one.value == text), None)


def _title(connection: Transaction, seen: Visit, delivery: int) -> str | None:
    """The title of a campaign; a digest has none."""
    try:
        asked: Asking = asking(connection, seen.publication.id, seen.person.id, delivery)
    except NotFound:
        return None
    return asked.title


def _less(desk: Desk, topic_id: int | None) -> Less | None:
    """None for somebody who has left: there is nothing of which they could get less."""
    if desk.has_left or desk.terms is None:
        return None
    asked = desk.asked
    topic = next((one for one in desk.topics if one.id == topic_id and one.id in desk.terms.topics), None)
    today = local_date(zone_named(desk.zone), desk.seen.now)
    return Less(
        topic_id=None if topic is None else topic.id,
        topic_name="" if topic is None else topic.name,
        weekly=topic is not None and len(asked.topics) > 1 and _gathered(desk, topic.slug) != asked,
        once_a_week=once_a_week(asked, _notices(desk)) != asked,
        pause=paused_for_a_month(asked, today) != asked,
        leave=topic is not None,
    )


def _notices(desk: Desk) -> frozenset[str]:
    return frozenset(topic.slug for topic in desk.topics if topic.is_notice)


def _gathered(desk: Desk, slug: str) -> Asked:
    """The same with one topic in one mail a week; what is slower already stays, and so does what cannot wait."""
    asked = desk.asked
    weekly = once_a_week(asked, _notices(desk))
    topics = (
        new if new.topic == slug and new.arrives is Arrives.WEEKLY else old
        for old, new in zip(asked.topics, weekly.topics, strict=True)
    )
    return replace(asked, topics=tuple(topics))


def press(site: Site, token: str) -> Answer:
    """Keep the vote and show what it asks for; or gather this topic in one mail a week, and show the preferences."""
    filled = Filled(request.form.items(multi=True))
    with site.database.write() as connection:
        seen, delivery = visit_of_mail(site, connection, token)
        _check_may(seen)
        if filled.one("do") == "weekly":
            _gather(connection, desk_to_change(site, connection, token), delivery)
            leads_to = f"/me/{token}"
        else:
            said = _vote(filled.one("said"))
            if said is None:
                raise Invalid.one("said", Said("choose one of the three answers"))
            vote(connection, seen.publication.id, seen.person.id, delivery, said, seen.now)
            leads_to = f"/r/{token}/vote"
    wake(site)
    return see(leads_to)


def _gather(connection: Transaction, desk: Desk, delivery: int) -> None:
    mail = mail_to_read(connection, desk.seen.publication.id, desk.seen.person.id, delivery)
    topic = next((one for one in desk.topics if one.id == mail.topic_id), None)
    if topic is None or desk.has_left or desk.terms is None:
        raise Conflict(Said("this topic is not among what you get any more"))
    gathered = _gathered(desk, topic.slug)
    today = local_date(zone_named(desk.zone), desk.seen.now)
    if not compare(desk.asked, gathered, today).is_only_less:
        raise Conflict(Said("this would be more than you get now"))
    change_to(connection, desk, gathered)
