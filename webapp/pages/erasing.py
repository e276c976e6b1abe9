"""Erasing: a page that says what goes and what stays, and asks once. It takes effect before it is answered."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response
from werkzeug.wrappers import Response as Answer

from preferences.links import Right
from preferences.store.erasures import erase
from preferences.unsubscribe import Route
from webapp.pages.access import Gone, by_link, visit
from webapp.pages.needing_fresh import PURPOSES, Needing, explained, link_sent
from webapp.pages.page import render, see
from webapp.pages.waking import wake
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/me/<token>/erase`; and what every other link of an erased person is answered."""
    path = "/me/<token>/erase"
    pages.add_url_rule(path, "erase", partial(show, site), strict_slashes=False)
    pages.add_url_rule(path, "press_erase", partial(press, site), methods=["POST"], strict_slashes=False)
    pages.register_error_handler(Gone, _nobody_any_more)


def show(site: Site, token: str) -> Response:
    """What goes, what stays, and the button; afterwards that it is done."""
    try:
        with site.database.read() as connection:
            seen = visit(site, connection, token, *PURPOSES)
    except Gone as gone:
        return _nobody_any_more(gone, 200)
    if not seen.may(Right.ERASE):
        return explained(seen, Needing.ERASE)
    return render("erase.html", publication=seen.publication, address=seen.person.address, token=token)


def press(site: Site, token: str) -> Answer:
    """Erase; pressed a second time it is done already."""
    try:
        with site.database.write() as connection:
            seen = visit(site, connection, token, *PURPOSES)
            if not seen.may(Right.ERASE):
                answer: Answer = link_sent(connection, seen, Needing.ERASE)
            else:
                erase(connection, seen.publication.id, seen.person.id, by_link(Route.PREFERENCE_PAGE), seen.now)
                answer = see(f"/me/{token}/erase")
    except Gone:
        return see(f"/me/{token}/erase")
    wake(site)
    return answer


def _nobody_any_more(gone: Gone, status: int = 410) -> Response:
    return render("gone.html", status, publication=gone.publication, is_under_way=gone.is_under_way)
