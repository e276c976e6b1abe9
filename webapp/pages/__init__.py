"""The pages of people: no login, signed links, no scripts needed, nothing that a GET changes.

* ``start``, ``set_up``: the front door, and a newsletter of one's own; ``styles``: the stylesheet and the one script;
  ``look``: a publication's own colours and logo
* ``sign_up`` (``sign_up_form``), ``embed``, ``confirmation``: from a stranger to a subscriber, here or on another site
* ``kept``: how the promises of a publication were kept, for everybody, and the badge of it
* ``my_preferences``: everything of an expectation in one form; ``fresh``: a link that may do more than a mail's
* ``my_data``, ``erasing``, ``needing_fresh``: what is known of the reader, to take along or to be erased
* ``new_address``: from one address to another, agreed to at both ends
* ``unsubscribing``: the page, one click (RFC 8058), the cause, undo
* ``reading`` (``web_version``): a mail for its reader; ``archive``, ``feeds`` (``articles``, ``atom``): for all
* ``history`` (``timeline``, ``story``), ``away`` (``away_line``): what became of each; ``private_feed``: read on the web only
* ``passing_on``, ``asking``, ``voting``, ``card``: what readers give back, and what they give to others
* ``inbox``: the test inbox; ``clock``: moving the clock of a sandbox
* ``page``, ``access``, ``origin``, ``cut``, ``waking``: how a page is answered, whose link it is, where a form or a list
  was, what follows
"""

from __future__ import annotations

from flask import Blueprint, Flask

from webapp.moves import add_moves
from webapp.pages import (
    archive,
    asking,
    away,
    card,
    clock,
    confirmation,
    erasing,
    feeds,
    fresh,
    history,
    inbox,
    kept,
    look,
    my_data,
    my_preferences,
    new_address,
    page,
    passing_on,
    private_feed,
    reading,
    set_up,
    sign_up,
    start,
    styles,
    unsubscribing,
    voting,
)
from webapp.site import Site


def register(app: Flask, site: Site) -> None:
    """Add the pages of a site to its application."""
    pages = Blueprint("pages", __name__)
    for module in (
        start,
        styles,
        look,
        sign_up,
        confirmation,
        kept,
        my_preferences,
        my_data,
        new_address,
        erasing,
        fresh,
        unsubscribing,
        reading,
        set_up,
        archive,
        feeds,
        private_feed,
        away,
        history,
        passing_on,
        asking,
        voting,
        card,
    ):
        module.add_routes(pages, site)
    if site.settings.smtp is None or site.is_sandbox:
        inbox.add_routes(pages, site)
    add_moves(app, site)
    if site.is_sandbox:
        clock.add_routes(pages, site)
    page.add_errors(pages)
    app.register_blueprint(pages)
