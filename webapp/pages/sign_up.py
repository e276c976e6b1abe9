"""Signing up: choose, see the promise in words, ask. Nothing happens before the mailbox has answered.

The form stands here, and on any page of others: what such a form lacks is asked for here, with everything kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from math import ceil

from flask import Blueprint, Response, request

from preferences.errors import Invalid
from preferences.links import Kind, PublicIds
from preferences.store.expectations import terms_asked
from preferences.store.issues import Issue, sample_issues
from preferences.store.networks import free_at, network_of
from preferences.store.promises import promise_in_words
from preferences.store.publications import PublicationRow, publication_named
from preferences.store.signups import SignUp, checked_versions
from preferences.store.signups import request as request_sign_up
from preferences.store.topics import TopicRow, topics
from preferences.store.transactions import Transaction
from preferences.unsubscribe import Route
from preferences.urls import topic_feed_url
from webapp.access import public_ids, site_of
from webapp.forms import Filled, beside, in_form
from webapp.language import _, language, speak
from webapp.pages.access import by_link
from webapp.pages.page import render
from webapp.pages.passing_on import brought, offer_of
from webapp.pages.sign_up_form import ZONES, chosen_by_link, is_trapped, sign_up_in
from webapp.pages.waking import wake
from webapp.pages.words import offered_topics
from webapp.site import Site
from webapp.visitor import look_for_mail, remember_visitor

__all__ = ["ZONES", "add_routes", "ask", "show"]


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/p/<slug>/sign-up`."""
    path = "/p/<slug>/sign-up"
    pages.add_url_rule(path, "sign_up", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "ask_to_sign_up", partial(ask, site), methods=["POST"], strict_slashes=False)


def show(site: Site, slug: str) -> Response:
    """The form, with nothing ticked but what the link has chosen, which the page says."""
    with site.database.read() as connection:
        sender = publication_named(connection, slug)
        speak(None, sender.language)
        there = topics(connection, sender.id)
        chosen = chosen_by_link(Filled(request.args.items(multi=True)), there)
        promise = _promise_of(site, connection, sender, there, chosen) if chosen.pairs else None
        names = [topic.name for topic in there if chosen.has("topic", topic.slug)]
        return _form(
            site, connection, sender, there, chosen, promise=promise, chosen_for_them=names, by=request.args.get("by")
        )


def ask(site: Site, slug: str) -> Response:
    """Show the sentence, or keep the request and send its confirmation.

    Nothing tells whether the address was known. The answer to a repeated request is the same, and sends nothing twice.
    A network that asks for very many is asked to come back later, whatever the addresses.
    """
    filled = Filled(request.form.items(multi=True))
    is_asking = filled.one("step", "ask") != "show"
    with site.database.read() as connection:
        sender = publication_named(connection, slug)
        speak(None, sender.language)
        there = topics(connection, sender.id)
        try:
            sign_up = sign_up_in(site, sender, there, filled, is_asking=is_asking)
            promise = _promise(site, connection, sender, sign_up)
        except Invalid as error:
            return _refused(site, connection, sender, there, filled, error)
        if not is_asking:
            return _form(site, connection, sender, there, filled, promise=promise)
        later = free_at(connection, sender.id, network_of(sign_up.network_address), site.clock.now())
        if later is not None:
            return _not_now(site, connection, sender, there, filled, (later - site.clock.now()).total_seconds())
    if not is_trapped(filled):
        try:
            with site.database.write() as writing:
                sign_up = brought(site, writing, sender, sign_up, filled.one("by"))
                request_sign_up(writing, sender.id, sign_up, by_link(Route.SIGN_UP), site.clock.now())
        except Invalid as error:
            with site.database.read() as connection:
                return _refused(site, connection, sender, there, filled, error)
    wake(site)
    remember_visitor(site, sign_up.address)
    look_for_mail(site, sign_up.address)
    return render("check_mail.html", publication=sender, for_what="sign_up", promise=promise)


def _refused(
    site: Site, connection: Transaction, sender: PublicationRow, there: list[TopicRow], filled: Filled, error: Invalid
) -> Response:
    problems = beside(in_form(error.problems, filled, [topic.slug for topic in there]))
    return _form(site, connection, sender, there, filled, status=422, problems=problems)


def _not_now(
    site: Site, connection: Transaction, sender: PublicationRow, there: list[TopicRow], filled: Filled, seconds: float
) -> Response:
    """The same for everybody of one network, with what was typed, so that it needs only be sent again."""
    said = _("Very many sign-ups came from your network just now. Please try again later; nothing you typed is lost.")
    response = _form(site, connection, sender, there, filled, status=429, not_now=said)
    response.headers["Retry-After"] = str(max(1, ceil(seconds)))
    return response


def _form(
    site: Site,
    connection: Transaction,
    sender: PublicationRow,
    there: list[TopicRow],
    filled: Filled,
    status: int = 200,
    promise: str | None = None,
    problems: Mapping[str, str] | None = None,
    not_now: str = "",
    chosen_for_them: list[str] | None = None,
    by: str | None = None,
) -> Response:
    samples = sample_issues(connection, sender.id, [topic.id for topic in there])
    slugs = {topic.id: topic.slug for topic in there}
    ids = public_ids(connection)
    return render(
        "sign_up.html",
        status,
        publication=sender,
        topics=offered_topics(there, language()),
        samples={slugs[number]: (issue.title, _path(ids, sender, issue)) for number, issue in samples.items()},
        feeds=[
            (topic.name, topic_feed_url(site.base_url, sender.slug, topic.slug))
            for topic in there
            if not topic.is_unlisted
        ],
        filled=filled,
        promise=promise,
        problems=problems or {},
        not_now=not_now,
        chosen_for_them=chosen_for_them or [],
        offer=offer_of(site_of(), connection, sender, by or filled.one("by")),
    )


def _path(ids: PublicIds, sender: PublicationRow, issue: Issue) -> str:
    return f"/a/{sender.slug}/{ids.public_id(Kind.CAMPAIGN, issue.campaign_id)}"


def _promise_of(
    site: Site, connection: Transaction, sender: PublicationRow, there: list[TopicRow], chosen: Filled
) -> str | None:
    """The sentence for what a link has chosen; None where that cannot be had as it stands."""
    try:
        return _promise(site, connection, sender, sign_up_in(site, sender, there, chosen, is_asking=False))
    except Invalid:
        return None


def _promise(site: Site, connection: Transaction, sender: PublicationRow, sign_up: SignUp) -> str:
    accepted = checked_versions(connection, sender.id, sign_up.accepted)
    zone = sign_up.zone or sender.zone
    terms = terms_asked(connection, sender.id, sign_up.asked, zone=zone, accepted_versions=accepted)
    now: datetime = site.clock.now()
    return promise_in_words(connection, sender, terms, now, sign_up.language)
