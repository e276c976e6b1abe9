"""Passing something on: the page with what a reader sends to somebody else, and what that somebody sees of it.

Nobody is told who passed it on, and whoever did is never told who signed up; a number says that somebody has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from flask import Blueprint, Response

from preferences.errors import NotFound
from preferences.links import Claim, Purpose
from preferences.store.issues import Issue, issue
from preferences.store.publications import PublicationRow
from preferences.store.referrals import PassedOn, count_brought, who_passed_on
from preferences.store.signups import SignUp
from preferences.store.transactions import Transaction
from preferences.urls import passed_on_url
from webapp.language import _
from webapp.pages.access import Visit, visit_of_mail
from webapp.pages.archive import issue_path
from webapp.pages.page import render
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/r/<token>/pass-on`."""
    pages.add_url_rule("/r/<token>/pass-on", "pass_on", partial(show, site), strict_slashes=False)


def show(site: Site, token: str) -> Response:
    """The link to send, as text and in a mail that is written already; what it shows, and how many it has brought."""
    with site.database.read() as connection:
        seen, delivery = visit_of_mail(site, connection, token)
        link = passed_on_url(site.base_url, seen.publication.slug, _token(site, seen, delivery))
        passed_on = who_passed_on(connection, seen.publication.id, seen.person.id, delivery)
        found = _issue(connection, seen.publication, passed_on)
        brought = count_brought(connection, seen.person.id)
    return render(
        "pass_on.html",
        publication=seen.publication,
        token=token,
        link=link,
        mail=_mail(seen.publication.name, None if found is None else found.title, link),
        title=None if found is None else found.title,
        brought=brought,
    )


def _token(site: Site, seen: Visit, delivery: int) -> str:
    claim = Claim(
        purpose=Purpose.PASS_ON, publication=seen.publication.id, subscriber=seen.person.id, delivery=delivery
    )
    return site.links.sign(claim)


def _mail(name: str, title: str | None, link: str) -> str:
    """A mail that only needs its recipient, as a link (RFC 6068)."""
    subject = name if title is None else title
    if title is None:
        text = _("I read {publication}, and thought of you. Look whether it is for you:")
    else:
        text = _(
            "I read “{title}” in {publication}, and thought of you. Read it here, and look whether more of it is for you:"
        )
    body = f"{text.format(publication=name, title=title)}\r\n\r\n{link}\r\n"
    return f"mailto:?subject={quote(subject, safe='')}&body={quote(body, safe='')}"


def _issue(connection: Transaction, sender: PublicationRow, passed_on: PassedOn | None) -> Issue | None:
    """The issue that was passed on, where everybody may read it."""
    if passed_on is None or passed_on.campaign_id is None:
        return None
    try:
        return issue(connection, sender.id, passed_on.campaign_id)
    except NotFound:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What somebody sees to whom it was passed on: never by whom. `path` is where the issue can be read."""

    passed_on: PassedOn
    token: str
    title: str | None
    path: str | None


def offer_of(site: Site, connection: Transaction, sender: PublicationRow, token: str) -> Offer | None:
    """What a link that was passed on offers; None for one that was not made here, or by nobody who is still there."""
    claim = site.links.read(token, Purpose.PASS_ON) if token else None
    if claim is None or claim.publication != sender.id or claim.subscriber is None:
        return None
    passed_on = who_passed_on(connection, sender.id, claim.subscriber, claim.delivery)
    if passed_on is None:
        return None
    found = _issue(connection, sender, passed_on)
    return Offer(
        passed_on=passed_on,
        token=token,
        title=None if found is None else found.title,
        path=None if found is None else issue_path(connection, sender.slug, found),
    )


def brought(site: Site, connection: Transaction, sender: PublicationRow, sign_up: SignUp, token: str) -> SignUp:
    """What is asked for, with who passed it on; whose address it is, is not looked at."""
    offer = offer_of(site, connection, sender, token)
    if offer is None:
        return sign_up
    passed_on = offer.passed_on
    return replace(sign_up, brought_by=passed_on.subscriber_id, brought_with=passed_on.campaign_id)
