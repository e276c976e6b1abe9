"""Moving the clock of a sandbox: answered at once, or with a page that follows it until it is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as Answer

from preferences.calendar import local_date, zone_named
from preferences.errors import Conflict, Invalid
from preferences.store.agenda import next_campaign, next_instant
from preferences.store.captured import count_captured
from preferences.store.console_people import count_people
from preferences.store.publications import PublicationRow, publications
from preferences.wording import instant_in_words
from webapp.forms import Filled
from webapp.moves import moves_of
from webapp.pages.origin import check_own_page
from webapp.pages.page import render, see
from webapp.site import Site

# A move that takes longer is followed on a page of its own.
_AT_ONCE_SECONDS = 1.2
_EVERY_SECONDS = 1
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
# What is asked of the agenda, and what is said where it has nothing.
_PLANNED = {
    "next": (next_instant, "nothing is planned, so there is no next send"),
    "letter": (next_campaign, "no campaign is scheduled, so there is none to go to"),
}


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/clock`, `/clock/reset`."""
    pages.add_url_rule("/clock", "clock", partial(show, site))
    pages.add_url_rule("/clock", "move_clock", partial(move, site), methods=["POST"])
    pages.add_url_rule("/clock/reset", "ask_reset", partial(ask_reset, site))


def move(site: Site) -> Answer:
    """Move it, and go back to the page where the button was; while somebody else moves it, nothing is added.

    A button is for the instant that its page showed: where the clock has moved since, nothing is added either.
    """
    check_own_page()
    filled = Filled(request.form.items(multi=True))
    kind = filled.one("move")
    back = "/" if kind == "reset" else _local(filled.one("back", "/"))
    moves = moves_of(current_app)
    target = _target(site, kind)
    if moves.wait(0) and filled.one("at", "") not in ("", site.clock.now().isoformat()):
        return see(f"/clock?turn=late&back={_quoted(back)}")
    if not moves.begin(target):
        return see(f"/clock?turn=other&back={_quoted(back)}")
    return see(back if moves.wait(_AT_ONCE_SECONDS) else f"/clock?back={_quoted(back)}")


def _target(site: Site, kind: str) -> datetime | None:
    now = site.clock.now()
    if kind == "reset":
        _check_reset(site)
        return None
    if kind in _PLANNED:
        find, why_not = _PLANNED[kind]
        with site.database.read() as connection:
            planned = find(connection, now)
        if planned is None:
            raise Conflict(why_not)
        return planned
    if kind not in _STEPS:
        raise Invalid.one("move", "this bar has no such button")
    return now + _STEPS[kind]


def _check_reset(site: Site) -> None:
    if site.reset is None:
        raise Conflict("this sandbox cannot be reset")


def ask_reset(site: Site) -> Response:
    """What a reset takes back, before it is done."""
    _check_reset(site)
    filled = Filled(request.args.items(multi=True))
    with site.database.read() as connection:
        sender = publications(connection)[0]
        captured = count_captured(connection)
        people, _ = count_people(connection, sender.id)
    return render(
        "clock_reset.html",
        captured=captured,
        people=people,
        name=sender.name,
        now=_in_words(site, sender, site.clock.now()),
        back=_local(filled.one("back", "/")),
    )


def show(site: Site) -> Response:
    """How far the move is; once it is there, what happened and the way back."""
    filled = Filled(request.args.items(multi=True))
    back = _local(filled.one("back", "/"))
    moves = moves_of(current_app)
    is_done = moves.wait(0)
    with site.database.read() as connection:
        sender = publications(connection)[0]
    going_to = None if moves.move is None else moves.move.to
    response = render(
        "clock.html",
        is_done=is_done,
        turn=filled.one("turn", ""),
        said=moves.said,
        percent=round(100 * moves.share),
        left=moves.left,
        now=_in_words(site, sender, site.clock.now()),
        may_stop=going_to is not None and site.reset is not None,
        going_to=None if going_to is None else _in_words(site, sender, going_to),
        back=back,
    )
    if not is_done:
        response.headers["Refresh"] = str(_EVERY_SECONDS)
    return response


def _in_words(site: Site, sender: PublicationRow, at: datetime) -> str:
    zone = zone_named(sender.zone)
    return instant_in_words(at, zone, local_date(zone, site.clock.now()), sender.language)


def _local(path: str) -> str:
    """A path of this site; anything else is the start page."""
    parts = urlsplit(path)
    is_local = path.startswith("/") and not path.startswith("//") and not parts.netloc and "\\" not in path
    return path if is_local and path.isprintable() else "/"


def _quoted(path: str) -> str:
    return quote(path, safe="/")
