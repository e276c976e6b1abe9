"""Signing up: choose, see the promise in words, ask. Nothing happens before the mailbox has answered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from zoneinfo import available_timezones

from flask import Blueprint, Response, request

from preferences.address import parse_address
from preferences.asked import checked_zone
from preferences.errors import FieldProblem, Invalid
from preferences.store.expectations import terms_asked
from preferences.store.promises import promise_in_words
from preferences.store.publications import PublicationRow, publication_named
from preferences.store.signups import SignUp, checked_versions
from preferences.store.signups import request as request_sign_up
from preferences.store.topics import TopicRow, topics
from preferences.unsubscribe import Route
from preferences.urls import sign_up_url
from webapp.forms import Filled, accepted_in, asked_in, beside, in_form
from webapp.pages.access import by_link
from webapp.pages.page import render
from webapp.pages.waking import wake
from webapp.pages.words import offered_topics
from webapp.site import Site
from webapp.visitor import look_for_mail, remember_visitor


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/p/<slug>/sign-up`."""
    path = "/p/<slug>/sign-up"
    pages.add_url_rule(path, "sign_up", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "ask_to_sign_up", partial(ask, site), methods=["POST"], strict_slashes=False)


def show(site: Site, slug: str) -> Response:
    """The form, with nothing ticked."""
    sender, there = _publication(site, slug)
    return _form(sender, there, Filled(()))


def ask(site: Site, slug: str) -> Response:
    """Show the sentence, or keep the request and send its confirmation.

    Nothing tells whether the address was known. The answer to a repeated request is the same, and sends nothing twice.
    """
    sender, there = _publication(site, slug)
    filled = Filled(request.form.items(multi=True))
    is_asking = filled.one("step", "ask") != "show"
    try:
        sign_up = _sign_up(site, sender, there, filled, is_asking=is_asking)
        promise = _promise(site, sender, sign_up)
        if not is_asking:
            return _form(sender, there, filled, promise=promise)
        with site.database.write() as connection:
            request_sign_up(connection, sender.id, sign_up, by_link(Route.SIGN_UP), site.clock.now())
    except Invalid as error:
        problems = beside(in_form(error.problems, filled, [topic.slug for topic in there]))
        return _form(sender, there, filled, status=422, problems=problems)
    wake(site)
    remember_visitor(site, sign_up.address)
    look_for_mail(site, sign_up.address)
    return render("check_mail.html", publication=sender, for_what="sign_up", promise=promise)


def _publication(site: Site, slug: str) -> tuple[PublicationRow, list[TopicRow]]:
    with site.database.read() as connection:
        sender = publication_named(connection, slug)
        return sender, topics(connection, sender.id)


def _form(
    sender: PublicationRow,
    there: list[TopicRow],
    filled: Filled,
    status: int = 200,
    promise: str | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    return render(
        "sign_up.html",
        status,
        publication=sender,
        topics=offered_topics(there, sender.language),
        filled=filled,
        promise=promise,
        problems=problems or {},
        zones=ZONES,
    )


# What a browser suggests; any other name that the zone data knows is taken too.
ZONES = tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix"))))


def _sign_up(site: Site, sender: PublicationRow, there: list[TopicRow], filled: Filled, *, is_asking: bool) -> SignUp:
    """What is asked for. Raises `Invalid` with every problem; for the sentence alone no address is needed."""
    problems: list[FieldProblem] = []
    slugs = [topic.slug for topic in there]
    asked = address = None
    try:
        asked = asked_in(filled, slugs)
    except Invalid as error:
        problems += error.problems
    try:
        address = parse_address(filled.one("email") if is_asking else filled.one("email") or "nobody@example.org")
    except Invalid as error:
        problems += error.problems
    zone = filled.one("zone")
    try:
        checked_zone(zone or sender.zone)
    except Invalid as error:
        problems += error.problems
    if asked is None or address is None or problems:
        raise Invalid(problems)
    return SignUp(
        address=address,
        asked=asked,
        zone=zone or None,
        name=filled.one("name"),
        accepted=accepted_in(filled, slugs),
        url=sign_up_url(site.base_url, sender.slug),
        network_address=request.remote_addr,
        agent=request.user_agent.string.replace("\x00", "")[:500] or None,
    )


def _promise(site: Site, sender: PublicationRow, sign_up: SignUp) -> str:
    with site.database.read() as connection:
        accepted = checked_versions(connection, sender.id, sign_up.accepted)
        zone = sign_up.zone or sender.zone
        terms = terms_asked(connection, sender.id, sign_up.asked, zone=zone, accepted_versions=accepted)
        return promise_in_words(connection, sender, terms, site.clock.now())
