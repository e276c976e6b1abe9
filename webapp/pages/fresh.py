"""Asking for a fresh link: type the address, and whoever has the mailbox gets it. The same answer for everybody."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request

from preferences.address import Address, parse_address
from preferences.errors import Invalid, NotFound
from preferences.store.publications import PublicationRow, publications
from preferences.store.service_mails import ServiceKind, queue
from preferences.store.subscribers import subscriber_at
from webapp.forms import Filled, beside
from webapp.pages.page import render
from webapp.pages.waking import wake
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/fresh`, and `/p/<slug>/fresh` for one publication."""
    for path, name in (("/fresh", "fresh"), ("/p/<slug>/fresh", "fresh_of")):
        pages.add_url_rule(path, name, partial(show, site), strict_slashes=False)
        pages.add_url_rule(path, f"ask_{name}", partial(ask, site), methods=["POST"], strict_slashes=False)


def show(site: Site, slug: str | None = None) -> Response:
    """The form."""
    return render("fresh.html", publications=_offered(site, slug), filled=Filled(()), problems={})


def ask(site: Site, slug: str | None = None) -> Response:
    """Send the link, if there is anybody to send it to, and say the same in any case."""
    offered = _offered(site, slug)
    filled = Filled(request.form.items(multi=True))
    try:
        address = parse_address(filled.one("email"))
    except Invalid as error:
        return render("fresh.html", 422, publications=offered, filled=filled, problems=beside(error.problems))
    chosen = [one for one in offered if len(offered) == 1 or one.slug == filled.one("publication")]
    for one in chosen:
        _send(site, one, address)
    return render("check_mail.html", publication=chosen[0] if chosen else None, for_what="fresh")


def _offered(site: Site, slug: str | None) -> list[PublicationRow]:
    with site.database.read() as connection:
        offered = [one for one in publications(connection) if slug is None or one.slug == slug]
    if not offered:
        raise NotFound("there is no such publication")
    return offered


def _send(site: Site, publication: PublicationRow, address: Address) -> None:
    with site.database.write() as connection:
        person = subscriber_at(connection, publication.id, address)
        if person is not None:
            # To the address as it is known, not as it was typed now.
            known = Address(spelled=person.address or address.spelled, normalised=address.normalised)
            queue(connection, publication.id, ServiceKind.FRESH_LINK, known, site.clock.now(), subscriber_id=person.id)
    wake(site)
