"""How a page is answered: the templates, the headers that every page carries, and what is said when it cannot be done."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from preferences.errors import Invalid, NotFound, TrothError
from preferences.store.database import DatabaseAway
from webapp.language import _, said_here, speak_english
from webapp.templating import environment

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail's own page: its styles stand in it, its pictures are wherever its author put them, and it runs nothing.
MAIL_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src http: https: data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_DARK = re.compile(r"@media\s*(\(\s*prefers-color-scheme\s*:\s*dark\s*\))")
# What is for who runs or tries this, and not for readers, is in English, as the console is.
_IN_ENGLISH = frozenset(
    f"{name}.html" for name in ("clock", "clock_reset", "inbox", "inbox_mail", "set_up", "start", "start_sandbox")
)
_BODY = re.compile("<body[^>]*>")
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page: HTML, never kept, never indexed, never framed, and without a referrer for whatever it links to."""
    if template in _IN_ENGLISH:
        speak_english()
    html = environment().get_template(template).render(root=request.script_root, **values)
    return Response(html, status, _HEADERS, mimetype="text/html")


def mail_page(html: str, after: str = "", head: str = "") -> Response:
    """A mail as a page of its own: nothing is changed in it but that all of it is the page's main part.

    `after` stands below it, outside what its author wrote, and `head` in the head of the page: HTML, both.
    """
    # Paper is white, also for whom the screen is dark.
    html = _DARK.sub(r"@media screen and \1", html)
    begun = _BODY.sub(r"\g<0><main>", html, count=1).replace("</head>", f"{head}</head>", 1)
    before, end, rest = begun.rpartition("</body>")
    response = Response(f"{before}</main>{after}{end}{rest}" if end else html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return guarded(response)


def indexed(response: Response) -> Response:
    """The same page, which search engines may show: for what is meant for everybody."""
    response.headers["X-Robots-Tag"] = "all"
    return response


def part(template: str, **values: Any) -> str:
    """A part of a page: HTML."""
    return environment().get_template(template).render(root=request.script_root, **values)


def guarded(response: Response) -> Response:
    """The headers that every page carries, unless it has set them otherwise."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def see(path: str) -> Answer:
    """Go and see the page at a path of this site: after a POST that has done something."""
    response = redirect(f"{request.script_root}{path}", 303)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def add_errors(pages: Blueprint) -> None:
    """What is said for people when something cannot be done."""
    pages.register_error_handler(DatabaseAway, _not_now)
    pages.register_error_handler(NotFound, _not_there)
    pages.register_error_handler(TrothError, not_possible)
    pages.app_errorhandler(HTTPException)(_of_http)


def _not_now(_error: Exception) -> Response:
    response = render(
        "sorry.html",
        503,
        title=_("Not now"),
        said=_("This cannot be done now. Nothing was changed."),
        advice=_("Please try again in a minute."),
    )
    response.headers["Retry-After"] = "60"
    return response


def _not_there(_error: Exception) -> Response:
    return unknown_link()


def not_possible(error: Exception) -> Response:
    """What is expected to go wrong, said as it is."""
    status = 422 if isinstance(error, Invalid) else 409
    return render(
        "sorry.html", status, title=_("Not possible"), said=f"{_why(error)}.", advice=_("Nothing was changed.")
    )


def _why(error: Exception) -> str:
    if isinstance(error, Invalid):
        return "; ".join(f"{problem.field}: {said_here(problem.message)}" for problem in error.problems)
    return said_here(error.args[0]) if error.args else ""


def _of_http(error: HTTPException) -> Response | HTTPException:
    """An address that does not exist; what has its answer already, such as a redirect, keeps it."""
    if error.code == 404:
        return unknown_link()
    if error.code is None or error.code < 400:
        return error
    # A method that is not served, a form that is too large: as little may be kept of that, or told to anybody else.
    return guarded(current_app.make_response(error.get_response()))


def unknown_link() -> Response:
    """A link that was changed on its way, or whose subject is gone."""
    return render(
        "sorry.html",
        404,
        title=_("This link leads nowhere"),
        said=_("This link leads nowhere: it may have lost a character on its way, or what it was about is gone."),
        advice=_("Open it from the mail once more, or ask for a fresh one."),
        may_ask=True,
    )
