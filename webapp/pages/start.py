"""The front door: an example to walk around in, beside one's own newsletter; for strangers, what one can sign up for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import Blueprint, Response, current_app

from preferences.store.captured import count_captured
from preferences.store.publications import PublicationRow, publications
from preferences.store.readership import Readership, readership
from preferences.store.topics import topics
from webapp.pages.page import render
from webapp.pages.set_up import may_set_up, to_set_up
from webapp.site import Site

# How far back a front door counts the mails of an example.
_LATELY = timedelta(weeks=8)


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/`."""
    pages.add_url_rule("/", "start", partial(show, site))


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What is behind one door: the publications of a site, and its test inbox, None where mail leaves.

    `path` is where the site stands, below the page's own root. `life` is that of an example, None elsewhere.
    """

    path: str
    publications: list[tuple[PublicationRow, bool]]
    """Each with whether it has a topic to sign up for."""
    captured: int | None
    has_console: bool
    life: Readership | None

    @property
    def is_empty(self) -> bool:
        """Whether nobody has been here before."""
        return self.life is not None and not self.life.readers


def show(site: Site) -> Response:
    """The example and one's own, for who may set it up; for everybody else the publications alone."""
    own = _behind(site, "")
    if site.is_sandbox:
        return render("start_sandbox.html", example=own)
    if not may_set_up(site):
        return render("publications.html", publications=own.publications)
    with site.database.read() as connection:
        waiting = to_set_up(connection)
    example = None if site.sandbox is None else _behind(site.sandbox, "/sandbox")
    return render("start.html", example=example, own=own, is_set_up=waiting is None)


def _behind(site: Site, path: str) -> Behind:
    has_inbox = site.settings.smtp is None or site.is_sandbox
    with site.database.read() as connection:
        there = [(one, bool(topics(connection, one.id))) for one in publications(connection)]
        captured = count_captured(connection) if has_inbox else None
        is_example = site.is_sandbox and there
        life = readership(connection, there[0][0].id, site.clock.now() - _LATELY) if is_example else None
    has_console = any(rule.rule.startswith("/console") for rule in current_app.url_map.iter_rules())
    return Behind(path=path, publications=there, captured=captured, has_console=has_console, life=life)
