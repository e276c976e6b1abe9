"""Confirming: a button that may be pressed twice, and a page that still says so a year later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import Blueprint, Response
from werkzeug.wrappers import Response as Answer

from preferences.errors import Conflict, NotFound
from preferences.links import Claim, Purpose
from preferences.store.confirmations import confirm
from preferences.store.expectations import terms_of
from preferences.store.issues import latest_issues
from preferences.store.publications import PublicationRow, publication
from preferences.store.signups import RequestRow, the_request
from preferences.store.subscribers import subscriber
from preferences.store.topics import topics
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from webapp.pages.access import by_link, claim_of
from webapp.pages.archive import issue_path
from webapp.pages.page import render, see
from webapp.pages.waking import wake
from webapp.site import Site

# So long after pressing it, the page leads on with every right; later it leads to what any mail may do.
_FRESH = timedelta(hours=1)


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/confirm/<token>`."""
    path = "/confirm/<token>"
    pages.add_url_rule(path, "confirm", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "press_confirm", partial(press, site), methods=["POST"], strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """What was promised, and the button; afterwards that it is so."""
    claim = claim_of(site, token, Purpose.CONFIRM)
    with site.database.read() as connection:
        asked_for = the_request(connection, claim.publication, claim.request or 0)
        sender = publication(connection, claim.publication)
        if asked_for.address is None:
            raise NotFound("this sign-up was erased")
        has_left = False
        if asked_for.subscriber_id is not None:
            person = subscriber(connection, claim.publication, asked_for.subscriber_id)
            has_left = person.standing.unsubscribed
        latest = _latest(connection, sender, asked_for)
    return render(
        "confirm.html",
        publication=sender,
        asked_for=asked_for,
        promise=asked_for.promise,
        token=token,
        has_left=has_left,
        latest=latest,
        preferences_token=_leads_on(site, claim, asked_for),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The latest issue of one topic that was chosen."""

    topic: str
    title: str
    summary: str
    path: str


def _latest(connection: Transaction, sender: PublicationRow, asked_for: RequestRow) -> list[Latest]:
    """What can be read at once: nobody has to wait for the next issue to see what they have chosen."""
    if asked_for.confirmed_at is None or asked_for.subscriber_id is None:
        return []
    terms = terms_of(connection, sender.id, [asked_for.subscriber_id]).get(asked_for.subscriber_id)
    if terms is None:
        return []
    chosen = [topic for topic in topics(connection, sender.id) if topic.id in terms.topics and not topic.is_notice]
    found = latest_issues(connection, sender.id, [topic.id for topic in chosen])
    return [
        Latest(
            topic=topic.name,
            title=found[topic.id].title,
            summary=found[topic.id].summary,
            path=issue_path(connection, sender.slug, found[topic.id]),
        )
        for topic in chosen
        if topic.id in found
    ]


def _leads_on(site: Site, claim: Claim, asked_for: RequestRow) -> str | None:
    """A link to the preferences of who has just confirmed."""
    if asked_for.subscriber_id is None or asked_for.confirmed_at is None:
        return None
    is_fresh = site.clock.now() - asked_for.confirmed_at < _FRESH
    return site.links.sign(
        Claim(
            purpose=Purpose.FRESH if is_fresh else Purpose.PREFERENCES,
            publication=claim.publication,
            subscriber=asked_for.subscriber_id,
            issued_at=asked_for.confirmed_at,
        )
    )


def press(site: Site, token: str) -> Answer:
    """Confirm, then show that it is so."""
    claim = claim_of(site, token, Purpose.CONFIRM)
    try:
        with site.database.write() as connection:
            confirm(connection, claim.publication, claim.request or 0, by_link(Route.SIGN_UP), site.clock.now())
    except Conflict as error:
        return render("sorry.html", 409, title="Not possible", said=f"This cannot be done: {error}.", advice="")
    wake(site)
    return see(f"/confirm/{token}")
