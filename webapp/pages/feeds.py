"""Feeds of topics, for everybody who has the address: Atom, with a tag to compare by."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from flask import Blueprint, Response, request

from preferences.links.public_ids import Kind
from preferences.store.issues import Issue, issue_page
from preferences.store.publications import PublicationRow, publication_named
from preferences.store.topics import topic_named
from preferences.store.transactions import Transaction
from preferences.urls import topic_feed_url, topic_url
from webapp.access import public_ids
from webapp.pages.articles import article_of
from webapp.pages.atom import Entry, Feed, atom
from webapp.pages.page import guarded
from webapp.site import Site

ENTRIES = 20


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/a/<slug>/t/<topic>/feed.atom`."""
    pages.add_url_rule("/a/<slug>/t/<topic>/feed.atom", "topic_feed", partial(show, site))


def show(site: Site, slug: str, topic: str) -> Response:
    """The newest issues of a topic, whole; 304 where the reader of the feed has them."""
    with site.database.read() as connection:
        sender = publication_named(connection, slug)
        found = topic_named(connection, sender.id, topic)
        issues = issue_page(connection, sender.id, found.id, limit=ENTRIES).issues
        feed = Feed(
            name=f"topic {found.slug} of {public_ids(connection).public_id(Kind.PUBLICATION, sender.id)}",
            title=f"{sender.name}: {found.name}",
            subtitle=found.description,
            author=sender.name,
            language=sender.language,
            url=topic_feed_url(site.base_url, slug, topic),
            page_url=topic_url(site.base_url, slug, topic),
            began_at=found.created_at,
            entries=[_entry(site, connection, sender, one) for one in issues],
        )
    return answered(feed)


def _entry(site: Site, connection: Transaction, sender: PublicationRow, found: Issue) -> Entry:
    name = public_ids(connection).public_id(Kind.CAMPAIGN, found.campaign_id)
    return Entry(
        name=f"issue {name}",
        title=found.title,
        summary=found.summary,
        html=article_of(connection, sender, found),
        url=f"{site.base_url}/a/{sender.slug}/{name}",
        published_at=found.scheduled_at,
        updated_at=found.changed_at,
    )


def answered(feed: Feed) -> Response:
    """The feed, or 304 where nothing in it has changed: it is asked for again and again."""
    document = atom(feed)
    response = Response(document, mimetype="application/atom+xml")
    response.set_etag(sha256(document).hexdigest()[:32])
    response.last_modified = feed.updated_at
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.make_conditional(request)
    return guarded(response)
