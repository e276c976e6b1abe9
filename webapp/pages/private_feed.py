"""A reader's own feed: the link, making another, and the feed itself.

Whoever has the address of a feed reads it for as long as it lasts, so the address is shown only to a fresh link. No
address of the reader stands in it, and its links open nothing but the texts in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response
from werkzeug.wrappers import Response as Answer

from preferences.errors import NotFound
from preferences.links import Claim, Purpose, Right
from preferences.links.public_ids import Kind
from preferences.store.private_feeds import WebOnly, feeds_since, renew_feed, web_only
from preferences.store.transactions import Transaction, writing
from preferences.unsubscribe import Route
from preferences.urls import archive_url, private_feed_url, read_url
from webapp.access import public_ids
from webapp.language import _, language
from webapp.pages.access import LONG_AGO, Visit, by_link, visit
from webapp.pages.articles import article_of
from webapp.pages.atom import Entry, Feed
from webapp.pages.feeds import answered
from webapp.pages.page import render, see
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/f/<token>.atom`, and `/f/<token>/new`."""
    pages.add_url_rule("/f/<token>.atom", "private_feed", partial(show, site))
    pages.add_url_rule("/f/<token>/new", "new_private_feed", partial(renew, site), methods=["POST"])


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFeed:
    """What a page says of it: its address, None where this link may not see it."""

    url: str | None


def private_feed(site: Site, seen: Visit) -> PrivateFeed:
    """The private feed of a visitor, for `_private_feed.html`; asks the database nothing."""
    if not seen.may(Right.MORE):
        return PrivateFeed(url=None)
    claim = Claim(
        purpose=Purpose.FEED,
        publication=seen.publication.id,
        subscriber=seen.person.id,
        issued_at=(seen.person.feeds_since or seen.person.created_at).replace(microsecond=0),
    )
    return PrivateFeed(url=private_feed_url(site.base_url, site.links.sign(claim)))


def renew(site: Site, token: str) -> Answer:
    """End the address there is, and begin another."""
    with writing(site.database) as connection:
        seen = visit(site, connection, token, Purpose.FRESH)
        if not seen.may(Right.MORE):
            raise NotFound("this link is over")
        renew_feed(connection, seen.publication.id, seen.person.id, by_link(Route.PREFERENCE_PAGE), seen.now)
    return see(f"/me/{token}#private-feed")


def show(site: Site, token: str) -> Response:
    """The feed; 410 where its address was replaced."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, Purpose.FEED)
        issued_at = seen.claim.issued_at
        if issued_at is None or issued_at < feeds_since(connection, seen.publication.id, seen.person.id):
            return _over(seen)
        texts = web_only(connection, seen.publication.id, seen.person.id)
        feed = Feed(
            name=f"feed of {public_ids(connection).public_id(Kind.SUBSCRIBER, seen.person.id)} since {issued_at}",
            title=_("{publication}: to read on the web").format(publication=seen.publication.name),
            subtitle="",
            author=seen.publication.name,
            language=language(),
            url=private_feed_url(site.base_url, token),
            page_url=archive_url(site.base_url, seen.publication.slug),
            began_at=issued_at,
            entries=[_entry(site, connection, seen, one) for one in texts],
        )
    return answered(feed)


def _entry(site: Site, connection: Transaction, seen: Visit, one: WebOnly) -> Entry:
    # As old as a link can be: whoever keeps the feed reads this text by it, and sees nothing else.
    claim = Claim(
        purpose=Purpose.READ,
        publication=seen.publication.id,
        subscriber=seen.person.id,
        delivery=one.delivery_id,
        issued_at=LONG_AGO,
    )
    return Entry(
        name=f"text {public_ids(connection).public_id(Kind.DELIVERY, one.delivery_id)}",
        title=one.issue.title,
        summary=one.issue.summary,
        html=article_of(connection, seen.publication, one.issue),
        url=read_url(site.base_url, site.links.sign(claim)),
        published_at=one.issue.scheduled_at,
        updated_at=one.issue.changed_at,
    )


def _over(seen: Visit) -> Response:
    return render(
        "sorry.html",
        410,
        publication=seen.publication,
        title=_("This feed has ended"),
        said=_("Its reader has made a new address for it, and this one shows nothing any more."),
        advice=_("If it is yours: the new address stands on your preferences page, behind a fresh link."),
        may_ask=True,
    )
