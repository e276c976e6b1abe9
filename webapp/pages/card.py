"""A card to print: what is promised, in big letters, and where to sign up, in letters and as a QR code (ISO/IEC 18004)."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import segno
from flask import Blueprint, Response
from markupsafe import Markup

from preferences.errors import NotFound
from preferences.store.publications import publication_named
from preferences.store.topics import topics
from preferences.urls import sign_up_url
from preferences.wording import at_most
from webapp import language
from webapp.pages.page import render
from webapp.site import Site

# ISO/IEC 18004 asks for four modules of nothing around the code.
_QUIET_MODULES = 4


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/p/<slug>/card`, and one for each topic."""
    pages.add_url_rule("/p/<slug>/card", "card", partial(show, site), strict_slashes=False)
    pages.add_url_rule("/p/<slug>/card/<topic>", "topic_card", partial(show, site), strict_slashes=False)


def show(site: Site, slug: str, topic: str | None = None) -> Response:
    """The card of a topic, or of everything that a publication writes about."""
    with site.database.read() as connection:
        sender = publication_named(connection, slug)
        there = topics(connection, sender.id)
    language.speak(None, sender.language)
    shown = sorted((one for one in there if topic in (None, one.slug)), key=lambda one: one.is_notice)
    if topic is not None and not shown:
        raise NotFound("there is no such topic")
    address = sign_up_url(site.base_url, slug)
    return render(
        "card.html",
        publication=sender,
        topics=shown,
        topic=shown[0] if topic is not None else None,
        promises={one.slug: at_most(one.cadence, language.language()) for one in shown},
        address=_in_letters(address),
        code=qr_code(address if topic is None else f"{address}?topic={topic}"),
    )


def _in_letters(address: str) -> str:
    """An address as people type it: a browser finds the scheme by itself, except that of a machine of one's own."""
    parts = urlsplit(address)
    return address if parts.scheme != "https" else f"{parts.netloc}{parts.path}"


def qr_code(address: str) -> Markup:
    """The address as a QR code: SVG that stands in the page, black on white in the dark, too, of any size."""
    code = segno.make(address, error="m", micro=False)
    drawn = code.svg_inline(
        border=_QUIET_MODULES, omitsize=True, dark="#000", light="#fff", svgclass="code", lineclass=""
    )
    return Markup(drawn)
