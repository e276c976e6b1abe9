"""Asking for a fresh link: type the address, and whoever has the mailbox gets it. The same answer for everybody."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from preferences.address import parse_address
from preferences.errors import Invalid, NotFound
from preferences.store.fresh_links import ask_for_fresh_link
from preferences.store.publications import PublicationRow, publications
from webapp.forms import Filled, beside
from webapp.language import speak
from webapp.pages.page import render
from webapp.pages.waking import wake
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/fresh`, and `/p/<slug>/fresh` for one publication."""
    for path, name in (("/fresh", "fresh"), ("/p/<slug>/fresh", "fresh_of")):
        pages.add_url_rule(path, name, partial(show, site), strict_slashes=False)
        pages.add_url_rule(path, f"ask_{name}", partial(ask, site), methods=["POST"], strict_slashes=False)


def show(site: Site, slug: str | None = None) -> Response:
    """The form; `?publication=` chooses one of several."""
    return _form(_offered(site, slug), Filled(request.args.items(multi=True)))


def _form(
    offered: list[PublicationRow], filled: Filled, status: int = 200, problems: dict[str, str] | None = None
) -> Response:
    only = offered[0] if len(offered) == 1 else None
    return render("fresh.html", status, publications=offered, publication=only, filled=filled, problems=problems or {})


def ask(site: Site, slug: str | None = None) -> Response:
    """Send the link, if there is anybody to send it to, and say the same in any case."""
    offered = _offered(site, slug)
    filled = Filled(request.form.items(multi=True))
    chosen = next((one for one in offered if len(offered) == 1 or one.slug == filled.one("publication")), offered[0])
    speak(None, chosen.language)
    try:
        address = parse_address(filled.one("email"))
    except Invalid as error:
        return _form(offered, filled, 422, dict(beside(error.problems)))
    with site.database.write() as connection:
        ask_for_fresh_link(connection, chosen.id, address, request.remote_addr, site.clock.now())
    wake(site)
    return render("check_mail.html", publication=chosen, for_what="fresh")


def _offered(site: Site, slug: str | None) -> list[PublicationRow]:
    with site.database.read() as connection:
        offered = [one for one in publications(connection) if slug is None or one.slug == slug]
    if not offered:
        raise NotFound("there is no such publication")
    speak(None, offered[0].language)
    return offered
