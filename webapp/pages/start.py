"""The start page: what this is, and where to go."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response

from preferences.store.captured import count_captured
from preferences.store.publications import publications
from preferences.store.topics import topics
from webapp.pages.page import render
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/`."""
    pages.add_url_rule("/", "start", partial(show, site))


def show(site: Site) -> Response:
    """What this is, the publications one can sign up for, and the test inbox where there is one."""
    has_inbox = site.settings.smtp is None or site.is_sandbox
    with site.database.read() as connection:
        there = [(one, bool(topics(connection, one.id))) for one in publications(connection)]
        waiting = count_captured(connection) if has_inbox else 0
    return render("start.html", publications=there, has_inbox=has_inbox, captured=waiting, is_sandbox=site.is_sandbox)
