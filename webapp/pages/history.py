"""The mail history: what was promised since when, and what became of everything, each with its reason in words.

With the link of a mail its own entry stands first, with its whole story; with one older than 30 days there is no more.
"""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response

from preferences.calendar import zone_named
from preferences.errors import NotFound
from preferences.expectation import Arrives, Terms
from preferences.links import Purpose, Right
from preferences.store.expectations import terms_of
from preferences.store.mail_history import HistoryPage, history_page, mail_history
from preferences.store.promised import broken_promises, promised_since
from preferences.store.topics import topics
from preferences.store.transactions import Transaction
from webapp.pages.access import OF_MAILS, Visit, visit
from webapp.pages.away_line import away
from webapp.pages.cut import cut_at
from webapp.pages.page import render
from webapp.pages.periods import periods_meant
from webapp.pages.private_feed import private_feed
from webapp.pages.story import Story, story_of
from webapp.pages.timeline import Timeline
from webapp.site import Site

_PURPOSES = (*OF_MAILS, Purpose.FRESH)


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/h/<token>`."""
    pages.add_url_rule("/h/<token>", "mail_history", partial(show, site), strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The story of the mail that the link came with, then everything, page by page."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, *_PURPOSES)
        if not seen.rights & {Right.SEE_HISTORY, Right.SEE_DELIVERY}:
            raise NotFound("this link is over")
        timeline = timeline_of(site, connection, seen)
        shows_all = seen.may(Right.SEE_HISTORY)
        until = cut_at() if shows_all else None
        page = history_page(connection, seen.publication.id, seen.person.id, until) if shows_all else _NOTHING
        broken = broken_promises(connection, seen.publication.id, seen.person.id) if shows_all and not until else []
        story = None if until else _story(connection, seen, timeline)
        months = timeline.months(connection, page) if shows_all else []
        left_out = away(connection, seen) if until is None else None
        terms = terms_of(connection, seen.publication.id, [seen.person.id]).get(seen.person.id)
        feed = private_feed(site, seen) if until is None and _reads_on_the_web(terms) else None
    return render(
        "history.html",
        publication=seen.publication,
        token=token,
        story=story,
        shows_all=shows_all,
        has_left=seen.person.unsubscribed_at is not None,
        broken=[timeline.elsewhere(one) for one in broken],
        months=months,
        older=None if page.since is None else page.since.isoformat(),
        is_first=until is None,
        away=left_out,
        feed=feed,
        meant=periods_meant(terms),
        zone=str(timeline.zone),
    )


_NOTHING = HistoryPage(entries=[], since=None, until=None)


def timeline_of(site: Site, connection: Transaction, seen: Visit) -> Timeline:
    """The timeline of a visitor, in the zone by which they are written to, or were last."""
    newest = promised_since(connection, seen.publication.id, seen.person.id, limit=1)
    zone = zone_named(newest[0][2].expectation.zone if newest else seen.publication.zone)
    return Timeline(site, seen, topics(connection, seen.publication.id), zone)


def _reads_on_the_web(terms: Terms | None) -> bool:
    return terms is not None and any(topic.arrives is Arrives.WEB for topic in terms.topics.values())


def _story(connection: Transaction, seen: Visit, timeline: Timeline) -> Story | None:
    if seen.claim.delivery is None:
        return None
    found = mail_history(connection, seen.publication.id, seen.person.id, delivery_id=seen.claim.delivery)
    return story_of(connection, timeline, found[0]) if found else None
