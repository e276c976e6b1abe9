"""Confirming: a button that may be pressed twice, and a page that still says so a year later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from flask import Blueprint, Response
from werkzeug.wrappers import Response as Answer

from preferences.address import Address
from preferences.errors import Conflict, NotFound
from preferences.links import Claim, Purpose
from preferences.store.confirmations import confirm
from preferences.store.expectations import terms_of
from preferences.store.issues import latest_issues
from preferences.store.promises import promise_in_words
from preferences.store.publications import PublicationRow, publication
from preferences.store.signups import RequestRow, the_request
from preferences.store.subscribers import SubscriberRow, subscriber, subscriber_at
from preferences.store.topics import topics
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from webapp.language import _, language, speak
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
        person = _whose(connection, asked_for)
        speak(asked_for.language if person is None else person.language or asked_for.language, sender.language)
        is_over = asked_for.address is None
        latest = [] if is_over else _latest(connection, sender, asked_for)
        promise = "" if person is None else _in_force(connection, sender, person, site.clock.now())
    return render(
        "confirm.html",
        410 if is_over else 200,
        publication=sender,
        asked_for=asked_for,
        token=token,
        is_over=is_over,
        is_here_already=person is not None and _gets_mail(person, site.clock.now()),
        has_left=asked_for.subscriber_id is not None and person is not None and person.standing.unsubscribed,
        latest=latest,
        promise=promise,
        preferences_token=_leads_on(site, claim, asked_for),
    )


def _in_force(connection: Transaction, sender: PublicationRow, person: SubscriberRow, now: datetime) -> str:
    """What is promised now: a request of somebody who is subscribed added to that, and changed nothing else."""
    terms = terms_of(connection, sender.id, [person.id]).get(person.id)
    return "" if terms is None else promise_in_words(connection, sender, terms, now, language())


def _whose(connection: Transaction, asked_for: RequestRow) -> SubscriberRow | None:
    """Who the request became, or would add topics to."""
    if asked_for.subscriber_id is not None:
        return subscriber(connection, asked_for.publication_id, asked_for.subscriber_id)
    if asked_for.address is None or asked_for.address_normalised is None:
        return None
    address = Address(spelled=asked_for.address, normalised=asked_for.address_normalised)
    return subscriber_at(connection, asked_for.publication_id, address)


def _gets_mail(person: SubscriberRow, now: datetime) -> bool:
    standing = person.standing
    has_consent = standing.consent_ends_at is None or standing.consent_ends_at > now
    return standing.confirmed and has_consent and not standing.unsubscribed and standing.suppressed is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The latest issue of one topic that was chosen."""

    topic: str
    title: str
    summary: str
    path: str


def _latest(connection: Transaction, sender: PublicationRow, asked_for: RequestRow) -> list[Latest]:
    """What can be read at once: nobody has to wait for the next issue to see what they have chosen."""
    slugs = {topic.topic for topic in asked_for.asked.topics}
    chosen = [topic for topic in topics(connection, sender.id) if topic.slug in slugs and not topic.is_notice]
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
    except NotFound:
        return see(f"/confirm/{token}")
    except Conflict as error:
        said = _("This cannot be done: {why}.").format(why=error)
        return render("sorry.html", 409, title=_("Not possible"), said=said, advice="")
    wake(site)
    return see(f"/confirm/{token}")
