"""Who somebody is in the sandbox: the address typed last, so that the test inbox can show their mail among thousands.

Kept in a cookie of the sandbox's pages. It proves nothing and opens nothing; the test inbox shows everybody's mail anyway.
"""

from __future__ import annotations

import time

from flask import after_this_request, g, request
from werkzeug.wrappers import Response

from preferences.address import Address, parse_address
from preferences.errors import Invalid
from preferences.store.captured import count_captured
from webapp.site import Site

_COOKIE = "troth_visitor"
_LOOKED_FOR_SECONDS = 2.0
_LOOKED_EVERY_SECONDS = 0.05


def visitor() -> Address | None:
    """The address that was typed last in this browser; None where there was none."""
    if "visitor" in g:
        known: Address = g.visitor
        return known
    typed = request.cookies.get(_COOKIE, "")
    try:
        return parse_address(typed) if typed else None
    except Invalid:
        return None


def remember_visitor(site: Site, address: Address) -> None:
    """Know the browser again, from this answer on, in the sandbox and until it is closed."""
    if not site.is_sandbox:
        return
    g.visitor = address
    path = request.script_root or "/"

    @after_this_request
    def _keep(response: Response) -> Response:
        response.set_cookie(
            _COOKIE, address.spelled, path=path, httponly=True, samesite="Lax", secure=request.is_secure
        )
        return response


def look_for_mail(site: Site, address: Address) -> None:
    """Wait a moment for the mail that a form in the sandbox has just asked for, so that its answer says that it is there.

    It leaves beside the request. Where one came before, or none is sent to that address, it is there or never comes.
    """
    until = time.monotonic() + _LOOKED_FOR_SECONDS
    while site.is_sandbox and time.monotonic() < until:
        with site.database.read() as connection:
            if count_captured(connection, address):
                return
        time.sleep(_LOOKED_EVERY_SECONDS)
