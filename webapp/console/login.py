"""Who may use the console: whoever came by a link that works once, and has kept the session it began.

The sandbox asks nobody. Every form carries a token that only its own pages know, there too.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial

from flask import Blueprint, Flask, request, session
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer
from wtforms import ValidationError

from preferences.errors import NotFound, TrothError
from preferences.store.console_sessions import (
    SESSION_LASTS,
    begin_session,
    end_session,
    is_link_open,
)
from preferences.store.publications import publications
from webapp.access import WAY, is_signed_in
from webapp.console.page import render
from webapp.pages import page
from webapp.site import Site

# Whoever follows a mail to their own address may sit at another machine than the one where they are signed in.
_OPEN_TO_ALL = frozenset({"console.login", "console.sign_in", "console.test_address", "console.test_address_confirm"})


def prepare(app: Flask, site: Site) -> None:
    """What the session's cookie is signed and guarded with. The two sites of an installation have one each."""
    purpose = "console of the sandbox" if site.is_sandbox else "console"
    first, *others = [hashlib.sha256(f"{purpose} {key}".encode()).hexdigest() for key in site.settings.secret_keys]
    app.config.update(
        SECRET_KEY=first,
        SECRET_KEY_FALLBACKS=others,
        SESSION_COOKIE_NAME="troth_sandbox" if site.is_sandbox else "troth_console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=site.base_url.startswith("https:"),
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=SESSION_LASTS.total_seconds()),
        # A form is good for as long as its session is: what somebody wrote for two hours must not be lost.
        WTF_CSRF_TIME_LIMIT=None,
    )


def add_routes(console: Blueprint, site: Site) -> None:
    """`/console`, `/console/login/<token>`, `/console/leave`."""
    console.add_url_rule("", "start", partial(start, site), strict_slashes=False)
    console.add_url_rule("/login/<token>", "login", partial(show_login, site))
    console.add_url_rule("/login/<token>", "sign_in", partial(sign_in, site), methods=["POST"])
    console.add_url_rule("/leave", "leave", partial(leave, site), methods=["POST"])


def guard(console: Blueprint, site: Site) -> None:
    """Ask who it is before any page, and whether a form is one of ours; and say what cannot be done."""
    console.before_request(partial(_check, site))
    console.register_error_handler(NotFound, _not_there)
    console.register_error_handler(TrothError, page.not_possible)
    console.register_error_handler(RequestEntityTooLarge, _too_large)


def _check(site: Site) -> Answer | None:
    if request.endpoint not in _OPEN_TO_ALL and not is_signed_in(site):
        return render("console/sign_in.html", 401)
    if request.method == "POST":
        try:
            validate_csrf(request.form.get("csrf_token"))
        except ValidationError:
            return render("console/form_over.html", 400)
    return None


def _not_there(_error: Exception) -> Answer:
    return render("console/not_there.html", 404)


def _too_large(_error: Exception) -> Answer:
    return render("console/too_large.html", 413)


def start(site: Site) -> Answer:
    """The only publication, or which of them."""
    with site.database.read() as connection:
        there = publications(connection)
    if len(there) == 1:
        return page.see(f"/console/p/{there[0].slug}/")
    return render("console/publications.html", publications=there)


def show_login(site: Site, token: str) -> Answer:
    """A button: a mail program or a chat that looks at links must not use them up."""
    if is_signed_in(site):
        return page.see("/console")
    with site.database.read() as connection:
        is_open = is_link_open(connection, token, site.clock.now())
    return render("console/login.html", 200 if is_open else 410, token=token, is_open=is_open)


def sign_in(site: Site, token: str) -> Answer:
    """Use the link up and begin a session."""
    with site.database.write() as connection:
        way = begin_session(connection, token, site.clock.now())
    if way is None:
        return render("console/login.html", 410, token=token, is_open=False)
    session.clear()
    session.permanent = True
    session[WAY] = way
    return page.see("/console")


def leave(site: Site) -> Answer:
    """End the session, in this browser and for whoever copied its cookie."""
    way = session.pop(WAY, None)
    if isinstance(way, str):
        with site.database.write() as connection:
            end_session(connection, way, site.clock.now())
    session.clear()
    return page.see("/")
